"""What a run is about to measure, how long that takes, and what cannot be done in the time it has."""

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from concurrency.measuring.comparison import Comparison
from concurrency.measuring.sampling import OVERHEAD_S
from concurrency.running.settings import Settings
from concurrency.workloads.own.workload import Own


def describe(
    rounds: Mapping[str, int],
    settings: Settings,
    cores: int,
    jobs: Mapping[tuple[str, str], int] = MappingProxyType({}),
) -> str:
    """A sentence or two; `rounds` counts the rounds of each workload, `jobs` all that is to be run of it, by its name
    and the rule's."""
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
    return f"Measuring {names}: {samples} samples{lasting}.{_calls(jobs, settings, cores)}{hopeless}"


def _calls(jobs: Mapping[tuple[str, str], int], settings: Settings, cores: int) -> str:
    """How often the user's own functions are called, which may ask somebody else's service for something."""
    told = []
    for name, work in settings.own.items():
        rounds, timelines = jobs.get((name, "measure"), 0), jobs.get((name, "timeline"), 0)
        if not rounds:
            continue
        [comparison] = settings.compared(name)
        assert isinstance(comparison.workload, Own)
        few, every = len(comparison.workload.items), len(replace(comparison.workload, measure_items=None).items)
        count = every * jobs.get((name, "do"), 0) + few * jobs.get((name, "record"), 0)
        if work.is_recorded:
            told.append(f"{count:,} times for {name}, of which a stand-in is measured")
        else:
            count += few * (rounds * len(comparison.samples(cores)) + timelines * len(comparison.arms))
            told.append(f"{count:,} times for {name} (works.{name}.source: profile would measure a stand-in)")
    return f" Your function is called {' and '.join(told)}." if told else ""


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
