"""What a run is about to measure, how long that takes, and what cannot be done in the time it has."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from concurrency.deciding.words import counted
from concurrency.measuring import arms, preflight
from concurrency.measuring.arms import AUTO, Arm
from concurrency.measuring.comparison import Comparison, with_finalists
from concurrency.measuring.sampling import OVERHEAD_S
from concurrency.running.settings import Settings
from concurrency.workloads.own.workload import Own
from concurrency.workloads.workload import Workload


def describe(
    rounds: Mapping[str, int],
    settings: Settings,
    cores: int,
    jobs: Mapping[tuple[str, str], int] = MappingProxyType({}),
    finalists: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A sentence or two; `rounds` counts the rounds of each workload, `jobs` all that is to be run of it, by its name
    and the rule's, `finalists` are the files of those that are known. With how many workers the others are measured,
    nobody knows yet: it is assumed that most of them have many.

    Raises UserError where finalists were found on other cores than `cores`.
    """
    seconds, samples, hopeless = 0.0, 0, ""
    free_threaded = {python.executable for python in settings.interpreters if python.free_threaded}
    for name, count in rounds.items():
        for comparison in _compared(settings, name, finalists, cores):
            screened, measured = _samples(comparison, settings, cores)
            every = screened * jobs.get((name, "screen"), 0) + measured * count
            seconds += _seconds(comparison.workload, every, cores, free_threaded)
            samples += len(every)
            least = max(comparison.workload.least_s(int(arm.workers)) or 0.0 for arm in measured)
            if least > (most := settings.works[name].timeout_s):
                hopeless = f" A sample needs {_duration(least)}, but {name}.timeout_s is {most:g}: raise it."
    names = " and ".join(f"{count} × {name}" for name, count in rounds.items())
    lasting = "" if math.isnan(seconds) else f", about {_duration(seconds)}"  # who knows the user's own function
    screening = " and ".join(name for name in rounds if jobs.get((name, "screen")))
    about = "about " if any(settings.works[name].is_screened and name not in finalists for name in rounds) else ""
    first = f"Looking for how many workers {screening} may need, then measuring" if screening else "Measuring"
    calls = _calls(jobs, settings, cores, finalists)
    return f"{first} {names}: {about}{counted(samples, 'sample')}{lasting}.{calls}{hopeless}"


def _compared(settings: Settings, name: str, finalists: Mapping[str, str], cores: int) -> list[Comparison]:
    return with_finalists((one.plain() for one in settings.compared(name)), finalists.get(name), cores)


def _samples(comparison: Comparison, settings: Settings, cores: int) -> tuple[list[Arm], list[Arm]]:
    """About what the screening measures, and a round after it."""
    workload, known = comparison.workload, comparison.workload.strategies()
    ladders = [
        (arm, arms.rungs(workload, known[arm.strategy], cores)) for arm in comparison.arms if arm.workers == AUTO
    ]
    if not ladders:
        most = max(max(arms.rungs(workload, known[arm.strategy], cores)) for arm in comparison.arms)
        return [], replace(comparison, arms=arms.resolved(comparison.arms, cores, most)).samples(cores)
    every, top, second = (
        [replace(arm, workers=rung) for arm, rungs in ladders for rung in rungs[some]]
        for some in (slice(None), slice(-1, None), slice(-2, -1))
    )
    given = [arm for arm in comparison.arms if arm.workers != AUTO]
    few = (top + second)[: settings.finalists * len(settings.interpreters)]
    again = (top + second) * (settings.screening_rounds - 1)
    return every + again, replace(comparison, arms=given + few).samples(cores)


def _calls(jobs: Mapping[tuple[str, str], int], settings: Settings, cores: int, finalists: Mapping[str, str]) -> str:
    """How often the user's own functions are called, which may ask somebody else's service for something."""
    told = []
    for name, work in settings.own.items():
        rounds, timelines = jobs.get((name, "measure"), 0), jobs.get((name, "timeline"), 0)
        if not rounds:
            continue
        [comparison] = _compared(settings, name, finalists, cores)
        assert isinstance(comparison.workload, Own)
        few, every = len(comparison.workload.items), len(replace(comparison.workload, measure_items=None).items)
        count = every * jobs.get((name, "do"), 0) + few * jobs.get((name, "record"), 0)
        if work.is_recorded:
            told.append(f"{count:,} times for {name}, of which a stand-in is measured")
        else:
            count += jobs.get((name, "rehearse"), 0) * preflight.calls(comparison)
            screened, measured = _samples(comparison, settings, cores)
            count += few * (jobs.get((name, "screen"), 0) * len(screened) + rounds * len(measured))
            count += few * timelines * (len(measured) - 1)
            about, most = (
                "about " * (work.is_screened and name not in finalists),
                max(int(arm.workers) for arm in screened + measured),
            )
            other = f"works.{name}.source: profile would measure a stand-in"
            at_once = f"up to {most} at once" if most > 1 else "one at a time"
            told.append(f"{about}{count:,} times for {name}, {at_once} ({other})")
    return f" Your function is called {' and '.join(told)}." if told else ""


def _seconds(workload: Workload, samples: Sequence[Arm], cores: int, free_threaded: Collection[str]) -> float:
    known = workload.strategies()
    alike = Counter((arm.strategy, int(arm.workers), arm.executable not in free_threaded) for arm in samples)
    return sum(
        count * (workload.estimate_s(known[strategy], workers, cores, gil) + OVERHEAD_S)
        for (strategy, workers, gil), count in alike.items()
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
