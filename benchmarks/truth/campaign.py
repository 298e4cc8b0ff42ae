"""One case, measured: recorded through the product, then the truth and its replays in the same rounds."""

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from concurrency.cores import available
from concurrency.measuring import sampling
from concurrency.workloads.download.workload import Download
from helpers.emulated import namespaces, server
from helpers.workflows import ROOT, Workflow

from . import Case

TRUSTED = "SSL_CERT_FILE"
# What an older version of the product makes of what it has recorded, served until standard input ends.
OLD_REPLAY = """
import json, sys
from pathlib import Path
from concurrency.workloads.download.workload import Download
workload = Download(Path(sys.argv[1]))
with workload.at_hand() as urls:
    print(json.dumps([urls, workload.expected()]), flush=True)
    sys.stdin.read()
"""


class Untimed(Download):
    """Pages of which nobody has said how long they take."""

    def least_s(self, workers: int) -> None:
        return None


@dataclass(frozen=True)
class Ready:
    """What samples of a side are taken of in a round; `begin` comes before each, `trusted` is for SSL_CERT_FILE."""

    workload: Download
    urls: list[str]
    expected: list[Any]
    trusted: str
    begin: Callable[[], None] = lambda: None


Side = Callable[[int], AbstractContextManager[Ready]]


def measure(name: str, case: Case, rounds: int, seed: int, old: Path | None) -> Iterator[dict[str, Any]]:
    """Rows of samples, as timings.csv has them, with `path` and `side` (`truth`, `replay`, `old`).

    In each round every arm runs once on every side, all in one random order; in between, the other sides wait.
    """
    with ExitStack() as running:
        running.enter_context(namespaces.own_network())
        served = running.enter_context(server.serve(case.world))
        sides = {"truth": truth(served), "replay": replay(recorded(running, served, ROOT))}
        if old:
            sides["old"] = old_replay(recorded(running, served, old), old)
        for number in tqdm(range(1, rounds + 1), name, disable=None):
            yield from _round(name, case, sides, number, seed)


def _round(name: str, case: Case, sides: dict[str, Side], number: int, seed: int) -> Iterator[dict[str, Any]]:
    with ExitStack() as running:
        ready = {
            side: running.enter_context(start(number))
            for side, start in sides.items()
            if side == "truth" or number % case.replay_every == 0
        }
        samples = [(side, arm) for side in ready for arm in case.arms]
        for side, arm in random.Random(f"{seed} {name} {number}").sample(samples, len(samples)):
            one = ready[side]
            one.begin()
            with _trusting(one.trusted):
                [row] = sampling.measure_round(
                    one.workload, [arm], one.urls, one.expected, number=number, cores=available(),
                    conditions=sampling.Conditions(timeout_s=120),
                )  # fmt: skip
            yield {"path": name, "side": side} | row


def recorded(running: ExitStack, served: server.Served, root: Path) -> Path:
    """The folder of what the product in `root` records of the served pages, as its user would have it done."""
    workflow = Workflow(Path(running.enter_context(tempfile.TemporaryDirectory())) / "workflow")
    workflow.install(root)
    live = {"contact": "truth@example.org"}
    targets = ["results/download/profile.csv"]
    if root == ROOT:
        live |= {"probe": True}
        targets += ["results/download/path.json"]
    workflow.configure({"download": {"sites": served.urls, "source": "live", "live": live}, "squares": {"numbers": []}})
    served.begin("recording")
    outcome = workflow.run(*targets, **({TRUSTED: served.trusted} if served.trusted else {}))
    if outcome.returncode:
        sys.exit(outcome.stdout)
    return workflow.folder / "results/download"


def truth(served: server.Served) -> Side:
    """The pages themselves."""
    workload = Untimed(served.urls)

    @contextmanager
    def ready(number: int) -> Iterator[Ready]:
        yield Ready(workload, served.urls, served.expected, served.trusted, lambda: served.begin(number))

    return ready


def replay(folder: Path) -> Side:
    """What the product makes of what it has recorded."""
    workload = Download(folder / "profile.csv", path=folder / "path.json")

    @contextmanager
    def ready(number: int) -> Iterator[Ready]:
        with workload.at_hand(number) as urls:
            yield Ready(workload, urls, workload.expected(), os.environ.get(TRUSTED, ""))

    return ready


def old_replay(folder: Path, root: Path) -> Side:
    """What the product in `root` makes of what it has recorded; the strategies are those of this one."""

    @contextmanager
    def ready(number: int) -> Iterator[Ready]:
        with subprocess.Popen(
            [sys.executable, "-c", OLD_REPLAY, folder / "profile.csv"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(root / "scripts")},
        ) as process:
            assert process.stdin and process.stdout
            urls, expected = json.loads(process.stdout.readline())
            yield Ready(Untimed(urls), urls, expected, "")
            process.stdin.close()

    return ready


@contextmanager
def _trusting(file: str) -> Iterator[None]:
    """What is started meanwhile trusts the certificates in `file`; where that is empty, what it always does."""
    before = os.environ.pop(TRUSTED, None)
    if file:
        os.environ[TRUSTED] = file
    try:
        yield
    finally:
        os.environ.pop(TRUSTED, None)
        if before is not None:
            os.environ[TRUSTED] = before
