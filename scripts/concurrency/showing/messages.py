"""What a run says on the terminal while it measures, and at the end the answer."""

import json
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from concurrency.workloads.known import kind_of

MAP = "results/plots/map.svg"
VERIFIED = "results/download/verify.json"
CODE = "results/recommended/"


def left_out(reasons: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A line for each strategy of each workload that was asked for and cannot be run."""
    return [
        f"{workload}: {strategy} is left out: {reason}"
        for workload, of_strategies in reasons.items()
        for strategy, reason in of_strategies.items()
    ]


def show_progress(rounds: Sequence[Path]) -> None:
    """Show a bar, until the process ends, of how many of the files `rounds` have been written since now."""
    begin = time.time()

    def done() -> int:
        return sum(file.exists() and file.stat().st_mtime >= begin for file in rounds)

    def watch() -> None:
        with tqdm(total=len(rounds), desc="measuring", unit="round") as bar:
            while bar.n < len(rounds):
                time.sleep(0.5)
                if new := done() - bar.n:
                    bar.update(new)

    threading.Thread(target=watch, daemon=True).start()


def outcome(written: Collection[str], jobs: Mapping[str, str]) -> str:
    """What a finished run has to say of the files that it was asked for: the answer, and where to look.

    `jobs` has the table that the job of each workload ends in.
    """
    lines = []
    for workload, table in jobs.items():
        if table in written:
            with open(table, encoding="utf-8") as file:
                count = sum(1 for _ in file) - table.endswith(".csv")  # its header
                lines.append(f"{count} {kind_of(workload).results}: {table}")
    if "results/report.html" in written:
        verdict = json.loads(Path("results/tables/verdict.json").read_text(encoding="utf-8"))
        lines += [f"{workload}: {answer['sentence']}" for workload, answer in verdict.items()]
        if VERIFIED in written:
            lines.append(json.loads(Path(VERIFIED).read_text(encoding="utf-8"))["sentence"])
        if scripts := sorted(file for file in written if file.startswith(CODE)):
            lines.append(f"as code: {', '.join(scripts)}")
        lines.append("report: results/report.html")
    if MAP in written:
        lines += [Path(MAP).with_suffix(".txt").read_text(encoding="utf-8"), f"map: {MAP}"]
    return "\n".join(lines)
