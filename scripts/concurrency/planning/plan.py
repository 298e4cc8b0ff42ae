"""What a run is about to measure, how long that takes, and what cannot be done in the time it has."""

import math
from collections.abc import Collection, Mapping

from concurrency.measuring.comparison import Comparison
from concurrency.measuring.sampling import OVERHEAD_S
from concurrency.running.settings import Settings
from concurrency.workloads.own.workload import Own


def describe(rounds: Mapping[str, int], settings: Settings, cores: int) -> str:
    """A sentence or two; `rounds` counts the rounds of each workload."""
    seconds, samples, hopeless = 0.0, 0, ""
    free_threaded = {python.executable for python in settings.interpreters if python.free_threaded}
    for name, count in rounds.items():
        comparisons = settings.compared(name)
        seconds += count * sum(_round_s(comparison, cores, free_threaded) for comparison in comparisons)
        samples += count * sum(len(comparison.samples(cores)) for comparison in comparisons)
        least = max(_least_s(comparison, cores) for comparison in comparisons)
        if least > (most := settings.works[name].timeout_s):
            hopeless = f" A sample needs {_duration(least)}, but {name}.timeout_s is {most:g}: raise it."
    names = " and ".join(f"{count} × {name}" for name, count in rounds.items())
    lasting = "" if math.isnan(seconds) else f", about {_duration(seconds)}"  # who knows the user's own function
    return f"Measuring {names}: {samples} samples{lasting}.{_calls(rounds, settings, cores)}{hopeless}"


def _calls(rounds: Mapping[str, int], settings: Settings, cores: int) -> str:
    """How often the user's own functions are called for that, which may ask somebody else's service for something."""
    told = []
    for name, work in settings.own.items():
        if (count := rounds.get(name, 0)) and not work.is_recorded:
            [comparison] = settings.compared(name)
            assert isinstance(comparison.workload, Own)
            calls = count * len(comparison.samples(cores)) * len(comparison.workload.items)
            told.append(f"{calls:,} times for {name}")
    if not told:
        return ""
    return f" Your function is called {' and '.join(told)} (once per item with works.<name>.source: profile)."


def _round_s(comparison: Comparison, cores: int, free_threaded: Collection[str]) -> float:
    workload = comparison.workload
    strategies = workload.strategies()
    return sum(
        workload.estimate_s(strategies[arm.strategy], int(arm.workers), cores, arm.executable not in free_threaded)
        + OVERHEAD_S
        for arm in comparison.samples(cores)
    )


def _least_s(comparison: Comparison, cores: int) -> float:
    """What the slowest arm takes at least."""
    workload = comparison.workload
    return max(workload.least_s(int(arm.workers)) or 0.0 for arm in comparison.samples(cores))


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
