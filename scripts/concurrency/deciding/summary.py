"""The summary: one row per arm, with its times, its effects and whether it is among the best."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from concurrency.deciding import estimates, noise, words
from concurrency.deciding.blocks import Block, blocks
from concurrency.deciding.inference import UNKNOWN, Effect
from concurrency.deciding.tables import ARM, BLOCK, SUMMARY, ArmKey, effect_columns


def summarise(timings: pd.DataFrame, robust: bool = False) -> pd.DataFrame:
    """One row per arm and host, with the columns of summary.csv; the fastest of each workload first, failed arms last.

    `timings` has the columns of timings.csv, in any order of rows. A sample with an error, with failed items or
    without a positive time counts in `failed` and for nothing else; an arm that misses a round cannot be `best`,
    and none can where rounds were measured with different arms.
    Speed-ups are against `sequential` of the same interpreter and host, empty where that leaves no common round;
    `versus_sequential`, with several interpreters, is against the fastest `sequential` of them all; `versus_best` is
    the fastest arm's time over the arm's. `robust` asks for the trimmed form (see `inference.form`).
    """
    rows = [row for block in blocks(timings, robust) for row in _rows(block)]
    table = pd.DataFrame(rows, columns=list(SUMMARY))
    table["gain"] = table["versus_sequential"].where(table["versus_sequential"].notna(), table["speedup"])
    order = {**dict.fromkeys(BLOCK, True), "gain": False, "median_s": True, **dict.fromkeys(ARM, True)}
    table = table.sort_values(list(order), ascending=list(order.values()))
    return table[list(SUMMARY)].astype(SUMMARY).reset_index(drop=True)


def effect(arm: pd.Series, name: str) -> Effect:
    """An effect in a row of the table; nan where it has none."""
    return Effect(*(float(arm[column]) if pd.notna(arm[column]) else np.nan for column in effect_columns(name)))


def _rows(block: Block) -> Iterator[dict[str, Any]]:
    best = estimates.best_set(block)
    effects = {
        "speedup": estimates.speedups(block),
        "versus_sequential": estimates.versus_sequential(block),
        "versus_best": estimates.versus_best(block),
    }
    for key, samples in block.samples.groupby(ARM, sort=True):
        arm, succeeded = ArmKey(*key), samples[block.good[samples.index]]
        row = {"workload": block.workload, "host": block.host, **arm._asdict()}
        row |= {"rounds": len(succeeded), "failed": len(samples) - len(succeeded), "best": arm in best}
        if len(succeeded):
            row |= {
                "median_s": succeeded["wall_s"].median(),
                "cpu_s": succeeded["cpu_s"].median(),
                "max_rss_bytes": succeeded["max_rss_bytes"].max(),
            }
        for name, of_arms in effects.items():
            row |= dict(zip(effect_columns(name), of_arms.get(arm, UNKNOWN), strict=True))
        cores = samples["cores"].max()
        if block.bound == "cpu" and pd.notna(cores):
            row["efficiency"] = row["speedup"] / min(arm.workers, cores)
        strategy = block.kind.strategies().get(arm.strategy)  # not if it was measured elsewhere
        competes = not (strategy and strategy.is_algorithm)
        flags = list(noise.impossible(block.bound, strategy, row, succeeded)) if competes else []
        if not block.kind.knows_answers and (baseline := block.baseline_of(arm)):
            one_by_one = block.samples[(block.samples[ARM] == list(baseline)).all(axis="columns") & block.good]
            flags += noise.doubts(one_by_one)
        if block.known_in_flight is not None and arm.workers > block.known_in_flight:
            flags.append(words.beyond(block.known_in_flight))
        yield row | {"flags": "; ".join(flags)}
