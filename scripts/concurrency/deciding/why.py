"""Why it is so: what one by one spends its time on, and what lets nothing be faster than it is.

A ceiling is a bound, not a prediction: no strategy that was compared can take less than what every way must take. It is
claimed where the samples tell it, and nowhere else.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from concurrency.deciding.answer import Why
from concurrency.deciding.blocks import Block, are_good
from concurrency.deciding.noise import ONE_CORE
from concurrency.deciding.tables import ARM
from concurrency.deciding.words import counted
from concurrency.strategies._catalogue import BASELINE

GIL = "the GIL"
ONE_THREAD = "the one thread that computes"
SPLITTING = ("process_pool_ranges",)  # which may give one item to several workers
IN_FLIGHT = "what is in flight"  # as `limit` of timings.csv has it, and more in flight would change


def why(block: Block, interpreter: str) -> Why | None:
    """That of the arms of one interpreter; None where the samples do not tell what one by one computes, or where it
    computes on several cores."""
    every = pd.concat([block.samples[block.good], block.screening[are_good(block.screening)]])
    every = every[every["interpreter"] == interpreter].astype({"wall_s": float, "cpu_s": float, "minimum_s": float})
    one_by_one = every[every["strategy"].eq(BASELINE) & ~every["screening"].fillna(False) & every["cpu_s"].notna()]
    computing = float((one_by_one["cpu_s"] / one_by_one["wall_s"]).median())
    if not computing <= ONE_CORE:
        return None
    computing = 1.0 if block.bound == "cpu" else min(computing, 1.0)  # what had no core for a while did not wait
    arms = every[~every["strategy"].isin([BASELINE, *block.kind.algorithms()])]
    takes_s = float(np.exp(np.log(one_by_one["wall_s"]).mean()))
    ceiling, set_by = _ceiling(block, arms, takes_s, block.has_gil(interpreter))
    return Why(1 - computing, computing, ceiling, set_by)


def _ceiling(block: Block, arms: pd.DataFrame, takes_s: float, gil: bool) -> tuple[float, str]:
    """How many times as fast as one by one, which `takes_s`, any of the `arms` can be at best, and what sets that; nan
    and nothing, where it is not known of all of them."""
    if arms.empty or (block.bound == "io" and arms["minimum_s"].isna().all()):
        return np.nan, ""
    held_by, cores = _in_one_thread(block, arms, gil), _cores_at_most(arms)
    bounds = (
        [*_least(block, own, takes_s, held_by, cores), _of_items(block, own, arms, takes_s)]
        for _, own in arms.groupby(ARM, sort=True)
    )
    least_s, set_by = min(_largest(of_arm) for of_arm in bounds)
    return (float(takes_s / least_s), set_by) if set_by else (np.nan, "")


def _largest(bounds: Iterable[tuple[float, str]]) -> tuple[float, str]:
    """Of those that are known; 0 and nothing, where none is."""
    return max((bound for bound in bounds if bound[0] > 0), key=lambda bound: bound[0], default=(0.0, ""))


def _least(
    block: Block, own: pd.DataFrame, takes_s: float, held_by: Mapping[str, str], cores: float
) -> list[tuple[float, str]]:
    """What an arm must take, and what sets that: the path and the servers, and what it computes in one thread, or else
    on the cores; nan, where that is not known."""
    first, limit = own.iloc[0], next(iter(own["limit"].mode()), "")
    path = own["minimum_s"].median(), f"{first['workers']} in flight" if limit == IN_FLIGHT else limit
    if one := held_by.get(first["strategy"]):
        computes_s = np.minimum(own["cpu_s"], own["wall_s"]).median()  # beside it, the interpreter may use a little
        computes = (takes_s if block.bound == "cpu" else computes_s), one
    else:
        computes = (takes_s if block.bound == "cpu" else own["cpu_s"].median()) / cores, _cores(cores)
    return [path, computes]


def _of_items(block: Block, own: pd.DataFrame, arms: pd.DataFrame, takes_s: float) -> tuple[float, str]:
    """What an arm must take, as no item is done by several workers; nan, where one may be, or where nobody knows.

    A coroutine may do in less time what a function does: of it, its own time with one worker tells, if any.
    """
    strategy, count = block.kind.strategies().get(own["strategy"].iloc[0]), own["items"].max()
    if block.bound == "io" or strategy is None or strategy.name in SPLITTING or pd.isna(count):
        return np.nan, ""
    if strategy.runs == "coroutine" and block.bound != "cpu":
        same = [column for column in ARM if column != "workers"]
        alone = arms[(arms[same] == own[same].iloc[0]).all(axis="columns") & arms["workers"].eq(1)]
        takes_s = float(np.exp(np.log(alone["wall_s"]).mean()))
    return takes_s / int(count), f"the {counted(int(count), 'item')}"


def _in_one_thread(block: Block, arms: pd.DataFrame, gil: bool) -> dict[str, str]:
    """The strategies of which only one worker computes at a time, and what lets only one, in words.

    Code that is not Python may let go of the GIL, as that of downloads does: where any such arm was seen to compute on
    several cores, it does.
    """
    strategies = [block.kind.strategies().get(name) for name in arms["strategy"].unique()]
    has_gil = gil and block.bound != "io"
    known = [strategy for strategy in strategies if strategy and strategy.computes_in_one_thread(has_gil)]
    held = arms[arms["strategy"].isin([strategy.name for strategy in known])]
    if block.bound != "cpu" and (_cores_used(held) > ONE_CORE).any():
        return {}
    return {strategy.name: GIL if strategy.shares == "gil" else ONE_THREAD for strategy in known}


def _cores_at_most(arms: pd.DataFrame) -> float:
    """On how many cores any of the `arms` could compute; nan, where that is not known: nothing keeps processes from
    using more than they were given, where there are more."""
    cores = float(arms["cores"].astype(float).max())
    return np.nan if (_cores_used(arms) > cores).any() else cores


def _cores_used(arms: pd.DataFrame) -> pd.Series:
    """By each of the `arms`."""
    return (arms["cpu_s"] / arms["wall_s"]).groupby([arms[column] for column in ARM]).median()


def _cores(cores: float) -> str:
    return f"the {cores:.0f} cores" if cores > 1 else "the one core"
