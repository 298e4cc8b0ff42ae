"""What the plots of a workload share: which arms they show, and lines against the number of workers."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

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
    """The arms of a strategy by their workers: where they stand on the x axis, and how their line looks."""

    arms: pd.DataFrame
    interpreter: str
    x: pd.Series
    style: dict[str, Any]


def lines(arms: pd.DataFrame, in_panels: bool = False) -> Iterator[Line]:
    """One per strategy, which looks the same under every interpreter; `in_panels`, where the panel names that, the key
    does not."""
    groups = list(arms.sort_values("workers").groupby(["strategy", "options", "host", "interpreter"], sort=True))
    names = list(dict.fromkeys(name[:3] for name, _ in groups))
    interpreters = sorted(arms["interpreter"].unique()) if several_interpreters(arms) and not in_panels else []
    for (strategy, options, host, interpreter), own in groups:
        i = names.index((strategy, options, host))
        # arms with the same worker count stand side by side, not on top of each other, and all inside the axis
        shift = 1 + min(0.03, 0.24 / len(names)) * (i - (len(names) - 1) / 2)
        label = f"{strategy} {options}".strip() + (f" on {host}" if arms["host"].nunique() > 1 else "")
        style = {"marker": MARKERS[i % len(MARKERS)], "color": COLOURS[i % len(COLOURS)], "label": label}
        if interpreters:
            style["label"] += f" on {interpreter}"
            style["linestyle"] = LINE_STYLES[interpreters.index(interpreter) % len(LINE_STYLES)]
        yield Line(own, interpreter, own["workers"].astype(float) * shift, style)


def height(arms: pd.DataFrame) -> float:
    """Inches that leave room for a key with a line per strategy."""
    return max(4.4, 1.2 + 0.22 * len(list(lines(arms))))


def workers_axis(axes: Axes, counts: list[int], workload: str, arms: pd.DataFrame) -> None:
    """The `counts` of workers of the `arms` of a workload, and what these are called."""
    axes.set_xscale("log", base=2)
    gap = math.log2(counts[-1] / counts[0]) / LABELLED_COUNTS
    labelled = [counts[-1]]
    for count in reversed(counts[:-1]):  # those too close to the next one above get no label
        if math.log2(labelled[-1] / count) >= gap:
            labelled.append(count)
    axes.set_xticks(labelled, [str(n) for n in labelled])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(counts[0] / 1.15, counts[-1] * 1.15)
    axes.set_xlabel(f"{kind_of(workload).axis_of(set(arms['strategy']))} (log scale)")
