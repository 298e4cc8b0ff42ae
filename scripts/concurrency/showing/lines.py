"""What the plots of a workload share: which arms they show, and lines against the number of workers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from concurrency.deciding.scaling import CURVE, CurveKey
from concurrency.showing.style import COLOURS
from concurrency.workloads.known import kind_of

MARKERS = "osD^vP*X<>"
LINE_STYLES = ["-", "--", ":", "-."]
LABELLED_COUNTS = 12  # as many numbers fit side by side below half a figure


def competing(table: pd.DataFrame, workload: str) -> pd.DataFrame:
    """The rows of `workload` whose arms compete; algorithms are shown apart, in the report."""
    return table[(table["workload"] == workload) & ~table["strategy"].isin(kind_of(workload).algorithms())]


def several_interpreters(arms: pd.DataFrame) -> bool:
    """Whether arms of several interpreters are compared with each other."""
    return bool(arms["versus_sequential"].notna().any())


@dataclass(frozen=True)
class Line:
    """The arms of a curve by their workers, and how their line looks."""

    key: CurveKey
    arms: pd.DataFrame
    style: dict[str, Any]

    @property
    def workers(self) -> pd.Series:
        return self.arms["workers"].astype(float)


def lines(arms: pd.DataFrame, in_panels: bool = False) -> Iterator[Line]:
    """One per strategy, which looks the same under every interpreter; `in_panels`, where the panel names that, the key
    does not."""
    groups = [(CurveKey(*key), own) for key, own in arms.sort_values("workers").groupby(CURVE, sort=True)]
    names = list(dict.fromkeys((key.strategy, key.options, key.host) for key, _ in groups))
    interpreters = [] if in_panels else sorted(arms["interpreter"].unique())
    for key, own in groups:
        i = names.index((key.strategy, key.options, key.host))
        label = f"{key.strategy} {key.options}".strip() + (f" on {key.host}" if arms["host"].nunique() > 1 else "")
        style = {"marker": MARKERS[i % len(MARKERS)], "color": COLOURS[i % len(COLOURS)], "label": label}
        if len(interpreters) > 1:
            style["label"] += f" on {key.interpreter}"
            style["linestyle"] = LINE_STYLES[interpreters.index(key.interpreter) % len(LINE_STYLES)]
        yield Line(key, own, style)


def height(arms: pd.DataFrame) -> float:
    """Inches that leave room for a key with a line per strategy."""
    return max(4.4, 1.2 + 0.22 * len(list(lines(arms))))


def workers_axis(
    axes: Axes, counts: list[int], workload: str, arms: pd.DataFrame, labelled_counts: int = LABELLED_COUNTS
) -> None:
    """The `counts` of workers of the `arms` of a workload, and what these are called; room for so many labels."""
    axes.set_xscale("log", base=2)
    gap = math.log2(counts[-1] / counts[0]) / labelled_counts
    labelled = [counts[-1]]
    for count in reversed(counts[:-1]):  # those too close to the next one above get no label
        if math.log2(labelled[-1] / count) >= gap:
            labelled.append(count)
    axes.set_xticks(labelled, [str(n) for n in labelled])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(counts[0] / 1.15, counts[-1] * 1.15)
    axes.set_xlabel(f"{kind_of(workload).axis_of(set(arms['strategy']))} (log scale)")
