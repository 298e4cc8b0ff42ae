"""What a run says on the terminal while it measures, and at the end the answer."""

import json
import threading
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from concurrency.showing.terminal import paragraph, progress
from concurrency.workloads.known import kind_of

REPORT, VERDICT = "results/report.html", "results/tables/verdict.json"
CHANGED, CHANGES = "results/compared.html", "results/tables/compared.json"
MAP, SURVEYED, CAPACITY = "results/plots/map.svg", "results/tables/map.csv", "results/capacity.md"
VERIFIED = "results/download/verify.json"
CODE = "results/recommended/"


def left_out(reasons: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A line for each strategy of each workload that was asked for and cannot be run."""
    return [
        paragraph(f"{workload}: {strategy} is left out: {reason}")
        for workload, of_strategies in reasons.items()
        for strategy, reason in of_strategies.items()
    ]


def measured_again(reasons: Mapping[str, str]) -> list[str]:
    """A line for each part of the configuration of which what is known is to be measured again."""
    return [paragraph(f"{setting}: measured again: {reason}") for setting, reason in reasons.items()]


def surveying(minutes: float, is_asked: bool) -> str:
    """How long the map takes; where it is not asked for, as one is there that is to be kept up to date, how to do
    without."""
    if is_asked:
        return paragraph(f"Surveying the map: up to {minutes:g} min.")
    return paragraph(f"The map that is there is surveyed anew: up to {minutes:g} min; without it: rm {SURVEYED}")


def show_progress(rounds: Sequence[Path]) -> None:
    """Show a bar, until the process ends, of how many of the files `rounds` have been written since now."""
    begin = time.time()

    def is_done(file: Path) -> bool:
        with suppress(FileNotFoundError):
            return file.stat().st_mtime >= begin
        return False

    def watch() -> None:
        with progress(total=len(rounds), desc="measuring", unit="round") as bar:
            while bar.n < len(rounds):
                time.sleep(0.5)
                if new := sum(map(is_done, rounds)) - bar.n:
                    bar.update(new)

    threading.Thread(target=watch, daemon=True).start()


def outcome(written: Collection[str], jobs: Mapping[str, str]) -> str:
    """What a finished run has to say of the files that it was asked for: the answer, and where to look.

    `jobs` has the table that the job of each workload ends in.
    """
    lines = []
    for workload, table in jobs.items():
        if table in written:
            lines.append(f"{_counted(Path(table), kind_of(workload).results)}: {table}")
    if REPORT in written:
        for workload, answer in _read(VERDICT).items():
            lines += _answer(workload, answer)
        if VERIFIED in written:
            lines.append(paragraph(_read(VERIFIED)["sentence"]))
        if scripts := sorted(file for file in written if file.startswith(CODE)):
            lines.append(paragraph(f"as code: {', '.join(scripts)}"))
        lines.append(f"report: {REPORT}")
    if CHANGES in written:
        every = _read(CHANGES)
        hosts = Counter(one["workload"] for one in every)
        for one in every:
            where = f" on {one['host']}" if hosts[one["workload"]] > 1 else ""
            lines += _parts(
                one["workload"] + where, [one["answer"], one["others"]], [*one["warnings"], *one["not_compared"]]
            )
        lines.append(f"what changed: {CHANGED}")
    if MAP in written:
        lines += [paragraph(Path(MAP).with_suffix(".txt").read_text(encoding="utf-8")), f"map: {MAP}"]
    if CAPACITY in written:
        lines.append(f"capacity: {CAPACITY}")
    return "\n".join(lines)


def _counted(table: Path, what: str) -> str:
    """How many results there are and, of a work of the user's own, how many items failed, as far as it allows that."""
    with table.open(encoding="utf-8") as file:
        if table.suffix == ".csv":
            return f"{sum(1 for _ in file) - 1} {what}"  # without the header
        failed = ["error" in json.loads(line) for line in file]
    told = f", {sum(failed)} failed" if any(failed) else ""
    return f"{len(failed) - sum(failed)} {what}{told}"


def _read(file: str) -> Any:
    return json.loads(Path(file).read_text(encoding="utf-8"))


def _answer(workload: str, answer: Mapping[str, Any]) -> list[str]:
    """The answer on a workload, for each of several hosts: what to use, what is nearly as good, why, and warnings; how
    many workers, and all else, the report tells."""
    if hosts := answer.get("hosts"):
        return [line for host, one in hosts.items() for line in _answer(f"{workload} on {host}", one)]
    why = answer.get("why", {}).get("sentence", "")
    return _parts(workload, [answer["answer"], answer["enough_too"], why], answer["warnings"])


def _parts(subject: str, said: Sequence[str], warnings: Sequence[str]) -> list[str]:
    """A paragraph, and below it one for each warning."""
    return [paragraph(f"{subject}: {' '.join(filter(None, said))}"), *(paragraph(one, "  ") for one in warnings)]
