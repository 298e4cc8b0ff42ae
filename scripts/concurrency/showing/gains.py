"""What the plot `workers` shows: the gain over one by one of every rung, and by the law."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from concurrency.deciding import scaling
from concurrency.deciding.blocks import bound_of
from concurrency.deciding.scaling import CURVE, Curve, CurveKey
from concurrency.deciding.tables import ARM, ArmKey
from concurrency.showing.lines import competing
from concurrency.strategies._catalogue import BASELINE

BEYOND = 2.0  # times: so far an interval may stick out of all gains


@dataclass(frozen=True)
class Gains:
    """What there is to draw: `arms` but those of one by one, a row per rung, with `gain`, its bounds `low` and `high`
    and whether it was `screened` only; `levels` of one by one by interpreter; `recommended` arms by host."""

    workload: str
    arms: pd.DataFrame
    levels: Mapping[str, float]
    curves: Mapping[CurveKey, Curve]
    seconds: "pd.Series[float]"
    reference: str | None
    recommended: Mapping[str, ArmKey]
    cores: int | None

    @property
    def counts(self) -> list[int]:
        return sorted({1, *self.arms["workers"].astype(int)})

    @property
    def range(self) -> tuple[float, float]:
        """The least and the highest gain to be seen; what goes far beyond them is cut off, be it the line of twice as
        fast with twice the workers, or the interval of few rounds."""
        gains = [1.0, *self.levels.values(), *self.arms["gain"].astype(float)]
        low, high = float(np.nanmin(gains)), float(np.nanmax(gains))
        bounds = self.arms[["low", "high"]].to_numpy(dtype=float)
        lowest, highest = (float(find([*gains, *bounds.ravel()])) for find in (np.nanmin, np.nanmax))
        return 0.8 * max(lowest, low / BEYOND), 1.3 * min(highest, high * BEYOND)

    @property
    def level(self) -> float:
        """That of one by one, where there is but one interpreter; 1 where it failed."""
        return max(self.levels.values(), default=1.0)

    @property
    def interpreters(self) -> list[str]:
        return sorted({*self.arms["interpreter"], *self.levels})

    def law(self, key: CurveKey, workers: "np.ndarray[Any, Any]") -> tuple[Any, Any, Any] | None:
        """Gain by the law, with its bounds; None where no law fits."""
        curve = self.curves.get(key)
        against = (key.host, self.reference or key.interpreter)
        if curve is None or curve.law is None or against not in self.seconds.index:
            return None
        middle, low, high = (self.seconds[against] / times for times in curve.law.times(workers))
        return middle, high, low

    def limit(self, key: CurveKey) -> str:
        curve = self.curves.get(key)
        said = scaling.limit(curve) if curve else ""
        return f"limited by {said}" if said else ""


def gains(
    timings: pd.DataFrame, finalists: pd.DataFrame, workload: str, answer: Mapping[str, Any], several: bool
) -> Gains:
    gain = "versus_sequential" if several else "speedup"
    finalists = finalists[finalists[gain].notna()]
    one_by_one = finalists[finalists["strategy"] == BASELINE]
    reference = one_by_one.loc[one_by_one[gain].astype(float).idxmax(), "interpreter"] if several else None
    counted = finalists.rename(columns={gain: "gain", f"{gain}_low": "low", f"{gain}_high": "high"}).assign(only=False)
    screened = competing(scaling.screened(timings, workload, reference), workload).assign(only=True)
    arms = pd.concat([counted, screened.reindex(columns=counted.columns)]).drop_duplicates([*CURVE, "workers"])
    arms = arms[(arms["strategy"] != BASELINE) & arms["gain"].notna()]
    own = timings[timings["workload"] == workload]
    answers = answer.get("hosts") or {answer.get("host", ""): answer}
    known = own["cores"].dropna()
    return Gains(
        workload=workload,
        arms=arms.rename(columns={"only": "screened"}),
        levels=dict(zip(one_by_one["interpreter"], one_by_one[gain].astype(float), strict=True)),
        curves={curve.key: curve for curve in scaling.curves(own)},
        seconds=scaling.one_by_one_s(own, workload),
        reference=reference,
        recommended={host: ArmKey(*(of[name] for name in ARM)) for host, of in answers.items() if "strategy" in of},
        cores=int(known.max()) if len(known) and bound_of(own, workload) == "cpu" else None,
    )
