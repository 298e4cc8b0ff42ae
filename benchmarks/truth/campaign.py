"""One case, measured: recorded through the product, then the truth and its replays in the same rounds."""

import csv
import json
import math
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
from helpers.emulated.worlds import World
from helpers.workflows import ROOT, Workflow

from . import Case

TRUSTED = "SSL_CERT_FILE"
SEGMENT, PACKET = 1448, 1500  # bytes of a reply in a packet; a recording sees the rate of the former
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

    def least_s(self, workers: int, number: int = 0) -> None:
        return None

    def limit(self, workers: int, number: int = 0) -> str:
        return ""


@dataclass(frozen=True)
class Ready:
    """What samples of a side are taken of in a round; `begin` comes before each, `trusted` is for SSL_CERT_FILE."""

    workload: Download
    urls: list[str]
    expected: list[Any]
    trusted: str
    begin: Callable[[], None] = lambda: None
    unsteady: float | None = None  # as the recording has it


Side = Callable[[int], AbstractContextManager[Ready]]


def measure(
    name: str, case: Case, rounds: int, seed: int, old: Path | None = None, known: bool = False
) -> Iterator[dict[str, Any]]:
    """Rows of samples, as timings.csv has them, with `path` and `side`.

    Sides are the `truth`, the `replay` of what was recorded, with `old` (a checkout of another version) that version's,
    as `old`, and, if asked for, the replay of what is `known` to be the case. In each round every arm runs once on
    every side, all in one random order; in between, the other sides wait.
    """
    with ExitStack() as running:
        running.enter_context(namespaces.own_network())
        served = running.enter_context(server.serve(case.world))
        sides = {"truth": truth(served), "replay": replay(recorded(running, served, ROOT))}
        if old:
            sides["old"] = old_replay(recorded(running, served, old), old)
        if known:
            sides["known"] = replay(described(running, served, case.world))
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
            yield {"path": name, "side": side, "unsteady": one.unsteady} | row


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


def described(running: ExitStack, served: server.Served, world: World) -> Path:
    """The folder of what a recording without any error would be."""
    folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
    typical = math.exp(world.spread**2 / 2)  # the mean of what is drawn, over the median
    rows = [
        {
            "url": url,
            "wire_bytes": wire_bytes,
            "bytes": page.bytes,
            "coding": page.coding or "none",
            "framing": page.framing,
            "latency_ms": world.rtt_ms + page.think_ms * typical,
            "rtt_ms": world.rtt_ms,
            "slots": world.slots,
            "requests_per_connection": world.requests_per_connection,
        }
        for url, wire_bytes, page in zip(served.urls, served.wire_bytes, world.pages, strict=True)
    ]
    with open(folder / "profile.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    chance, thinks = random.Random(world.seed), [page.think_ms for page in world.pages]
    path = {
        "mbit_per_s": world.mbit_per_s * SEGMENT / PACKET or None,
        "spread_ms": [think * (chance.lognormvariate(0, world.spread) - typical) for think in thinks * 10],
        "stalls_ms": [],
        "hosts": {},
        "recordings": [],
    }
    (folder / "path.json").write_text(json.dumps(path), encoding="utf-8")
    return folder


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
    unsteady = json.loads((folder / "path.json").read_text(encoding="utf-8")).get("unsteady")

    @contextmanager
    def ready(number: int) -> Iterator[Ready]:
        with workload.at_hand(number) as urls:
            yield Ready(workload, urls, workload.expected(), os.environ.get(TRUSTED, ""), unsteady=unsteady)

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
