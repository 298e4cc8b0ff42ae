"""How each strategy gains by more workers: the law through its points, and what limits it.

Unlike the verdict, this takes screening rounds for what they are worth: they have the whole curve of worker counts.
`laws` has the mathematics and its sources.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from concurrency.deciding import laws
from concurrency.deciding.blocks import are_good, bound_of, has_gil
from concurrency.deciding.laws import Law, Points
from concurrency.deciding.tables import BLOCK, SCALING, as_timings, effect_columns
from concurrency.strategies._catalogue import BASELINE, Strategy
from concurrency.workloads.known import kind_of

NOTHING_GAINED = 1.1  # times as fast: what gains no more than that gains nothing worth its workers
ABOUT_THE_CORES = 0.75  # of the cores: what gains that much is near all that they can give
AT_THE_LIMIT = 1.1  # times the least possible time
TOO_WIDE = 0.5  # an interval of a share that is as wide tells nothing of it
ABOVE = 1.1  # times as fast as the law has it
BUSY = 0.9  # of one core, all the time: whose one thread computes that much does little else

CORES = "the cores"
GIL = "the GIL: one thread computes at a time"
NEVER_WAITS = "one thread, whose tasks never wait"
OWN_COST = "its own cost per item"


class CurveKey(NamedTuple):
    """What tells the curve of a strategy, over its worker counts, from others."""

    workload: str
    host: str
    strategy: str
    options: str
    interpreter: str


CURVE = list(CurveKey._fields)


@dataclass(frozen=True)
class Curve:
    """The good samples of a strategy with all of its worker counts, and those of `one_by_one` beside it."""

    key: CurveKey
    samples: pd.DataFrame
    one_by_one: pd.DataFrame
    bound: str

    @cached_property
    def points(self) -> Points:
        return _points(self.samples)

    @cached_property
    def law(self) -> Law | None:
        """The law through its points, if one fits."""
        law = laws.best(self.points)
        return law if law is not None and law.fits else None

    @property
    def strategy(self) -> Strategy | None:
        """What is known of the strategy; None if it was measured elsewhere."""
        return kind_of(self.key.workload).strategies().get(self.key.strategy)

    @property
    def cores(self) -> int | None:
        known = self.samples["cores"].dropna()
        return None if known.empty else int(known.max())

    @property
    def fastest(self) -> pd.DataFrame:
        """The samples of the rung that took least time."""
        points = self.points
        return self.samples[self.samples["workers"] == points.workers[points.logs.argmin()]]

    @property
    def gain(self) -> float:
        """How many times as fast as one by one it gets; nan where one by one failed."""
        if self.one_by_one.empty:
            return np.nan
        return float(np.exp(_points(self.one_by_one).logs[0] - self.points.logs.min()))


def _points(samples: pd.DataFrame) -> Points:
    return Points.of(samples["workers"].to_numpy(dtype=float), samples["wall_s"].to_numpy(dtype=float))


def counted(timings: pd.DataFrame) -> pd.DataFrame:
    """The good samples that tell how a strategy scales: those of screening, too; no warm-up and no A/A duplicate."""
    timings = as_timings(timings)
    return timings[are_good(timings) & ~timings["warm_up"].fillna(False) & ~timings["control"].fillna(False)]


def curves(timings: pd.DataFrame) -> Iterator[Curve]:
    """Of each strategy, its options and interpreter, on each host; not of one by one, nor of algorithms."""
    for (workload, host), block in counted(timings).groupby(BLOCK, sort=True):
        bound, apart = bound_of(block, workload), {BASELINE, *kind_of(workload).algorithms()}
        for (strategy, options, interpreter), samples in block.groupby(CURVE[len(BLOCK) :], sort=True):
            if strategy not in apart:
                beside = block[(block["strategy"] == BASELINE) & (block["interpreter"] == interpreter)]
                yield Curve(CurveKey(workload, host, strategy, options, interpreter), samples, beside, bound)


def fit(timings: pd.DataFrame) -> pd.DataFrame:
    """One row per strategy, options, interpreter, workload and host, with the columns of scaling.csv.

    `timings` has the columns of timings.csv, in any order of rows. `law` is `usl` or `capped` (see `laws`), empty with
    fewer than five rungs and where neither fits; then `residual` alone tells how far the nearer of them is off.
    """
    rows = [_row(curve) for curve in curves(timings)]
    return pd.DataFrame(rows, columns=list(SCALING)).astype(SCALING)


def _row(curve: Curve) -> dict[str, Any]:
    points, nearer, law = curve.points, laws.best(curve.points), curve.law
    row = {**curve.key._asdict(), "rungs": len(points.workers), "law": "", "limit": limit(curve)}
    if curve.bound == "cpu":
        row |= dict(zip(effect_columns("serial"), _serial(curve), strict=True))
    if nearer is not None:
        row["residual"] = nearer.residual
    if law is None:
        return row
    items = curve.samples["items"].dropna().astype(float).median()  # nan where an older table does not tell
    row |= {"law": law.name, "items_per_s": items / law.one_worker_s}
    # More workers than items are none; and a ceiling that some rung is above is that of its neighbours, as where each
    # worker takes two items, and twice as many workers would take one.
    best = float(points.workers[points.logs.argmin()])
    is_above = law.name == "capped" and float(points.logs.min()) < np.log(law.times(np.array([best]))[0][0] / ABOVE)
    row["knee"] = np.nan if law.knee > items or is_above else law.knee
    if law.name == "capped":
        return row | {"cap_items_per_s": items / law.amounts[1]}
    for name, quantity in (("contention", laws.contention), ("coherence", laws.coherence)):
        row |= dict(zip(effect_columns(name), law.interval(quantity), strict=True))
    return row


def _serial(curve: Curve) -> tuple[float, float, float]:
    """The serial share of computing and its interval, as far as workers have a core each; nan where one rung has that,
    or two of a sample each."""
    within = curve.samples[curve.samples["workers"] <= (curve.cores or 0)]
    if within["workers"].nunique() < 2 or len(within) < 3:
        return np.nan, np.nan, np.nan
    return laws.amdahl(_points(within)).interval(laws.contention)


def limit(curve: Curve) -> str:
    """What keeps the strategy from being faster than it gets, in words; empty where the samples do not show it."""
    if curve.bound == "cpu":
        return _limit_of_computing(curve)
    fastest = curve.fastest.astype({"wall_s": float, "minimum_s": float, "cpu_s": float})
    if (fastest["wall_s"] / fastest["minimum_s"]).median() <= AT_THE_LIMIT:
        return str(next(filter(None, fastest["limit"]), ""))
    one_thread = curve.strategy and curve.strategy.computes_in_one_thread(has_gil(curve.samples))
    if curve.bound == "io" and one_thread and (fastest["cpu_s"] / fastest["wall_s"]).median() >= BUSY:
        return OWN_COST
    return ""


def _limit_of_computing(curve: Curve) -> str:
    strategy, cores, gain = curve.strategy, curve.cores, curve.gain
    if strategy is None:
        return ""
    if strategy.computes_in_one_thread(has_gil(curve.samples)):
        if not gain <= NOTHING_GAINED:  # it gains, so that does not hold it; or it is not known
            return ""
        return GIL if strategy.shares == "gil" else NEVER_WAITS
    tried_them = cores is not None and curve.points.workers[-1] >= cores
    return CORES if tried_them and cores and gain >= ABOUT_THE_CORES * cores else ""


def in_words(row: pd.Series, with_interpreter: bool = False) -> str:
    """A row of scaling.csv as people say it; empty where it says nothing: `asyncio: contention 1.2 % (0.8–1.7 %), best
    near 30 in flight; limited by the server's 4 slots`."""
    law, knee = [], row["knee"]
    if _is_known(row, "contention"):
        law.append(f"contention {_percent(row, 'contention')}")
    if _is_known(row, "serial") and row["limit"] not in (GIL, NEVER_WAITS):
        law.append(f"{_percent(row, 'serial')} serial as far as the cores go")
    if pd.notna(knee):
        units = kind_of(row["workload"]).units_of(row["strategy"])[round(knee) != 1]
        law.append(f"{'best near' if row['law'] == 'usl' else 'nothing gained beyond'} {knee:.0f} {units}")
    said = "; ".join(filter(None, [", ".join(law), f"limited by {row['limit']}" if row["limit"] else ""]))
    where = f" on {row['interpreter']}" if with_interpreter else ""
    return f"{row['strategy']} {row['options']}".strip() + f"{where}: {said}" if said else ""


def _is_known(row: pd.Series, share: str) -> bool:
    """Well enough to be worth a word."""
    _, low, high = (row[column] for column in effect_columns(share))
    return bool(pd.notna(low) and high - low < TOO_WIDE)


def _percent(row: pd.Series, share: str) -> str:
    middle, low, high = (f"{100 * row[column]:.1f}" for column in effect_columns(share))
    return f"{middle} % ({low}–{high} %)"


def one_by_one_s(timings: pd.DataFrame, workload: str) -> "pd.Series[float]":
    """What one by one takes, in seconds, by host and interpreter: the geometric mean of the samples of curves."""
    samples = counted(timings)
    own = samples[(samples["workload"] == workload) & (samples["strategy"] == BASELINE)]
    times: pd.Series[float] = np.exp(
        np.log(own["wall_s"].astype(float)).groupby([own["host"], own["interpreter"]]).mean()
    )
    return times


def screened(timings: pd.DataFrame, workload: str, reference: str | None = None) -> pd.DataFrame:
    """The rungs of screening, one row each: the columns that tell an arm, `host` and `gain`, the median over samples.

    A sample's gain is over one by one in its own round, or else over the median of one by one wherever it was measured;
    on the interpreter `reference`, or else on its own. Where that failed, the gain is empty.
    """
    samples = counted(timings)
    samples = samples[samples["workload"] == workload].astype({"wall_s": float})
    found = samples[samples["screening"].fillna(False)].assign(against=lambda own: reference or own["interpreter"])
    one_by_one = samples[samples["strategy"] == BASELINE].rename(columns={"interpreter": "against"})
    place = ["host", "against"]
    within = one_by_one[one_by_one["screening"].fillna(False)].groupby([*place, "round"])["wall_s"].median()
    anywhere = one_by_one.groupby(place)["wall_s"].median()
    found = found.join(within.rename("within"), on=[*place, "round"]).join(anywhere.rename("anywhere"), on=place)
    found["gain"] = found["within"].fillna(found["anywhere"]) / found["wall_s"]
    return found.groupby([*CURVE, "workers"], sort=True)["gain"].median().reset_index()
