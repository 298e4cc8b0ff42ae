"""The winner as code: what a script of `recommending` takes, over the arm that it is made of; at most 1.10.

python benchmarks/recommended.py              minutes on a machine to itself; writes results/recommended.md
python benchmarks/recommended.py --quick      a hundredth of the work: that it runs, not how fast

Both run interleaved, in random order in each round. An arm's time is its `wall_s`; a script's is what it says itself,
from the start of its workers to the last answer that it told. It does more than the arm: it tells each answer, and of a
page it keeps the body and knows its digest.
"""

import argparse
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from peers import interval

from concurrency.cores import available
from concurrency.measuring import machine
from concurrency.measuring.arms import Arm
from concurrency.measuring.sampling import Conditions, run_sample
from concurrency.recommending.script import Script
from concurrency.workloads.download.workload import Download
from concurrency.workloads.own.workload import Own
from concurrency.workloads.squares.workload import Squares
from concurrency.workloads.workload import Workload

RESULTS = Path(__file__).with_name("results") / "recommended.md"
GOAL = 1.10
WORK = """
import asyncio, time

def wait(item):
    time.sleep(0.01)
    return sum(range(20_000)) + item

async def wait_soon(item):
    await asyncio.sleep(0.01)
    return sum(range(20_000)) + item
"""
SQUARES = {"sequential": 1, "threads": 2, "process_pool": 2, "multiprocessing_pool": 2, "process_pool_ranges": 2}
DOWNLOADS = {"threads": 8, "asyncio": 8, "processes_asyncio": 8, "curl_multi": 8}
OWN = {"threads": 8, "asyncio": 8, "process_pool": 8, "processes_asyncio": 8}


@dataclass(frozen=True)
class Case:
    """An arm and the script that is made of it, on the same items."""

    workload: Workload
    strategy: str
    workers: int
    items: list[Any]

    @property
    def name(self) -> str:
        return f"{self.workload.name}: {self.strategy}, {self.workers}"

    def as_arm(self) -> float:
        """Seconds of a sample."""
        strategy = self.workload.strategies()[self.strategy]
        measured, _ = run_sample(
            self.workload, strategy, self.workers, strategy.defaults, self.items, Conditions()
        )  # fmt: skip
        return float(measured["wall_s"])

    def as_script(self) -> float:
        """Seconds of the script, as it says."""
        path = Path("script.py")
        path.write_text(
            Script(self.workload, Arm(self.strategy, self.workers), ["A benchmark."], 0).text, encoding="utf-8"
        )
        with open("answers.jsonl", "w", encoding="utf-8") as answers:
            done = subprocess.run(
                [sys.executable, path], stdout=answers, stderr=subprocess.PIPE, text=True, check=False
            )
        said = re.search(r"(\d+) done, 0 failed, ([\d.]+) s$", done.stderr.strip())
        if not said or int(said[1]) != len(self.items):
            sys.exit(f"{self.name}: {done.stderr.strip()}")
        return float(said[2])


@contextmanager
def cases(quick: bool) -> Iterator[list[Case]]:
    """All of them, in a folder of their own, with a server for the pages."""
    share = 100 if quick else 1
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("work.py").write_text(WORK, encoding="utf-8")
        numbers = {"start": 2_000_000 // share, "count": 40}
        squares = Squares(numbers)
        own = Own(list(range(max(8, 800 // share))), name="own", function="work.py:wait", coroutine="work.py:wait_soon")
        pages = Download([f"http://site-{i % 4}.test/{i}" for i in range(max(8, 400 // share))])
        with pages.at_hand() as urls:
            replayed = Download(urls)
            yield [
                *(Case(squares, strategy, count, squares.numbers) for strategy, count in SQUARES.items()),
                *(Case(replayed, strategy, count, urls) for strategy, count in DOWNLOADS.items()),
                *(Case(own, strategy, count, own.items) for strategy, count in OWN.items()),
            ]
        os.chdir(RESULTS.parent)


def measured(case: Case, rounds: int, chance: random.Random) -> tuple[list[float], list[float]]:
    """The times of the arm and of the script, by round."""
    ways: list[Callable[[], float]] = [case.as_arm, case.as_script]
    found: dict[str, list[float]] = {way.__name__: [] for way in ways}
    for _ in range(rounds):
        for way in chance.sample(ways, 2):
            found[way.__name__].append(way())
    return found["as_arm"], found["as_script"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the work, and nothing is written")
    args = parser.parse_args()
    chance, facts = random.Random(1), machine.describe(available())
    ran_on = f"{facts['Processor']}, {facts['Cores']}; {facts['System']}; Python {platform.python_version()}"
    lines = [
        "# The winner as code, over the arm that it is made of",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {args.rounds} rounds, interleaved: `python benchmarks/recommended.py`.",
        f"{ran_on}. Goal: at most {GOAL:.2f}.",
        "",
        "| arm | median s, arm | script | script / arm | 95 % interval | within the goal |",
        "|---|---:|---:|---:|---:|---|",
    ]
    print("\n".join(lines), flush=True)
    with cases(args.quick) as every:
        for case in every:
            arm, script = measured(case, args.rounds, chance)
            ratio, low, high = interval([own / other for own, other in zip(script, arm, strict=True)])
            medians = " | ".join(f"{sorted(times)[len(times) // 2]:.3f}" for times in (arm, script))
            kept = "yes" if ratio <= GOAL else "no"
            lines.append(f"| {case.name} | {medians} | {ratio:.3f} | {low:.3f} – {high:.3f} | {kept} |")
            print(lines[-1], flush=True)
    if not args.quick:
        RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
