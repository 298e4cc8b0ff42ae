"""The picture `map`: which strategy to use for items that wait so long and compute so long, and where works lie."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from concurrency.mapping import grid, thumb
from concurrency.mapping.contestants import ITEMS
from concurrency.mapping.grid import LEVELS, LONGEST_COMPUTING_S, LONGEST_WAIT_S, Place
from concurrency.mapping.position import Spot, said, spots
from concurrency.showing.style import STYLE
from concurrency.workloads.known import kind_of

FINE = 4  # points to a level, of the picture's ground
LOOKS = {  # light, so that what is written on them can be read; each with a pattern of its own
    "sequential": ("#f2f2f2", ""),
    "threads": ("#fbe3c8", "//"),
    "asyncio": ("#cfe6f5", ".."),
    "asyncio_to_thread": ("#e4f1fa", "oo"),
    "process_pool": ("#f6d5c8", "\\\\"),
    "interpreter_pool": ("#e9d5e3", "--"),
    "processes_asyncio": ("#cdebdf", "||"),
    "asyncio_then_threads": ("#dfe9c9", "+"),
    "asyncio_then_processes": ("#fff3c4", "x"),
    "threads_then_processes": ("#e6dccb", "O"),
}
INK, PATTERN, UNTOLD, WRONG = "#1a1a1a", "#b4b4b4", "#4d4d4d", "#a00000"
GAINS = (1.5, 2, 3, 5, 8, 12, 16)
NAME = 4  # levels that a name is wide
PAPER: Any = {"boxstyle": "round,pad=0.15", "facecolor": "#ffffff", "alpha": 0.85, "linewidth": 0}  # behind names
CROSSED = 2  # levels from one cross to the next
ROOM = 0.5  # levels around it that a name takes: a region without is named in the key alone
PANELS_ABREAST = 2


def draw(table: pd.DataFrame, located: Sequence[Mapping[str, Any]] = ()) -> Figure:
    """A panel for each interpreter of a `table` of the map: regions by the strategy that is recommended, hatched where
    no winner can be told, contours of what it gains over one by one, the borders between the claims of the rule of
    thumb, with crosses where they are wrong, and the works `located` on it."""
    known = spots(table)
    abreast = min(PANELS_ABREAST, len(known))
    down = math.ceil(len(known) / abreast)
    with rc_context(STYLE | {"axes.grid": False, "hatch.linewidth": 0.6, "hatch.color": PATTERN}):
        figure = Figure(figsize=(9.5 if abreast == 1 else 13.5, 7.2 * down + 1.2), layout="constrained")
        panels = figure.subplots(down, abreast, squeeze=False).ravel()
        for axes, (label, own) in zip(panels, known.items(), strict=False):
            _panel(axes, own, [one for one in located if one["interpreter"] == label])
            axes.set_title(label)
            for text in axes.texts:
                text.set_in_layout(False)  # it may stick out, which is no reason to make room
        for axes in panels[len(known) :]:
            axes.set_axis_off()
        figure.suptitle("Which strategy, for items that wait and compute so long?", fontsize=13)
        figure.legend(handles=_key(known, table), loc="outside lower center", ncols=3, fontsize=9)
    return figure


def _panel(axes: Axes, known: Mapping[Place, Spot], located: Sequence[Mapping[str, Any]]) -> None:
    levels = np.linspace(0, LEVELS, LEVELS * FINE + 1)
    ground = [[_nearest(known, x, y) for x in levels] for y in levels]
    for name in _names(known):
        mask = np.array([[spot.recommended == name for spot in row] for row in ground], dtype=float)
        colour, hatch = LOOKS[name]
        axes.contourf(levels, levels, mask, levels=[0.5, 1.5], colors=[colour], hatches=[hatch], zorder=1)
        axes.contour(levels, levels, mask, levels=[0.5], colors=[INK], linewidths=1.2, zorder=3)
    untold = np.array([[not spot.clear for spot in row] for row in ground], dtype=float)
    if untold.any():
        with rc_context({"hatch.color": UNTOLD}):
            axes.contourf(levels, levels, untold, levels=[0.5, 1.5], colors=["none"], hatches=["////"], zorder=2)
    _contours(axes, known)
    taken = np.zeros((len(levels), len(levels)), dtype=bool)  # by other names
    _thumb(axes, known, taken)
    for one in located:
        _point(axes, one, taken)
    for name in _names(known):
        mask = np.array([[spot.recommended == name for spot in row] for row in ground])
        if (middle := _middle(mask & ~taken, levels)) is not None:
            x = min(max(middle[0], NAME / 2), LEVELS - NAME / 2)
            text = said(name).replace("_then_", "_then_\n")
            axes.text(x, middle[1], text, ha="center", va="center", weight="bold", color=INK, zorder=6, bbox=PAPER)
    axes.set_xlim(0, LEVELS)
    axes.set_ylim(0, LEVELS)
    ticks = [0, *range(4, LEVELS + 1, 4)]
    axes.set_xticks(ticks, [_ms(grid.seconds(tick, LONGEST_WAIT_S)) for tick in ticks])
    axes.set_yticks(ticks, [_ms(grid.seconds(tick, LONGEST_COMPUTING_S)) for tick in ticks])
    axes.set_xlabel("an item waits, ms")
    axes.set_ylabel("an item computes, ms of CPU time")


def _names(known: Mapping[Place, Spot]) -> list[str]:
    """The strategies that are recommended anywhere, always in the same order."""
    return sorted({spot.recommended for spot in known.values()})


def _point(axes: Axes, one: Mapping[str, Any], taken: np.ndarray) -> None:
    """A work by its name, to the side where there is room, and the ground that this takes."""
    x, y = (
        grid.level(min(one[time] / 1000, longest_s), longest_s)
        for time, longest_s in (("waits_ms", LONGEST_WAIT_S), ("computes_ms", LONGEST_COMPUTING_S))
    )
    right, up = x < LEVELS * 0.75, y < LEVELS * 0.9
    axes.plot(x, y, "o", color="#000000", markersize=8, zorder=7, markeredgecolor="#ffffff", clip_on=False)
    axes.annotate(
        kind_of(one["workload"]).title.partition(" (")[0], (x, y), xytext=(8 if right else -8, 4 if up else -12),
        textcoords="offset points", ha="left" if right else "right", fontsize=9, zorder=8, bbox=PAPER,
    )  # fmt: skip
    _take(taken, (x, x + NAME) if right else (x - NAME, x), (y - 0.7, y + 1))


def _take(taken: np.ndarray, across: tuple[float, float], up: tuple[float, float]) -> None:
    rows, columns = (slice(*(max(0, round(FINE * level)) for level in span)) for span in (up, across))
    taken[rows, columns] = True


def _nearest(known: Mapping[Place, Spot], x: float, y: float) -> Spot:
    return known[min(known, key=lambda place: ((place.waiting - x) ** 2 + (place.computing - y) ** 2, place))]


def _middle(mask: np.ndarray, levels: np.ndarray) -> tuple[float, float] | None:
    """The point of a region that is the farthest from what is not of it; none where there is no room for a name."""
    from scipy.ndimage import distance_transform_edt  # noqa: PLC0415

    depth = distance_transform_edt(np.pad(mask, 1), sampling=(1, 0.4))[1:-1, 1:-1]  # as names are wide
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return (float(levels[column]), float(levels[row])) if depth[row, column] >= ROOM * FINE else None


def _contours(axes: Axes, known: Mapping[Place, Spot]) -> None:
    """Lines of equal gain over one by one."""
    places = [place for place in known if np.isfinite(known[place].gain)]
    if len(places) < 4:
        return
    lines = axes.tricontour(
        [place.waiting for place in places], [place.computing for place in places],
        [known[place].gain for place in places],
        levels=GAINS, colors=["#00507a"], linewidths=0.9, linestyles="--", zorder=4,
    )  # fmt: skip
    axes.clabel(lines, fmt=lambda gain: f"{gain:g}×", fontsize=8)


def _thumb(axes: Axes, known: Mapping[Place, Spot], taken: np.ndarray) -> None:
    """Where each claim of the rule of thumb applies, and crosses where it is wrong; and the ground that names take."""
    shift = grid.IN_TEN * math.log10(LONGEST_WAIT_S / LONGEST_COMPUTING_S)  # from as much waiting to as much computing
    slow = grid.level(thumb.SLOW_S, LONGEST_WAIT_S)
    axes.plot([0, LEVELS - shift], [shift, LEVELS], color=WRONG, linewidth=1.3, zorder=5)
    axes.plot([slow, slow], [0, slow + shift], color=WRONG, linewidth=1.3, zorder=5)
    written = (
        (LEVELS - 0.15, 0.2, "right", "bottom"),
        (slow - 0.15, 0.2, "right", "bottom"),
        (0.15, LEVELS - shift, "left", "top"),
    )
    for one, (x, y, across, up) in zip(thumb.tested(known), written, strict=True):
        marked = [place for place in one.wrong_at if place.waiting % CROSSED == 0 and place.computing % CROSSED == 0]
        if marked:
            axes.plot(
                *zip(*marked, strict=True), "x", color=WRONG, markersize=4, markeredgewidth=0.8, zorder=5, clip_on=False
            )
        shares = f"right on {100 * one.right:.0f} %,\nwrong on {100 * one.wrong:.0f} %"
        axes.text(
            x, y, one.claim.text.replace(": ", ":\n") + f", {shares}",
            ha=across, va=up, fontsize=8, color=WRONG, zorder=6, bbox=PAPER,
        )  # fmt: skip
        _take(
            taken,
            (x - NAME - 1, x) if across == "right" else (x, x + NAME + 1),
            (y, y + 2) if up == "bottom" else (y - 2, y),
        )


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:g}"


def _key(known: Mapping[str, Mapping[Place, Spot]], table: pd.DataFrame) -> list[Any]:
    """The regions, with the workers of each strategy, and what the signs say."""
    from matplotlib.lines import Line2D  # noqa: PLC0415

    workers = dict(zip(table["strategy"], table["workers"], strict=True))
    names = {spot.recommended for of_places in known.values() for spot in of_places.values()}
    regions = [
        Patch(
            facecolor=LOOKS[name][0], hatch=LOOKS[name][1], edgecolor=INK,
            label=said(name) if workers[name] == 1 else f"{said(name)}, {workers[name]} workers",
        )
        for name in LOOKS
        if name in names
    ]  # fmt: skip
    return [
        *regions,
        Patch(facecolor="none", hatch="////", edgecolor=UNTOLD, label="no winner can be told"),
        Line2D([], [], color="#00507a", linestyle="--", label="times as fast as one by one"),
        Line2D([], [], color=WRONG, label="borders of the rule of thumb"),
        Line2D([], [], color=WRONG, marker="x", linestyle="", label="… which is wrong here"),
        Line2D([], [], color="#000000", marker="o", linestyle="", label="a work that was measured"),
    ]


def text(table: pd.DataFrame) -> str:
    """What the picture shows, in words."""
    sentences = [
        f"{ITEMS} items a place; set-up is counted; measured at {len(table.groupby(['waiting', 'computing']))} places."
    ]
    for label, own in spots(table).items():
        told = [
            f"“{one.claim.text}” is right on {100 * one.right:.0f} % of its ground and wrong on {100 * one.wrong:.0f} %"
            + (f" (there mostly {said(one.instead)})" if one.instead else "")
            for one in thumb.tested(own)
        ]
        sentences.append(f"{label}: {'; '.join(told)}.")
    return " ".join(sentences)
