"""What a run says on the terminal: how long measuring will take, and at the end the answer."""

import json
import math
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from concurrency.measuring import arms, sampling
from concurrency.running.settings import Settings
from concurrency.workloads.download import sites
from concurrency.workloads.squares import squares


def plan(rounds: Mapping[str, int], settings: Settings, cores: int) -> str:
    """How much is about to be measured, about how long that takes, and what cannot be done in the time it has.

    `rounds` counts the rounds of each workload.
    """
    seconds, samples, hopeless = 0.0, 0, ""
    for workload, count in rounds.items():
        chosen = arms.with_control(arms.resolved(settings.arms[workload], cores))
        if workload == "download":
            wanted = sites.read(settings.sites)[: settings.measure_items]
            quick = arms.for_rule_of_thumb(chosen)
            each = sampling.estimate_download_s(chosen, wanted)
            each += sampling.estimate_download_s(quick, sites.fast(wanted))
            samples += count * len(quick)
            least, most = max(sampling.least_download_s(arm, wanted) for arm in chosen), settings.timeout_s[workload]
            if least > most:
                hopeless = (
                    f" A sample of downloads needs {_duration(least)}, but download.timeout_s is {most:g}: raise it."
                )
        else:
            numbers = squares.read_numbers(settings.numbers)[: settings.measure_items]
            free = {python.executable for python in settings.interpreters if python.free_threaded}
            each = sampling.estimate_squares_s(chosen, numbers, cores, free) if settings.function is None else math.nan
        seconds += count * each
        samples += count * len(chosen)
    names = " and ".join(f"{count} × {workload}" for workload, count in rounds.items())
    lasting = "" if math.isnan(seconds) else f", about {_duration(seconds)}"  # who knows the user's own function
    return f"Measuring {names}: {samples} samples{lasting}.{hopeless}"


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


def outcome(written: Collection[str]) -> str:
    """What a finished run has to say of the files that it was asked for: the answer, and where to look."""
    lines = []
    for table, unit in (("results/download/pages.csv", "pages"), ("results/squares/sums.csv", "sums")):
        if table in written:
            with open(table, encoding="utf-8") as file:
                lines.append(f"{sum(1 for _ in file) - 1} {unit}: {table}")
    if "results/report.html" in written:
        verdict = json.loads(Path("results/tables/verdict.json").read_text(encoding="utf-8"))
        lines += [f"{workload}: {answer['sentence']}" for workload, answer in verdict.items()]
        lines.append("report: results/report.html")
    return "\n".join(lines)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
