"""The picture `compared`: what each arm gained over one by one in two campaigns."""

import math
from collections.abc import Sequence
from textwrap import wrap

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from concurrency.deciding import changes
from concurrency.deciding.campaigns import Change, Compared
from concurrency.deciding.inference import Effect
from concurrency.deciding.words import number
from concurrency.showing.style import DIM, INK, PAPER, STYLE, WIDE, look, subject, title

APART = 0.13  # of a row: before above it, now below
FAR = 12.0  # times as much as another: on a linear axis, the small one could not be seen
LETTERS = 52  # that find room in a line above a row, where it is narrow
INCHES = {True: (1.75, 0.46), False: (2.0, 0.8)}  # around all rows, and of a row, by whether it is wide


def draw(workload: str, every: Sequence[Compared], width: float = WIDE) -> Figure:
    """A row for each arm that is compared, on each host: a hollow mark for what it gained before and a filled one for
    now, with their intervals, and in words how that has changed. `width` is in inches."""
    rows = [(one, compared) for compared in every for one in compared.changes if not one.is_baseline]
    is_wide = width == WIDE
    around, inches = INCHES[is_wide]
    with rc_context(STYLE):
        figure = Figure(figsize=(width, around + inches * max(len(rows), 1)), layout="constrained")
        title(figure, f"{subject(workload)}: what was gained, and what is gained now")
        axes = figure.subplots()
        axes.set_ylim(len(rows) - 0.6 if rows else 0.5, -0.6 if is_wide else -1.0)
        _times_as_fast(axes, [arm.speedup for one, _ in rows for arm in (one.before, one.now)])
        if is_wide:
            axes.axvline(1, color=INK, linewidth=1, linestyle=":")
        for y, (one, compared) in enumerate(rows):
            if not is_wide:  # only beside the marks, for names stand between the rows
                axes.vlines(1, y - 1.7 * APART, y + 1.7 * APART, color=INK, linewidth=1, linestyle=":")
            _marks(axes, y, one)
            _say(axes, y, _name(one, compared, every), one, one in compared.told, is_wide)
        if not rows:
            why = changes.hindrance(every) or "no arm in common"  # but one by one
            axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes)
        axes.set_yticks([])
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=is_wide)  # where names stand between the rows, lines would run through them
        axes.spines["left"].set_visible(is_wide)
        keys = [
            Line2D([], [], color=DIM, marker="o", markerfacecolor=PAPER, label="before"),
            Line2D([], [], color=DIM, marker="o", label="now"),
            Line2D([], [], linestyle="", label="lines: 95 % intervals; bold: changed beyond doubt"),
        ]
        figure.legend(handles=keys, loc="outside lower center", ncols=3 if is_wide else 1, fontsize=9)
    return figure


def _marks(axes: Axes, y: float, one: Change) -> None:
    colour, marker = look(one.now.key.strategy)
    for arm, at, filling in ((one.before, y - APART, PAPER), (one.now, y + APART, colour)):
        ratio, low, high = arm.speedup
        axes.hlines(at, low, high, color=colour, linewidth=2)
        axes.plot(ratio, at, marker, color=colour, markerfacecolor=filling, markersize=6.5)


def _say(axes: Axes, y: float, name: str, one: Change, is_told: bool, is_wide: bool) -> None:
    """Its name, and how it changed: left and right of the row or, where it is narrow, above it."""
    weight = "bold" if is_told else "normal"
    became = changes.became(one, is_told)
    at = axes.get_yaxis_transform()
    if is_wide:
        axes.text(-0.012, y, name, ha="right", va="center", fontsize=9.5, transform=at)
        axes.text(1.012, y, became, ha="left", va="center", fontsize=9.5, weight=weight, transform=at)
    else:
        lines = [*wrap(name, LETTERS), became] if len(name) + len(became) > LETTERS - 2 else [f"{name}: {became}"]
        axes.text(0, y - 2.2 * APART, "\n".join(lines), ha="left", va="bottom", fontsize=9, weight=weight, transform=at)


def _name(one: Change, compared: Compared, every: Sequence[Compared]) -> str:
    host = f" on {compared.now.host}" if len({each.now.host for each in every}) > 1 else ""
    return f"{changes.name(one, compared)}{host}"


def _times_as_fast(axes: Axes, speedups: Sequence[Effect]) -> None:
    """A linear axis; where gains span more than a decade, a log axis that says so."""
    known = [bound for speedup in speedups for bound in speedup if math.isfinite(bound)] or [1.0]
    least, most = min([*known, 1.0]), max([*known, 1.0])
    label = "times as fast as one by one"
    if most / least > FAR:
        axes.set_xscale("log")
        axes.set_xlim(least / 1.2, most * 1.2)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        label += " (log scale)"
    else:
        axes.set_xlim(0, 1.06 * most)
        axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.set_xlabel(label)
