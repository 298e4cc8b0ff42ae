"""Why it is so: what one by one spends its time on, and what lets nothing be faster than it is.

A ceiling is a bound, not a prediction: no strategy that was compared can take less than what every way must take. It is
claimed where the samples tell it, and nowhere else.
"""

import numpy as np
import pandas as pd

from concurrency.deciding.answer import Why
from concurrency.deciding.blocks import Block, are_good
from concurrency.deciding.noise import ONE_CORE
from concurrency.deciding.tables import ARM
from concurrency.strategies._catalogue import BASELINE

GIL = "the GIL"
ONE_THREAD = "the one thread that computes"
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
    ceiling, set_by = _ceiling(block, arms, takes_s, computing, block.has_gil(interpreter))
    return Why(1 - computing, computing, ceiling, set_by)


def _ceiling(block: Block, arms: pd.DataFrame, takes_s: float, computing: float, gil: bool) -> tuple[float, str]:
    """How many times as fast as one by one, which `takes_s`, any of the `arms` can be at best, and what sets that; nan
    and nothing, where it is not known."""
    cores = arms["cores"].max()
    if arms.empty or pd.isna(cores):
        return np.nan, ""
    if arms["minimum_s"].notna().any():
        least_s, set_by = min(_least(own, block, int(cores)) for _, own in arms.groupby(ARM, sort=True))
        return (float(takes_s / least_s), set_by) if set_by else (np.nan, "")
    if block.bound == "io" or not computing:
        return np.nan, ""
    share = 1.0 if block.bound == "cpu" else computing
    if set_by := _one_thread(block, arms, gil):
        return 1 / share, set_by
    items = int(arms["items"].fillna(0).max())
    return min((float(cores / share), _cores(int(cores))), (float(items or np.inf), f"the {items} items"))


def _least(own: pd.DataFrame, block: Block, cores: int) -> tuple[float, str]:
    """What an arm must take, and what sets that: the path and the servers, or what it computes on the cores that it can
    use; 0 and nothing, where neither is known."""
    first = own.iloc[0]
    strategy = block.kind.strategies().get(first["strategy"])
    in_one = strategy is not None and strategy.computes_in_one_thread(gil=False)
    limit = next(iter(own["limit"].mode()), "")
    path = own["minimum_s"].median(), f"{first['workers']} in flight" if limit == IN_FLIGHT else limit
    computes = own["cpu_s"].median() / (1 if in_one else cores), ONE_THREAD if in_one else _cores(cores)
    return max((bound for bound in (path, computes) if bound[0] > 0), default=(0.0, ""))


def _one_thread(block: Block, arms: pd.DataFrame, gil: bool) -> str:
    """What lets only one of all that was compared compute at a time, in words; empty where nothing does.

    Code that is not Python may let go of the GIL: where any arm was seen to compute on several cores, it does.
    """
    strategies = [block.kind.strategies().get(name) for name in arms["strategy"].unique()]
    known = [strategy for strategy in strategies if strategy and strategy.computes_in_one_thread(gil)]
    in_parallel = (arms["cpu_s"] / arms["wall_s"]).groupby([arms[column] for column in ARM]).median() > ONE_CORE
    if len(known) < len(strategies) or (block.bound != "cpu" and in_parallel.any()):
        return ""
    return GIL if any(strategy.shares == "gil" for strategy in known) else ONE_THREAD


def _cores(cores: int) -> str:
    return f"the {cores} cores" if cores > 1 else "the one core"
