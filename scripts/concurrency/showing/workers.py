"""The plot `workers`: how many times as fast with more workers, beside the ideal, and the law through the points."""

import math
from collections.abc import Iterator, Mapping, Sequence, Sized
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from concurrency.deciding.names import arm_name
from concurrency.deciding.scaling import CURVE, CurveKey
from concurrency.deciding.tables import ArmKey
from concurrency.showing.gains import Gains, gains
from concurrency.showing.lines import (
    LABELLED_COUNTS,
    Line,
    competing,
    height,
    lines,
    several_interpreters,
    workers_axis,
)
from concurrency.showing.style import OTHER, SAMPLE, STYLE
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of

PANELS_ABREAST = 3
MULTIPLES_ABREAST = 4
LINES_IN_A_PANEL = 6  # more of them cross too often to be followed: each gets a panel of its own
LABEL = 0.12  # of a panel's height: two lines of text
KEY_INCHES = 0.6
INK = "#1a1a1a"
RING = {
    "marker": "o",
    "markersize": 15,
    "markerfacecolor": "none",
    "color": "#000000",
    "markeredgewidth": 1.4,
    "ls": "",
}
COUNTED, SCREENED, LAW, LEVEL, IDEAL = (
    "measured, with its 95 % interval",
    "tried in screening",
    "law, with its 95 % band",
    "one by one",
    "ideal",
)


def draw(
    timings: pd.DataFrame, summary: pd.DataFrame, workload: str, answer: Mapping[str, Any] = MappingProxyType({})
) -> Figure:
    """Gain over one by one against the number of workers, both on log axes, with the ideal: twice the workers, twice
    the speed, a straight line.

    All rungs are points, those only screened hollow; through them goes the law, where one fits. The arm that the
    `answer` (of verdict.json) recommends has a ring. A few strategies share a panel, many have one each. Several
    interpreters get a panel each, all against the fastest one by one of them all, so that panels compare.
    """
    finalists = competing(summary, workload)
    several = several_interpreters(finalists)
    shown = gains(timings, finalists, workload, answer, several)
    with rc_context(STYLE):
        drawn = list(lines(shown.arms, in_panels=several))
        if several:
            layout, inches = _by_interpreter, max(_inches(shown.interpreters, 3.3, PANELS_ABREAST), height(shown.arms))
        elif _is_crowded(shown.arms):
            layout, inches = _by_strategy, _inches(drawn, 2.2, MULTIPLES_ABREAST)
        else:
            layout, inches = _in_one, height(shown.arms)
        figure = Figure(figsize=(10, inches + KEY_INCHES), layout="constrained")
        above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[inches, KEY_INCHES]).ravel()
        above.suptitle(f"{kind_of(workload).title}: how many workers?", fontsize=12)
        layout(above, shown, drawn)
        _key(below, shown)
    return figure


def _is_crowded(arms: pd.DataFrame) -> bool:
    """Whether there are many strategies, most of them with a curve to be followed."""
    rungs = arms.groupby(CURVE).size()
    return len(rungs) > LINES_IN_A_PANEL and bool((rungs > 2).mean() > 0.5)


def _inches(panels: Sized, each: float, abreast: int) -> float:
    return each * max(1, math.ceil(len(panels) / abreast)) + 0.7


def _in_one(figure: SubFigure, shown: Gains, drawn: Sequence[Line]) -> None:
    """All strategies in one panel: a few are named where their lines end, many in a key."""
    axes = figure.subplots()
    _panel(axes, shown, drawn, shown.level, LABELLED_COUNTS)
    axes.set_ylabel("times as fast as one by one")
    if len(drawn) <= LINES_IN_A_PANEL:
        _name_ends(axes, shown, drawn)
    else:
        figure.legend(*_names(drawn), loc="outside right center")


def _by_strategy(figure: SubFigure, shown: Gains, drawn: Sequence[Line]) -> None:
    """A panel per strategy, with all the others behind it in grey."""
    for axes, line in zip(_panels(figure, len(drawn), MULTIPLES_ABREAST), drawn, strict=True):
        for other in drawn:
            axes.plot(other.workers, other.arms["gain"].astype(float), color="#dddddd", linewidth=0.8, zorder=1)
        _panel(axes, shown, [line], shown.level, LABELLED_COUNTS // 2)
        limit = shown.limit(line.key)
        axes.set_title(line.style["label"], fontsize=9.5, loc="left", pad=16 if limit else 6)
        axes.text(0, 1.02, limit, transform=axes.transAxes, fontsize=7.5, color=OTHER)
        axes.set_xlabel("")
    _name_axes(figure, shown, "times as fast as one by one")


def _by_interpreter(figure: SubFigure, shown: Gains, drawn: Sequence[Line]) -> None:
    """A panel per interpreter."""
    count = len(shown.interpreters)
    for axes, interpreter in zip(_panels(figure, count, PANELS_ABREAST), shown.interpreters, strict=True):
        own = [line for line in drawn if line.key.interpreter == interpreter]
        _panel(axes, shown, own, shown.levels.get(interpreter), LABELLED_COUNTS // min(count, PANELS_ABREAST))
        axes.set_title(interpreter, fontsize=10.5)
        axes.set_xlabel("")
    _name_axes(figure, shown, "times as fast as the fastest one by one")
    figure.legend(*_names(drawn), loc="outside right center")


def _panels(figure: SubFigure, count: int, abreast: int) -> list[Axes]:
    """So many panels on common axes; those that are left over are taken away."""
    across = min(count, abreast)
    panels = list(figure.subplots(math.ceil(count / across), across, sharex=True, sharey=True, squeeze=False).ravel())
    for axes in panels[count:]:
        axes.set_visible(False)
    for axes in panels[count - across : count]:  # the last of each column, below which none is left
        axes.tick_params(labelbottom=True)
    return panels[:count]


def _name_axes(figure: SubFigure, shown: Gains, gain: str) -> None:
    figure.supxlabel(f"{kind_of(shown.workload).axis_of(set(shown.arms['strategy']))} (log scale)", fontsize=10)
    figure.supylabel(gain, fontsize=10)


def _panel(axes: Axes, shown: Gains, drawn: Sequence[Line], level: float | None, labelled: int) -> None:
    """One by one and the ideal, which is a multiple of it, and lines."""
    workers_axis(axes, shown.counts, shown.workload, shown.arms, labelled)
    low, high = shown.range
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator(list(_plain(low, high))))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylim(low, high)
    if level is not None:
        every = np.geomspace(1, shown.counts[-1], 200)
        ideal = level * np.minimum(every, shown.cores or shown.counts[-1])
        axes.plot(every, ideal, color="#000000", linestyle="--", linewidth=1)
        axes.axhline(level, color="#000000", linewidth=1, linestyle=":")
    for line in drawn:
        _draw_line(axes, shown, line)
    for host, arm in shown.recommended.items():
        _ring(axes, drawn, host, arm, level)


def _plain(low: float, high: float) -> Iterator[float]:
    """1, 2, 5, 10, … between; more of them where these would be few."""
    steps = (1, 2, 5) if high / low > 8 else (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        yield from (step * 10.0**power for step in steps if low <= step * 10.0**power <= high)


def _draw_line(axes: Axes, shown: Gains, line: Line) -> None:
    """The law, or else what joins the points; and the points."""
    marker, colour = line.style["marker"], line.style["color"]
    every = np.geomspace(line.workers.min(), line.workers.max(), 100)
    law = shown.law(line.key, every)
    gain = line.arms["gain"].astype(float)
    if law is None:
        axes.plot(line.workers, gain, color=colour, linewidth=1, alpha=0.6)
    else:
        middle, low, high = law
        axes.plot(every, middle, color=colour, linewidth=1.8)
        axes.fill_between(every, low, high, color=colour, alpha=0.18, linewidth=0)
    screened = line.arms["screened"].astype(bool)
    hollow = {"color": colour, "marker": marker, "linestyle": "", "markerfacecolor": "white", "markersize": 5}
    axes.plot(line.workers[screened], gain[screened], **hollow)
    bounds = line.arms.loc[~screened, ["low", "high"]].astype(float)
    error = [gain[~screened] - bounds["low"], bounds["high"] - gain[~screened]]
    axes.errorbar(
        line.workers[~screened], gain[~screened], yerr=error, marker=marker, color=colour, linestyle="", capsize=3
    )


def _ring(axes: Axes, drawn: Sequence[Line], host: str, arm: ArmKey, level: float | None) -> None:
    """Around the recommended arm, if it is here."""
    ring: dict[str, Any] = RING | {"zorder": 5}
    if (
        arm.strategy == BASELINE
        and level is not None
        and any(line.key.interpreter == arm.interpreter for line in drawn)
    ):
        axes.plot(1, level, **ring)
    for line in drawn:
        if line.key[1:] == (host, arm.strategy, arm.options, arm.interpreter):
            at = line.arms[line.arms["workers"] == arm.workers]
            axes.plot(at["workers"].astype(float), at["gain"].astype(float), **ring)


def _name_ends(axes: Axes, shown: Gains, drawn: Sequence[Line]) -> None:
    """The name of each line, and what limits it, right of the panel at the height at which it ends, as far as they do
    not come too close."""
    low, high = (math.log(bound) for bound in shown.range)
    ends = [(float(line.arms["gain"].iloc[-1]), line) for line in drawn]
    heights = _spread([(math.log(gain) - low) / (high - low) for gain, _ in ends], LABEL)
    for (gain, line), y in zip(ends, heights, strict=True):
        name = "\n".join(filter(None, [line.style["label"], shown.limit(line.key)]))
        axes.text(1.05, y, name, transform=axes.transAxes, va="center", fontsize=9, color=INK)
        far = line.workers.iloc[-1] < shown.counts[-1]  # across the panel: it must not look like a line of its own
        leader = {"arrowstyle": "-", "color": line.style["color"], "linewidth": 1, "shrinkA": 0, "shrinkB": 5}
        leader |= {"linestyle": ":", "alpha": 0.5} if far else {}
        axes.annotate("", (line.workers.iloc[-1], gain), (1.045, y), textcoords="axes fraction", arrowprops=leader)


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


def _names(drawn: Sequence[Line]) -> tuple[list[Line2D], list[str]]:
    """The key of strategies: each once, the one that ends highest first."""
    highest = sorted(drawn, key=lambda line: -float(line.arms["gain"].iloc[-1]))
    styles = {line.style["label"]: line.style for line in highest}
    return [Line2D([], [], **style) for style in styles.values()], list(styles)


def _key(figure: SubFigure, shown: Gains) -> None:
    """What the marks stand for, below; only those that are there."""
    grey = {"color": SAMPLE, "marker": "o", "linestyle": ""}
    screened = shown.arms["screened"].astype(bool)
    has_law = any(shown.law(CurveKey(*key), np.ones(1)) is not None for key, _ in shown.arms.groupby(CURVE))
    recommended = [arm_name(shown.workload, arm, bool(shown.reference)) for arm in shown.recommended.values()]
    marks: list[tuple[str, bool, dict[str, Any]]] = [
        (IDEAL, True, {"color": "#000000", "linestyle": "--", "linewidth": 1}),
        (LEVEL, True, {"color": "#000000", "linestyle": ":", "linewidth": 1}),
        (COUNTED, shown.arms.loc[~screened, "low"].notna().any(), grey),
        (SCREENED, screened.any(), grey | {"markerfacecolor": "white"}),
        (LAW, has_law, {"color": SAMPLE, "linewidth": 1.8}),
        (f"recommended: {' and '.join(dict.fromkeys(recommended))}", bool(recommended), RING | {"markersize": 10}),
    ]
    there = [(label, look) for label, is_there, look in marks if is_there]
    handles = [Line2D([], [], **look) for _, look in there]
    figure.legend(handles, [label for label, _ in there], loc="center", ncols=3, fontsize=8.5)
