"""Contestants in Python, each run as in a campaign: in a fresh interpreter, with everything imported.

All that the contests need to know of how a strategy is found, started and run is in here.
"""

from pathlib import Path
from typing import Any

from concurrency.measuring import sampling
from concurrency.measuring.child import SampleError
from concurrency.strategies._catalogue import Strategy, is_installed
from concurrency.workloads.download.workload import Download
from concurrency.workloads.squares.workload import Squares

from . import LIMIT_S, Contestant, FailedError

PLAIN = Path(__file__).parents[1] / "plain"
WORKLOADS = {"download": Download, "squares": Squares}


class Plain(Strategy):
    """One of the folder `plain`, which has no facts."""

    @property
    def module(self) -> str:
        return f"plain.{self.name}"


def strategy(
    name: str, workload: str, workers: int, items: list[Any], right: list[Any], called: str = ""
) -> Contestant:
    """One of our own, with its default options; its set-up counts. `right` are the answers it must give to `items`."""
    known = WORKLOADS[workload].strategies()[name]

    def run() -> tuple[float, int | None]:
        measured = _sample(workload, known, workers, items, right)
        return measured["wall_s"], measured["max_rss_bytes"]

    return Contestant(called or name, "ours", run, known.missing)


def plain(
    name: str, workload: str, workers: int, items: list[Any], right: list[Any],
    scale: float = 1.0, needs: str = "", is_limit: bool = False,
) -> Contestant:  # fmt: skip
    """One of the folder `plain`. A limit is there already: its start is no part of what could be reached."""

    runs = "function" if workload == "squares" else ""  # the others have a client of their own
    module = Plain(name, PLAIN / f"{name}.py", "", rank=0, runs=runs, shares="gil")

    def run() -> tuple[float, int | None]:
        measured = _sample(workload, module, workers, items, right)
        return measured["work_s" if is_limit else "wall_s"] * scale, measured["max_rss_bytes"]

    missing = "" if not needs or is_installed(needs) else f"not installed: pip install {needs}"
    return Contestant(name, "limit" if is_limit else "peer", run, missing)


def _sample(workload: str, strategy: Strategy, workers: int, items: list[Any], right: list[Any]) -> dict[str, Any]:
    conditions = sampling.Conditions(timeout_s=LIMIT_S)
    try:
        measured, answers = sampling.run_sample(
            WORKLOADS[workload](items), strategy, workers, strategy.defaults, items, conditions
        )
    except SampleError as error:
        raise FailedError(str(error)) from error
    if answers != right:
        wrong = sum(answer != wanted for answer, wanted in zip(answers, right, strict=False))
        raise FailedError(f"{wrong} of {len(right)} answers are wrong")
    return measured
