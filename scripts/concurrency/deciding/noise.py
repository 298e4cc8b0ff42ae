"""What the machine did meanwhile, in one word with its reasons; and results that cannot be true."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from concurrency.deciding.inference import Effect
from concurrency.deciding.words import counted
from concurrency.measuring.interpreters import is_free_threaded
from concurrency.strategies._catalogue import BASELINE, Strategy

# What is measured: (noisy from, unusable from). Counted over all samples of a workload, weighted by their length.
OTHERS = (0.10, 1.0)  # cores that other programs kept busy
STEAL = (0.02, 0.20)  # share of the cores' time that the hypervisor gave to other machines
WAITING = (0.05, 0.50)  # share of its time that one-by-one computing did not have a core
CLOCK = (0.15, 0.60)  # spread of the CPU's frequency, 10th to 90th percentile, over its median
SCATTER = (0.10, 0.50)  # standard deviation of an arm's log time within rounds
CONTROL = (1.0, 1.25)  # the A/A duplicate's interval is beyond this factor, either way

SHORTEST_ITEM_S = 100e-6  # per item: below that, what a strategy costs for each is all that is measured
ONE_CORE = 1.2  # what one by one may use, its interpreter's other threads included

SHORTEST_S = 0.1  # of samples shorter than this on average, counters that tick each 10 ms (load, steal) say nothing

WORDS = ("quiet", "noisy", "unusable")
CLOSE = "close other programs"
Finding = tuple[int, str, str]  # level, reason, advice of something that was looked at


@dataclass(frozen=True)
class Noise:
    """`word` is quiet, noisy or unusable; `reasons` and `advice` are empty when quiet."""

    word: str
    reasons: list[str]
    advice: str


def judge(bound: str, samples: pd.DataFrame, scatter: float, control: Effect) -> Noise:
    """The noise in the good `samples` of one workload on one host (rows of timings.csv), which is `bound` by something.

    `scatter` is the typical standard deviation of an arm's log times within rounds, `control` the A/A duplicate's ratio
    with its interval. What a platform cannot tell is not held against it; nor that work waits which may do so.
    """
    return _judged(_findings(bound, samples, scatter, control))


def of_others(others: float, stolen: float) -> Noise:
    """The noise on a machine of which other programs kept `others` cores busy, and a hypervisor took the share `stolen`
    of the cores' time away; nan, where that is not known."""
    return _judged(_of_others(others, stolen))


def _judged(findings: Iterable[Finding]) -> Noise:
    found = [finding for finding in findings if finding[0]]
    if not found:
        return Noise("quiet", [], "")
    advice = dict.fromkeys(advice for _, _, advice in found)
    return Noise(
        word=WORDS[max(level for level, _, _ in found)],
        reasons=[reason for _, reason, _ in found],
        advice=f"{', '.join(advice)} and measure again.".capitalize(),
    )


def _of_others(others: float, stolen: float) -> Iterator[Finding]:
    yield _level(others, OTHERS), f"other programs kept {others:.2f} of a core busy", CLOSE
    alone = "use a machine that is not shared"
    yield _level(stolen, STEAL), f"the hypervisor took {100 * stolen:.0f} % of the CPU time away", alone


def _findings(bound: str, samples: pd.DataFrame, scatter: float, control: Effect) -> Iterator[Finding]:
    repeat = "take more rounds"
    yield from _of_others(
        _mean_per_second(samples, samples["load"] * samples["wall_s"], 1.0),
        _mean_per_second(samples, samples["steal_s"], samples["cores"]),
    )
    if bound != "io":
        baseline = samples[samples["strategy"] == BASELINE]
        waiting = 1 - _mean_per_second(baseline, baseline["cpu_s"], 1.0)
        reason = f"one-by-one computing had no core for {100 * waiting:.0f} % of its time"
        yield _level(waiting, WAITING) if bound == "cpu" else 0, reason, CLOSE
        pressure = _mean_per_second(baseline, baseline["pressure_s"], 1.0)
        yield _level(pressure, WAITING), f"programs waited for a core {100 * min(pressure, 1):.0f} % of the time", CLOSE
    clock = samples["cpu_mhz"].dropna().astype(float)
    if len(clock):
        slow, middle, quick = np.percentile(clock, [10, 50, 90])
        reason = f"the CPU clock moved between {slow:.0f} and {quick:.0f} MHz"
        yield _level((quick - slow) / middle, CLOCK), reason, "fix the clock or let the machine cool"
    yield _level(scatter, SCATTER), f"times vary by {100 * scatter:.0f} % within a round", repeat
    away = max(control.low, 1 / control.high) if pd.notna(control.low) else np.nan
    yield _level(away, CONTROL), f"the same arm measured twice differs by {100 * abs(control.ratio - 1):.1f} %", repeat


def doubts(one_by_one: pd.DataFrame) -> Iterator[str]:
    """What makes a comparison of a user's function say little: `one_by_one` has the baseline's good samples."""
    if not len(one_by_one):
        return
    per_item_s = float((one_by_one["work_s"].astype(float) / one_by_one["items"].astype(float)).median())
    if per_item_s < SHORTEST_ITEM_S:
        yield f"too short to tell: an item takes {1e6 * per_item_s:.0f} µs; give larger ones"
    used = _mean_per_second(one_by_one, one_by_one["cpu_s"], 1.0)
    if used > ONE_CORE:
        yield f"one by one already uses {used:.1f} cores"


def _mean_per_second(samples: pd.DataFrame, amount: pd.Series, cores: Any) -> float:
    """`amount` per second of the samples that have it (and a core); nan where none has or where they are too short."""
    lengths = samples["wall_s"].where(amount.notna()).dropna()
    if not len(lengths) or lengths.mean() < SHORTEST_S:
        return np.nan
    return float(amount.sum() / (lengths * cores).sum())


def _level(value: float, bounds: tuple[float, float]) -> int:
    return sum(value > bound for bound in bounds)  # nothing is above a bound if it is not known


def impossible(bound: str, strategy: Strategy | None, arm: Mapping[str, Any], samples: pd.DataFrame) -> Iterator[str]:
    """What cannot be true about an arm: `arm` is its row of the summary, `samples` its good samples.

    Work that is `bound` by more than computing may wait, or let go of the GIL, and gain more than the cores allow.
    """
    if not len(samples):
        return
    if (samples["gil"].fillna(False) & samples["python"].map(is_free_threaded)).any():
        yield "the GIL came back on: this is no free-threaded run"
    least = samples["minimum_s"].astype(float)
    too_fast = int((samples["wall_s"].astype(float) < least).sum())
    if too_fast:
        yield f"{too_fast} of {counted(len(samples), 'sample')} took less than the least possible {least.max():.3g} s"
    low, cores = arm["speedup_low"], samples["cores"].max()
    if bound != "cpu" or pd.isna(low) or pd.isna(cores):
        return
    most = min(int(arm["workers"]), int(cores))
    if arm["strategy"] != BASELINE and low > most:
        yield f"faster than {most} core{'s' if most > 1 else ''} can be on the same work"
    elif samples["gil"].eq(True).any() and strategy and strategy.computes_in_one_thread(gil=True) and low > 1:
        yield "faster than one by one although the GIL lets one thread compute at a time"
