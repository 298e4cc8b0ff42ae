"""The plot `workers`: how many times as fast with more workers, beside the ideal, and the law through the points."""

import math
from collections.abc import Iterator, Mapping, Sequence, Sized
from textwrap import fill, wrap
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
    NAMED,
    Line,
    axis_name,
    competing,
    height,
    lines,
    name_ends,
    several_interpreters,
    workers_axis,
)
from concurrency.showing.style import DIM, GREY, GRID, INK, PAPER, STYLE, WIDE, subject, title
from concurrency.strategies._catalogue import BASELINE

PANELS_ABREAST = {True: 3, False: 1}  # by whether there is room
MULTIPLES_ABREAST = {True: 4, False: 2}
LINES_IN_A_PANEL = NAMED  # more of them cross too often to be followed: each gets a panel of its own
LABEL = 0.12  # of a panel's height: two lines of text
LINE_INCHES = 0.21  # of a key
LETTERS, SMALL_LETTERS = 26, 28  # that find room above a panel of many
KEY_LETTERS = 46  # in a line of the key
RING = {"marker": "o", "markersize": 15, "markerfacecolor": "none", "color": INK, "markeredgewidth": 1.4, "ls": ""}
COUNTED, SCREENED, LAW, LEVEL, IDEAL = (
    "measured, with its 95 % interval",
    "tried in screening",
    "law, with its 95 % band",
    "one by one",
    "twice the workers, twice as fast",
)


def draw(
    timings: pd.DataFrame,
    summary: pd.DataFrame,
    workload: str,
    answer: Mapping[str, Any] = MappingProxyType({}),
    width: float = WIDE,
) -> Figure:
    """Gain over one by one against the number of workers, both on log axes, with a line on which twice the workers are
    twice as fast, as far as there are cores for those that compute.

    All rungs are points, those only screened hollow; through them goes the law, where one fits. The arm that the
    `answer` (of verdict.json) recommends has a ring. A few strategies share a panel, many have one each. Several
    interpreters get a panel each, all against the fastest one by one of them all, so that panels compare. `width` is in
    inches.
    """
    finalists = competing(summary, workload)
    several = several_interpreters(finalists)
    shown = gains(timings, finalists, workload, answer, several)
    is_wide = width == WIDE
    with rc_context(STYLE):
        drawn = list(lines(shown.arms, in_panels=several))
        if several:
            layout, inches = _by_interpreter, _inches(shown.interpreters, 3.3, PANELS_ABREAST[is_wide])
        elif _is_crowded(shown.arms):
            layout, inches = _by_strategy, _inches(drawn, 2.2, MULTIPLES_ABREAST[is_wide])
        else:
            layout, inches = _in_one, height(shown.arms)
        marks = _marks(shown)
        named = (
            [] if layout is _by_strategy or (layout is _in_one and is_wide and len(drawn) <= NAMED) else _names(drawn)
        )
        columns = 3 if is_wide else 1
        rows = math.ceil(len(named) / columns) + math.ceil(len(marks) / columns) + 1
        key_inches = 0.15 + LINE_INCHES * rows
        figure = Figure(figsize=(width, inches + key_inches), layout="constrained")
        above, below = figure.subfigures(2, 1, squeeze=False, height_ratios=[inches, key_inches]).ravel()
        title(above, f"{subject(workload)}: how many workers?")
        layout(above, shown, drawn, is_wide)
        for handles, place in (
            ((named, "upper left"), (marks, "lower left")) if is_wide else ((named + marks, "lower left"),)
        ):
            below.legend(handles=handles, loc=place, ncols=columns, fontsize=8.5, borderaxespad=0)
    return figure


def _is_crowded(arms: pd.DataFrame) -> bool:
    """Whether there are many strategies, most of them with a curve to be followed."""
    rungs = arms.groupby(CURVE).size()
    return len(rungs) > LINES_IN_A_PANEL and bool((rungs > 2).mean() > 0.5)


def _inches(panels: Sized, each: float, abreast: int) -> float:
    return each * max(1, math.ceil(len(panels) / abreast)) + 0.7


def _in_one(figure: SubFigure, shown: Gains, drawn: Sequence[Line], is_wide: bool) -> None:
    """All strategies in one panel: a few are named where their lines end, if there is room."""
    axes = figure.subplots()
    _panel(axes, shown, drawn, shown.level, LABELLED_COUNTS if is_wide else LABELLED_COUNTS // 2)
    axes.set_ylabel("times as fast as one by one")
    if is_wide and len(drawn) <= NAMED:
        _name_ends(axes, shown, drawn)


def _by_strategy(figure: SubFigure, shown: Gains, drawn: Sequence[Line], is_wide: bool) -> None:
    """A panel per strategy, with all the others behind it in grey."""
    # All others are one broken line, which keeps the picture small.
    everyone = [
        np.concatenate([[*values, np.nan] for values in axis]) for axis in zip(*map(_points, drawn), strict=True)
    ]
    for axes, line in zip(_panels(figure, len(drawn), MULTIPLES_ABREAST[is_wide]), drawn, strict=True):
        axes.plot(*everyone, color=GRID, linewidth=0.8, zorder=1)
        _panel(axes, shown, [line], shown.level, LABELLED_COUNTS // 2)
        limit = wrap(shown.limit(line.key), SMALL_LETTERS)
        heading = "\n".join(wrap(line.style["label"], LETTERS, break_long_words=False))
        axes.set_title(heading, fontsize=9.5, loc="left", pad=5 + 11 * len(limit))
        axes.text(0, 1.02, "\n".join(limit), transform=axes.transAxes, fontsize=8, color=DIM)
        axes.set_xlabel("")
    _name_axes(figure, shown, "times as fast as one by one")


def _points(line: Line) -> "tuple[pd.Series[float], pd.Series[float]]":
    return line.workers, line.arms["gain"].astype(float)


def _by_interpreter(figure: SubFigure, shown: Gains, drawn: Sequence[Line], is_wide: bool) -> None:
    """A panel per interpreter."""
    count, abreast = len(shown.interpreters), PANELS_ABREAST[is_wide]
    labelled = LABELLED_COUNTS // (min(count, abreast) if is_wide else 2)
    for axes, interpreter in zip(_panels(figure, count, abreast), shown.interpreters, strict=True):
        own = [line for line in drawn if line.key.interpreter == interpreter]
        _panel(axes, shown, own, shown.levels.get(interpreter), labelled)
        axes.set_title(interpreter, fontsize=10.5)
        axes.set_xlabel("")
    _name_axes(figure, shown, "times as fast as the fastest one by one")


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
    figure.supxlabel(axis_name(shown.workload, set(shown.arms["strategy"])), fontsize=10)
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
        most = shown.counts[-1]
        corners = np.array([1, min(shown.cores or most, most), most])
        axes.plot(corners, level * np.minimum(corners, corners[1]), color=INK, linestyle="--", linewidth=1)
        axes.axhline(level, color=INK, linewidth=1, linestyle=":")
    for line in drawn:
        _draw_line(axes, shown, line)
    for host, arm in shown.recommended.items():
        _ring(axes, drawn, host, arm, level)


def _plain(low: float, high: float) -> Iterator[float]:
    """1, 2, 5, 10, … between; more of them where these would be few, and tens alone where they would be many."""
    steps = (1,) if high / low > 200 else (1, 2, 5) if high / low > 8 else (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)
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
    hollow = {"color": colour, "marker": marker, "linestyle": "", "markerfacecolor": PAPER, "markersize": 5}
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
    """The name of each line, and what limits it, where it ends."""
    name_ends(
        axes,
        drawn,
        names=["\n".join(filter(None, [line.style["label"], shown.limit(line.key)])) for line in drawn],
        ends=[(float(line.workers.iloc[-1]), float(line.arms["gain"].iloc[-1])) for line in drawn],
        apart=LABEL,
    )


def _names(drawn: Sequence[Line]) -> list[Line2D]:
    """The key of strategies: each once, the one that ends highest first."""
    highest = sorted(drawn, key=lambda line: -float(line.arms["gain"].iloc[-1]))
    styles = {line.style["label"]: line.style for line in highest}
    return [Line2D([], [], **style) for style in styles.values()]


def _marks(shown: Gains) -> list[Line2D]:
    """What the marks stand for; only those that are there."""
    grey = {"color": GREY, "marker": "o", "linestyle": ""}
    screened = shown.arms["screened"].astype(bool)
    has_law = any(shown.law(CurveKey(*key), np.ones(1)) is not None for key, _ in shown.arms.groupby(CURVE))
    recommended = [arm_name(shown.workload, arm, bool(shown.reference)) for arm in shown.recommended.values()]
    marks: list[tuple[str, bool, dict[str, Any]]] = [
        (IDEAL, True, {"color": INK, "linestyle": "--", "linewidth": 1}),
        (LEVEL, True, {"color": INK, "linestyle": ":", "linewidth": 1}),
        (COUNTED, shown.arms.loc[~screened, "low"].notna().any(), grey),
        (SCREENED, screened.any(), grey | {"markerfacecolor": PAPER}),
        (LAW, has_law, {"color": GREY, "linewidth": 1.8}),
        (
            fill(f"recommended: {' and '.join(dict.fromkeys(recommended))}", KEY_LETTERS),
            bool(recommended),
            RING | {"markersize": 10},
        ),
    ]
    return [Line2D([], [], **look, label=label) for label, is_there, look in marks if is_there]
