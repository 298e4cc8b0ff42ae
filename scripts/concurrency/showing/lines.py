"""What the plots of a workload share: which arms they show, and lines against the number of workers."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from concurrency.deciding.names import ONE_BY_ONE
from concurrency.deciding.scaling import CURVE, CurveKey
from concurrency.showing.style import INK, look
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of

LINE_STYLES = ["-", "--", ":", "-."]
LABELLED_COUNTS = 12  # as many numbers fit side by side below half a figure
LONG = 36  # letters of an axis' name, beyond which it would be wider than a narrow picture
NAMED = 6  # lines whose names find room beside them


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
    """One per curve, by the look of its strategy; what else tells curves of a strategy apart is in the dashes. With
    `in_panels`, where the panel names the interpreter, the key does not."""
    groups = [(CurveKey(*key), own) for key, own in arms.sort_values("workers").groupby(CURVE, sort=True)]
    alike: dict[str, list[tuple[str, ...]]] = {}  # what tells the curves of a strategy apart
    interpreters = [] if in_panels else sorted(arms["interpreter"].unique())
    for key, own in groups:
        name = ONE_BY_ONE if key.strategy == BASELINE else key.strategy
        label = f"{name} {key.options}".strip() + (f" on {key.host}" if arms["host"].nunique() > 1 else "")
        label += f" on {key.interpreter}" if len(interpreters) > 1 else ""
        apart = key.options, key.host, key.interpreter if interpreters else ""
        others = alike.setdefault(key.strategy, [])
        if apart not in others:
            others.append(apart)
        colour, marker = look(key.strategy)
        dashes = LINE_STYLES[others.index(apart) % len(LINE_STYLES)]
        yield Line(key, own, {"marker": marker, "color": colour, "linestyle": dashes, "label": label})


def height(arms: pd.DataFrame) -> float:
    """Inches that leave room for a key with a line per strategy."""
    return max(4.4, 1.2 + 0.22 * len(list(lines(arms))))


def name_ends(
    axes: Axes, drawn: Sequence[Line], names: Sequence[str], ends: Sequence[tuple[float, float]], apart: float
) -> None:
    """Mark and name of each line right of the panel, at the height at which the line ends, as far as they do not come
    closer than `apart`, a share of the panel's height; `ends` are in data coordinates. What ends far from there, is
    only named."""
    to_axes = (axes.transData + axes.transAxes.inverted()).transform
    heights = _spread([float(to_axes(end)[1]) for end in ends], apart)
    last = max((x for x, _ in ends), default=0)
    for line, name, (x, end), y in zip(drawn, names, ends, heights, strict=True):
        colour, marker = line.style["color"], line.style["marker"]
        axes.plot(1.07, y, marker, color=colour, markersize=5, transform=axes.transAxes, clip_on=False)
        axes.text(1.09, y, name, transform=axes.transAxes, va="center", fontsize=9, color=INK)
        if x == last:
            leader = {"arrowstyle": "-", "color": colour, "linewidth": 1, "shrinkA": 3, "shrinkB": 5}
            axes.annotate("", (x, end), (1.065, y), textcoords="axes fraction", arrowprops=leader)


def _spread(heights: Sequence[float], apart: float) -> list[float]:
    """`heights` between 0 and 1, moved as little as keeps them `apart`."""
    order = np.argsort(heights, kind="stable")
    spread = np.array(heights, dtype=float)[order]
    for i in range(1, len(spread)):
        spread[i] = max(spread[i], spread[i - 1] + apart)
    spread[-1:] = np.minimum(spread[-1:], 1)
    for i in range(len(spread) - 2, -1, -1):
        spread[i] = min(spread[i], spread[i + 1] - apart)
    placed = np.empty(len(spread))
    placed[order] = spread
    return [float(height) for height in placed]


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
    axes.set_xlabel(axis_name(workload, set(arms["strategy"])))


def axis_name(workload: str, strategies: set[str]) -> str:
    """What the number of workers of those strategies is called, on a log axis; in two lines where it is long."""
    name = kind_of(workload).axis_of(strategies)
    return f"{name}{' ' if len(name) < LONG else chr(10)}(log scale)"
