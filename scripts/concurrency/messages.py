"""What a run says on the terminal: how long measuring will take, and at the end the answer."""

import json
from collections.abc import Mapping
from pathlib import Path

from concurrency import arms, sampling, sites, squares
from concurrency.settings import Settings


def plan(rounds: Mapping[str, int], settings: Settings, cores: int) -> str:
    """How much is about to be measured, and about how long that takes; `rounds` counts the rounds of each workload."""
    seconds, samples = 0.0, 0
    for workload, count in rounds.items():
        chosen = arms.resolved(settings.arms[workload], cores)
        if workload == "download":
            wanted = sites.read(settings.sites)[: settings.measure_items]
            each = sampling.estimate_download_s(chosen, wanted)
        else:
            numbers = squares.read_numbers(settings.numbers)[: settings.measure_items]
            each = sampling.estimate_squares_s(chosen, numbers, cores)
        seconds += count * each
        samples += count * len(chosen)
    names = " and ".join(f"{count} × {workload}" for workload, count in rounds.items())
    return f"Measuring {names}: {samples} samples, about {_duration(seconds)}."


def outcome(results: Path) -> str:
    """The answer in a line a workload, and where the report is."""
    verdict = json.loads((results / "tables" / "verdict.json").read_text(encoding="utf-8"))
    lines = [f"{workload}: {answer['sentence']}" for workload, answer in verdict.items()]
    return "\n".join([*lines, f"Report: {results / 'report.html'}"])


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
