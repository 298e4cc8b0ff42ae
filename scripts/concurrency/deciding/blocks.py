"""Blocks of samples: what was measured of a workload on a host, arm by arm and round by round.

The round is the unit of replication: on one host, in one round, every arm ran once, in random order, so that the
ratio of two arms' times in one round is free of whatever slows the whole round down. No outlier is dropped.
Times are `wall_s`: set-up included, as a user would wait for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from concurrency.deciding import inference
from concurrency.deciding.tables import ARM, BLOCK, ArmKey, as_timings
from concurrency.measuring.interpreters import GIL_IS_BACK
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of
from concurrency.workloads.workload import Workload


@dataclass(frozen=True)
class Block:
    """What was measured of a workload on a host, warm-up rounds left out.

    `logs` are the logarithms of the times, a row per round and a column per arm, simplest arm first, empty where there
    is no good sample; `bound` is that of the workload as it was measured; `complete` are the arms that succeeded in
    every round, without algorithms, which do other work; `mixed` says that rounds were measured with different arms, so
    that none counts as complete; `control` has the good samples of the A/A duplicate, `screening` all samples that
    found the arms, which count for nothing.
    """

    workload: str
    host: str
    samples: pd.DataFrame
    good: pd.Series
    logs: pd.DataFrame
    complete: list[ArmKey]
    mixed: bool
    control: pd.DataFrame
    screening: pd.DataFrame
    warm_up: int
    robust: bool
    bound: str

    @property
    def kind(self) -> type[Workload]:
        """What is known of the workload by its name."""
        return kind_of(self.workload)

    @property
    def rounds(self) -> int:
        return len(self.logs)

    @property
    def form(self) -> inference.Form:
        return inference.form(self.rounds, len(self.complete), self.robust)

    @property
    def arms(self) -> list[ArmKey]:
        """Those that brought any good sample, simplest first."""
        return [ArmKey(*arm) for arm in self.logs]

    @property
    def interpreters(self) -> list[str]:
        """Those that brought any good sample."""
        return sorted({arm.interpreter for arm in self.arms})

    @property
    def fastest_baseline(self) -> ArmKey | None:
        """Of the interpreters' baselines the fastest, as far as they are complete."""
        baselines = [arm for arm in self.complete if arm.strategy == BASELINE]
        return min(baselines, key=lambda arm: float(self.logs[arm].mean()), default=None)

    def baseline_of(self, arm: ArmKey) -> ArmKey | None:
        """The baseline of its interpreter."""
        return next(
            (other for other in self.arms if other.strategy == BASELINE and other.interpreter == arm.interpreter), None
        )

    def array(self, arms: Sequence[ArmKey]) -> inference.Array:
        """The log times of complete `arms` as one campaign of `inference`."""
        campaign: inference.Array = self.logs[list(arms)].to_numpy(dtype=float)[None]
        return campaign

    @cached_property
    def _left_open(self) -> dict[ArmKey, float]:
        known = self.samples[self.good].groupby(ARM)["recording_sd"].median().dropna()
        return {ArmKey(*arm): float(sd) for arm, sd in known.items()}

    def left_open(self, arms: Sequence[ArmKey]) -> inference.Array:
        """How far what was recorded leaves the speed-ups of `arms` open, as `inference` takes it; 0: nothing was."""
        return np.array([self._left_open.get(arm, 0.0) for arm in arms])

    @property
    def known_in_flight(self) -> int | None:
        """The most in flight that was measured for what is replayed; None where all of it is known."""
        known = self.samples["known_in_flight"].dropna()
        return None if known.empty else int(known.min())

    @property
    def only_screened(self) -> dict[ArmKey, bool]:
        """Of each strategy that was tried when workers were to be found, and is in no round, an arm; and whether any of
        these succeeded."""
        tried = self.screening.assign(good=are_good(self.screening))
        tried["interpreter"] = tried["interpreter"].str.removesuffix(GIL_IS_BACK)
        measured = {_without_workers(ArmKey(*arm)) for arm in self.samples[ARM].itertuples(index=False)}
        found: dict[ArmKey, bool] = {}
        for *arm, good in tried[[*ARM, "good"]].itertuples(index=False):
            key = _without_workers(ArmKey(*arm))
            if key not in measured:
                found[key] = found.get(key, False) or bool(good)
        return found

    def has_gil(self, interpreter: str) -> bool:
        """Whether it ran with the GIL; where that is not known, as nearly all do."""
        return has_gil(self.samples[self.samples["interpreter"] == interpreter])


def blocks(timings: pd.DataFrame, robust: bool) -> Iterator[Block]:
    """The blocks of a timings table, by workload and host; `robust` as for `summarise`."""
    every = as_timings(timings)
    is_screening = every["screening"].fillna(False)
    timings = every[~is_screening]
    good = are_good(timings)
    control, warm_up = timings["control"].fillna(False), timings["warm_up"].fillna(False)
    for (workload, host), samples in timings[~warm_up & ~control].groupby(BLOCK, sort=True):
        usable = good[samples.index]
        logs = log_times(samples[usable]).reindex(sorted(samples["round"].unique()))
        logs = logs[sorted((ArmKey(*arm) for arm in logs), key=partial(_simplicity, workload))]
        here = (every[BLOCK] == [workload, host]).all(axis="columns")
        mixed = _is_mixed(samples[~samples["strategy"].isin(kind_of(workload).algorithms())], len(logs))
        yield Block(
            workload=workload,
            host=host,
            samples=samples,
            good=usable,
            logs=logs,
            complete=[] if mixed else _complete(workload, logs, samples[~usable]),
            mixed=mixed,
            control=timings[here[timings.index] & ~warm_up & control & good],
            screening=every[here & is_screening],
            warm_up=timings.loc[here[timings.index] & warm_up, "round"].nunique(),
            robust=robust,
            bound=bound_of(samples, workload),
        )


def are_good(timings: pd.DataFrame) -> pd.Series:
    """Which samples brought all answers, in a time."""
    timed = timings["wall_s"].to_numpy(dtype=float, na_value=np.nan)
    done = timings["failed"].eq(0).fillna(False) & timings["error"].eq("") & np.isfinite(timed) & (timed > 0)
    return done.astype(bool)


def bound_of(samples: pd.DataFrame, workload: str) -> str:
    """What one worker of the workload spends its time on, as it was measured; older tables do not say it."""
    return str(next(filter(None, samples["bound"]), kind_of(workload).bound))


def has_gil(samples: pd.DataFrame) -> bool:
    """Whether those of one interpreter ran with the GIL; where that is not known, as nearly all do."""
    known = samples["gil"].dropna()
    return bool(known.empty or known.any())


def _complete(workload: str, logs: pd.DataFrame, failures: pd.DataFrame) -> list[ArmKey]:
    failed = {ArmKey(*arm) for arm in failures[ARM].itertuples(index=False)}
    apart = kind_of(workload).algorithms()
    arms = [ArmKey(*arm) for arm in logs if logs[arm].notna().all()]
    return [arm for arm in arms if arm not in failed and arm.strategy not in apart]


def _is_mixed(samples: pd.DataFrame, rounds: int) -> bool:
    """Whether arms came, or took the place of others: not all are in all rounds, and the cores changed, or one is in at
    most half of the rounds. An arm that otherwise misses fewer is only out of the running."""
    # a sample that failed is in its round, too, but could not see that the GIL was back
    asked = samples.assign(interpreter=samples["interpreter"].str.removesuffix(GIL_IS_BACK))
    measured = asked.groupby(ARM)["round"].nunique()
    return bool(((measured < rounds).any() and samples["cores"].nunique() > 1) or (2 * measured <= rounds).any())


def _without_workers(arm: ArmKey) -> ArmKey:
    return arm._replace(workers=0, interpreter=arm.interpreter.removesuffix(GIL_IS_BACK))


def log_times(samples: pd.DataFrame, column: str = "wall_s") -> pd.DataFrame:
    """Of good `samples`: a row per round, a column per arm."""
    times = samples.astype({column: float}).pivot_table(index="round", columns=ARM, values=column, sort=True)
    logs: pd.DataFrame = np.log(times)
    return logs


def _simplicity(workload: str, arm: ArmKey) -> tuple[Any, ...]:
    """Few workers before many, then a simple strategy before others; one that is unknown here comes last."""
    known = kind_of(workload).strategies().get(arm.strategy)
    return (arm.workers, known.rank if known else np.inf, *arm)
