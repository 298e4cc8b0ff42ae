"""Our strategies and what a user would pick instead, on the same work, interleaved, in one run.

`make peers`, or `python benchmarks/peers.py --help`. In each round every contestant of a contest runs once, in random
order; a contest's figure is a ratio of two times of the same round, so that what slows a round down cancels, and its
table gives the geometric mean over the rounds with Student's t interval (95 %) on the logarithms. Strategies run as in
a campaign, each in a fresh interpreter with everything imported and their set-up counted; commands are timed from
start to end less what they take to print their version, the downloader less what it takes to download nothing.
Everything that was answered is checked. The contests are in the folder `contests`, who takes part in `contestants`.

Writes peers.csv, a row per sample, and peers.md, the tables.
"""

import argparse
import csv
import math
import platform
import random
import shutil
import subprocess
import sys
from dataclasses import asdict, fields
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "scripts"), str(HERE)]

import nginx
from contestants import Contestant, FailedError
from contests import QUICK, Contest, Goal, Sample, Size, even, job, latency, memory, skewed, throughput
from scipy import stats

from concurrency.cores import available
from concurrency.measuring import lock, machine
from concurrency.strategies._catalogue import is_installed

CONTESTS = {
    "latency": latency.contest,
    "throughput": throughput.contest,
    "even": even.contest,
    "skewed": skewed.contest,
    "memory": memory.contest,
    "job": job.contest,
}
PACKAGES = ("aiohttp", "uvloop", "pycurl", "requests", "httpx", "joblib", "mpire")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure our strategies beside their peers.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=CONTESTS, default=list(CONTESTS), metavar="CONTEST")
    parser.add_argument("--quick", action="store_true", help="a hundredth of the work: to see that it runs")
    parser.add_argument("--output", type=Path, default=HERE / "results", metavar="FOLDER")
    chosen = parser.parse_args()
    size = QUICK if chosen.quick else Size()
    samples: list[Sample] = []
    chapters: list[str] = []
    with lock.machine_to_itself():
        for name in chosen.only:
            try:
                with CONTESTS[name](size) as contest:
                    taken = run_contest(contest, chosen.rounds, chosen.seed)
            except nginx.MissingError as error:
                chapters.append(f"## {name}\n\nNot measured: {error}\n")
            else:
                samples += taken
                chapters.append(describe(contest, taken))
            print(chapters[-1], flush=True)
    chosen.output.mkdir(parents=True, exist_ok=True)
    with open(chosen.output / "peers.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, [field.name for field in fields(Sample)])
        rows.writeheader()
        rows.writerows(asdict(sample) for sample in samples)
    text = "\n".join([preface(chosen.rounds, chosen.quick), *chapters])
    (chosen.output / "peers.md").write_text(text, encoding="utf-8")
    print(f"Written: {chosen.output / 'peers.md'} and peers.csv")


def run_contest(contest: Contest, rounds: int, seed: int) -> list[Sample]:
    able = [contestant for contestant in contest.contestants if not contestant.missing]
    samples = []
    for number in range(1, rounds + 1):
        order = random.Random(f"{seed} {contest.name} {number}").sample(able, len(able))
        for position, contestant in enumerate(order, 1):
            sample = Sample(contest.name, contestant.name, contestant.kind, number, position)
            try:
                sample.seconds, sample.max_rss_bytes = contestant.run()
            except FailedError as error:
                sample.error = str(error)
            samples.append(sample)
            said = f"{sample.seconds:.3f} s" if sample.seconds else f"failed: {sample.error}"
            print(f"{contest.name}, round {number} of {rounds}: {contestant.name}: {said}", file=sys.stderr, flush=True)
    return samples


def describe(contest: Contest, samples: list[Sample]) -> str:
    """A contest's table and whether its goals were reached."""
    ratios = {name: interval(values) for name, values in figures(contest, samples).items()}
    sign = 1 if contest.goals[0].at_most else -1  # the best first, what has no figure last
    best_first = sorted(contest.contestants, key=lambda one: sign * ratios.get(one.name, (sign * math.inf,))[0])
    lines = [
        f"## {contest.title}",
        "",
        f"| who | | median s | {contest.column} | 95 % interval | failed |",
        "|---|---|---|---|---|---|",
        *(row(contestant, ratios.get(contestant.name), samples) for contestant in best_first),
        "",
        *(outcome(goal, {name: values[0] for name, values in ratios.items()}) for goal in contest.goals),
    ]
    ours = [one.name for one in best_first if one.kind == "ours" and one.name in ratios]
    peers = [one.name for one in contest.contestants if one.kind == "peer" and one.name in ratios]
    if ours and peers:
        ahead = [name for name in peers if is_faster(name, ours[0], samples, len(peers))]
        lines.append(f"- peers faster than our {ours[0]}, in the same rounds: {', '.join(ahead) or 'none'}")
    return "\n".join([*lines, *contest.remarks(samples), ""])


def row(contestant: Contestant, ratio: tuple[float, float, float] | None, samples: list[Sample]) -> str:
    """A contestant's line of the table."""
    if contestant.missing:
        return f"| {contestant.name} | {contestant.kind} | {contestant.missing} | | | |"
    own = [sample for sample in samples if sample.contestant == contestant.name]
    times = [sample.seconds for sample in own if sample.seconds is not None]
    middle = f"{median(times):.3f}" if times else "–"
    found = "{:.3f} | {:.3f} – {:.3f}".format(*ratio) if ratio else "– | –"
    errors = {sample.error for sample in own if sample.error}
    failed = f"{len(own) - len(times)}" + (f" ({'; '.join(sorted(errors))})" if errors else "")
    return f"| {contestant.name} | {contestant.kind} | {middle} | {found} | {failed} |"


def outcome(goal: Goal, values: dict[str, float]) -> str:
    """What has become of a goal."""
    if (best := goal.reached(values)) is None:
        return f"- {goal.text}: not measured"
    met = best[1] <= goal.bound if goal.at_most else best[1] >= goal.bound
    return f"- {goal.text}: {best[0]} {best[1]:.3f}, {'reached' if met else 'not reached'}"


def figures(contest: Contest, samples: list[Sample]) -> dict[str, list[float]]:
    """Each contestant's ratio of every round that has one."""
    found: dict[str, list[float]] = {}
    for number in sorted({sample.round for sample in samples}):
        others = {sample.contestant: sample for sample in samples if sample.round == number}
        for name in others:
            try:
                ratio = contest.figure(name, others)
            except KeyError:  # what it is held against is not installed
                continue
            if not math.isnan(ratio):
                found.setdefault(name, []).append(ratio)
    return found


def is_faster(one: str, other: str, samples: list[Sample], family: int) -> bool:
    """Whether `one` is faster than `other` beyond the interval of the ratios of a round, `family` of which are asked
    for."""
    times = {(sample.contestant, sample.round): sample.lasted for sample in samples}
    pairs = [(times.get((one, number)), times.get((other, number))) for number in {sample.round for sample in samples}]
    found = [theirs / own for own, theirs in pairs if own and theirs and not math.isnan(own + theirs)]
    return bool(found) and interval(found, family)[1] > 1


def interval(ratios: list[float], family: int = 1) -> tuple[float, float, float]:
    """Geometric mean and 95 % interval (Student's t on the logarithms), so wide that `family` of them hold at once;
    from one value the interval is open."""
    logs = [math.log(ratio) for ratio in ratios]
    mean = sum(logs) / len(logs)
    half = math.inf
    if len(logs) > 1:
        spread = math.sqrt(sum((log - mean) ** 2 for log in logs) / (len(logs) - 1))
        half = float(stats.t.ppf(1 - 0.025 / family, len(logs) - 1)) * spread / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def preface(rounds: int, quick: bool) -> str:
    facts = machine.describe(available())
    versions = [f"{name} {metadata.version(name)}" for name in PACKAGES if is_installed(name)]
    for program in ("curl", "wget2", "aria2c", nginx.PROGRAM):
        if program and shutil.which(program):
            said = subprocess.run(
                [program, "-v" if program == nginx.PROGRAM else "--version"],
                capture_output=True,
                text=True,
                check=False,
            )
            versions.append(" ".join((said.stdout or said.stderr).split()[:3]))
    meaning = "; a hundredth of the work, so these figures mean nothing" if quick else ""
    ran_on = f"{facts['Processor']}, {facts['Cores']}; {facts['System']}; Python {platform.python_version()}"
    lines = [
        "# Our strategies and their peers",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {rounds} rounds{meaning}. {ran_on}.",
        f"{', '.join(versions)}.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
