"""Does a replay tell the truth about a network? `python benchmarks/replay_truth.py`: about 40 minutes, as root.

The truth is nginx over paths that are emulated on this machine (tests/helpers/emulated). On each the product records
the pages as its user would have it done (`source: live`, with the probe), and then in every round all arms run against
the truth and against the replay of what was recorded, in one random order, each in a fresh interpreter, as in a
campaign. Speed-ups, intervals and recommendations are the product's own.

Writes replay_truth.csv, a row per sample, and replay_truth.md, the tables; fails where a promise is broken.

    --only tls plain       these paths only; what is known of the others stays
    --rounds 2             fewer rounds, to see that it runs
    --old DIR              also the replay of another version of the product, of which DIR is a checkout
    --known                also the replay of a path of which all is known: what is not the recording's fault
    --again                only judges the samples that are there
"""

import argparse
import platform
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "scripts"), str(HERE.parent / "tests"), str(HERE)]

import pandas as pd
from truth import CASES, campaign
from truth.judge import LEAD, Judged, judge, promises

from concurrency.cores import available
from concurrency.measuring import lock, machine
from helpers.emulated import namespaces

RESULTS = HERE / "results"


def main() -> int:
    """Measure, print and write the tables; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=CASES, default=list(CASES), metavar="PATH")
    parser.add_argument("--rounds", type=int, help="instead of each path's own number")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--old", type=Path, metavar="DIR")
    parser.add_argument("--known", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER")
    chosen = parser.parse_args()
    table = chosen.output / "replay_truth.csv"
    samples = pd.read_csv(table) if table.exists() else pd.DataFrame(columns=["path"])
    if not chosen.again:
        if reason := namespaces.missing():
            sys.exit(reason)
        chosen.output.mkdir(parents=True, exist_ok=True)
        with lock.machine_to_itself():
            for name in chosen.only:
                case = CASES[name]
                rows = campaign.measure(name, case, chosen.rounds or case.rounds, chosen.seed, chosen.old, chosen.known)
                samples = pd.concat([samples[samples["path"] != name], pd.DataFrame(rows)])
                samples.dropna(axis="columns", how="all").to_csv(table, index=False, float_format="%.5g")
    text = describe(samples)
    (chosen.output / "replay_truth.md").write_text(text, encoding="utf-8")
    print(text)
    return int(not all(promise.kept for promise in promises(list(judge(samples)))))


def describe(samples: pd.DataFrame) -> str:
    judged = list(judge(samples))
    others = {
        title: {one.path: one for one in judge(samples, side)}
        for side, title in (("old", "before"), ("known", "all known"))
    }
    facts = machine.describe(available())
    lines = [
        "# The replay and the truth",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}. {facts['Processor']}, {facts['Cores']}; {facts['System']}; "
        f"Python {platform.python_version()}.",
        "Errors are shares of the truth; those of speed-ups against one by one are means over the arms.",
        "",
        *overview(judged, {title: known for title, known in others.items() if known}),
        "",
        "| promise | figure | reach | kept |",
        "|---|---|---|---|",
        *(
            f"| {one.text} | {one.figure} | {one.reach} | {'yes' if one.kept else '**no**'} |"
            for one in promises(judged)
        ),
    ]
    for one in judged:
        lines += ["", f"## {one.path}: {CASES[one.path].text}", "", *of_arms(one), "", f"> {one.sentence}"]
    return "\n".join(lines) + "\n"


def overview(judged: list[Judged], others: dict[str, dict[str, Judged]]) -> Iterator[str]:
    """A row per path; with what other replays came to there, by their titles."""
    titles = "".join(f" {title} |" for title in others)
    yield f"| path | | error of speed-ups |{titles} worst time | held by intervals | truth recommends | replay |"
    yield "|---|---|---:|" + "---:|" * len(others) + "---:|---|---|---|"
    for one in judged:
        errors = [f"{one.errors.mean():.1%}"]
        errors += [f"{other[one.path].errors.mean():.1%}" if one.path in other else "" for other in others.values()]
        near = len(one.best - {one.recommended[0]})
        best = one.recommended[0] + (f", {near} more within {LEAD:.0%}" if near else "")
        yield (
            f"| {one.path} | {CASES[one.path].text} | {' | '.join(errors)} | {one.time_errors.max():.1%} | "
            f"{one.held.sum()} of {len(one.held)} | {best} | {one.recommended[1]} |"
        )


def of_arms(judged: Judged) -> Iterator[str]:
    yield "| arm | truth | replay | 95 % interval | error | truth, s | replay, s | error |"
    yield "|---|---:|---:|---|---:|---:|---:|---:|"
    for (strategy, workers), arm in judged.arms.iterrows():
        yield (
            f"| {strategy} {workers} | {arm.truth:.2f} | {arm.replayed:.2f} | {arm.low:.2f}–{arm.high:.2f} | "
            f"{arm.replayed / arm.truth - 1:+.1%} | {arm.truth_s:.3f} | {arm.replayed_s:.3f} | "
            f"{arm.replayed_s / arm.truth_s - 1:+.1%} |"
        )


if __name__ == "__main__":
    sys.exit(main())
