"""Contestants in Python, each run as in a campaign: in a fresh interpreter, with everything imported.

All that the contests need to know of how a strategy is found, started and run is in here.
"""

from importlib import metadata
from typing import Any

from concurrency.measuring import sampling
from concurrency.strategies import catalogue

from . import LIMIT_S, Contestant, FailedError


def strategy(
    name: str, workload: str, workers: int, items: list[Any], right: list[Any], called: str = ""
) -> Contestant:
    """One of our own, with its default options; its set-up counts. `right` are the answers it must give to `items`."""
    known = catalogue(workload)[name]

    def run() -> tuple[float, int | None]:
        measured = _sample(workload, known.module, workers, known.defaults, items, right)
        return measured["wall_s"], measured["max_rss_bytes"]

    return Contestant(called or name, "ours", run, known.missing)


def plain(
    name: str, workload: str, workers: int, items: list[Any], right: list[Any],
    scale: float = 1.0, needs: str = "", is_limit: bool = False,
) -> Contestant:  # fmt: skip
    """One of the folder `plain`. A limit is there already: its start is no part of what could be reached."""

    def run() -> tuple[float, int | None]:
        measured = _sample(workload, f"plain.{name}", workers, {}, items, right)
        return measured["work_s" if is_limit else "wall_s"] * scale, measured["max_rss_bytes"]

    missing = "" if not needs or is_installed(needs) else f"not installed: pip install {needs}"
    return Contestant(name, "limit" if is_limit else "peer", run, missing)


def is_installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def _sample(
    workload: str, module: str, workers: int, options: dict[str, Any], items: list[Any], right: list[Any]
) -> dict[str, Any]:
    try:
        measured, answers = sampling.run_sample(
            workload, module, workers, options, items, sampling.Conditions(timeout_s=LIMIT_S)
        )
    except sampling.SampleError as error:
        raise FailedError(str(error)) from error
    if answers != right:
        wrong = sum(answer != wanted for answer, wanted in zip(answers, right, strict=False))
        raise FailedError(f"{wrong} of {len(right)} answers are wrong")
    return measured
