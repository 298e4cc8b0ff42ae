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

from concurrency.deciding import noise
from concurrency.deciding.cautions import on_noise
from concurrency.mapping import grid, thumb
from concurrency.mapping.contestants import ITEMS
from concurrency.mapping.grid import LEVELS, LONGEST_COMPUTING_S, LONGEST_WAIT_S, Place
from concurrency.mapping.position import Spot, said, spots
from concurrency.showing.style import BLUE, DIM, GREY, INK, PAPER, STYLE, VERMILION, WIDE, look, subject, title

FINE = 4  # points to a level, of the picture's ground
PATTERNS = {  # beside the strategy's colour
    "sequential": "",
    "threads": "//",
    "asyncio": "..",
    "asyncio_to_thread": "oo",
    "process_pool": "\\\\",
    "interpreter_pool": "--",
    "processes_asyncio": "||",
    "asyncio_then_threads": "+",
    "asyncio_then_processes": "x",
    "threads_then_processes": "O",
}
LIGHT = 0.22  # how strong the colours of regions are, so that what is written on them can be read
UNTOLD, WRONG = DIM, VERMILION
GAINS = (1.5, 2, 3, 5, 8, 12, 16)
NAME = 4  # levels that a name is wide, where the panel is as wide as the page
BEHIND: Any = {"boxstyle": "round,pad=0.15", "facecolor": PAPER, "alpha": 0.85, "linewidth": 0}  # names
CROWDED = 2 * NAME  # where names are as wide, the caption alone says how far each claim is right
CROSSED = 2  # levels from one cross to the next
ROOM = 0.5  # levels around it that a name takes: a region without is named in the key alone
PANELS_ABREAST = 2
AGAIN = "rm -r results/rounds/map; snakemake map --forcerun survey"


def draw(table: pd.DataFrame, located: Sequence[Mapping[str, Any]] = (), width: float = WIDE) -> Figure:
    """A panel for each interpreter of a `table` of the map: regions by the strategy that is recommended, hatched where
    no winner can be told, contours of what it gains over one by one, the borders between the claims of the rule of
    thumb, with crosses where they are wrong, and the works `located` on it. `width` is in inches."""
    known = spots(table)
    is_wide = width == WIDE
    abreast = min(PANELS_ABREAST if is_wide else 1, len(known))
    down = math.ceil(len(known) / abreast)
    name = NAME * abreast * WIDE / width
    inches = (7.2 if abreast == 1 and is_wide else 4.8) * down + (1.2 if is_wide else 2.6)
    with rc_context(STYLE | {"axes.grid": False, "hatch.linewidth": 0.6, "hatch.color": GREY}):
        figure = Figure(figsize=(width, inches), layout="constrained")
        panels = figure.subplots(down, abreast, squeeze=False).ravel()
        for axes, (label, own) in zip(panels, known.items(), strict=False):
            _panel(axes, own, [one for one in located if one["interpreter"] == label], name)
            axes.set_title(label)
            for text in axes.texts:
                text.set_in_layout(False)  # it may stick out, which is no reason to make room
        for axes in panels[len(known) :]:
            axes.set_axis_off()
        title(figure, "Which strategy" + (", for items that wait and compute so long?" if is_wide else "?"))
        figure.legend(handles=_key(known, table), loc="outside lower center", ncols=3 if is_wide else 1, fontsize=9)
    return figure


def _panel(axes: Axes, known: Mapping[Place, Spot], located: Sequence[Mapping[str, Any]], wide: float) -> None:
    """One interpreter's, on which a name is so many levels `wide`."""
    levels = np.linspace(0, LEVELS, LEVELS * FINE + 1)
    ground = [[_nearest(known, x, y) for x in levels] for y in levels]
    for name in _names(known):
        mask = np.array([[spot.recommended == name for spot in row] for row in ground], dtype=float)
        axes.contourf(
            levels,
            levels,
            mask,
            levels=[0.5, 1.5],
            colors=[(look(name).colour, LIGHT)],
            hatches=[PATTERNS[name]],
            zorder=1,
        )
        axes.contour(levels, levels, mask, levels=[0.5], colors=[INK], linewidths=1.2, zorder=3)
    untold = np.array([[not spot.clear for spot in row] for row in ground], dtype=float)
    if untold.any():
        with rc_context({"hatch.color": UNTOLD}):
            axes.contourf(levels, levels, untold, levels=[0.5, 1.5], colors=["none"], hatches=["////"], zorder=2)
    _contours(axes, known)
    taken = np.zeros((len(levels), len(levels)), dtype=bool)  # by other names
    _thumb(axes, known, taken, wide)
    for one in located:
        _point(axes, one, taken, wide)
    for name in _names(known):
        mask = np.array([[spot.recommended == name for spot in row] for row in ground])
        if (middle := _middle(mask & ~taken, levels)) is not None:
            x = min(max(middle[0], wide / 2), LEVELS - wide / 2)
            text = said(name).replace("_then_", "_then_\n")
            axes.text(x, middle[1], text, ha="center", va="center", weight="bold", color=INK, zorder=6, bbox=BEHIND)
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


def _point(axes: Axes, one: Mapping[str, Any], taken: np.ndarray, wide: float) -> None:
    """A work by its name, to the side where there is room, and the ground that this takes."""
    x, y = (
        grid.level(min(one[time] / 1000, longest_s), longest_s)
        for time, longest_s in (("waits_ms", LONGEST_WAIT_S), ("computes_ms", LONGEST_COMPUTING_S))
    )
    right, up = x < LEVELS * 0.75, y < LEVELS * 0.9
    axes.plot(x, y, "o", color=INK, markersize=8, zorder=7, markeredgecolor=PAPER, clip_on=False)
    axes.annotate(
        subject(one["workload"]), (x, y), xytext=(8 if right else -8, 4 if up else -12),
        textcoords="offset points", ha="left" if right else "right", fontsize=9, zorder=8, bbox=BEHIND,
    )  # fmt: skip
    _take(taken, (x, x + wide) if right else (x - wide, x), (y - 0.7, y + 1))


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
        levels=GAINS, colors=[BLUE], linewidths=0.9, linestyles="--", zorder=4,
    )  # fmt: skip
    axes.clabel(lines, fmt=lambda gain: f"{gain:g}×", fontsize=8, colors=[INK])


def _thumb(axes: Axes, known: Mapping[Place, Spot], taken: np.ndarray, wide: float) -> None:
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
        claim = one.claim.text.replace(": ", ":\n")
        if wide < CROWDED:
            claim += f", right on {100 * one.right:.0f} %,\nwrong on {100 * one.wrong:.0f} %"
        axes.text(
            x, y, claim if wide < CROWDED else claim.replace(" and", "\nand"),
            ha=across, va=up, fontsize=8, zorder=6, bbox=BEHIND,
        )  # fmt: skip
        _take(
            taken,
            (x - wide - 1, x) if across == "right" else (x, x + wide + 1),
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
            facecolor=(look(name).colour, LIGHT), hatch=PATTERNS[name], edgecolor=INK,
            label=said(name) if workers[name] == 1 else f"{said(name)}, {workers[name]} workers",
        )
        for name in PATTERNS
        if name in names
    ]  # fmt: skip
    return [
        *regions,
        Patch(facecolor="none", hatch="////", edgecolor=UNTOLD, label="no winner can be told"),
        Line2D([], [], color=BLUE, linestyle="--", label="times as fast as one by one"),
        Line2D([], [], color=WRONG, label="borders of the rule of thumb"),
        Line2D([], [], color=WRONG, marker="x", linestyle="", label="… which is wrong here"),
        Line2D([], [], color=INK, marker="o", linestyle="", label="a work that was measured"),
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
    machine = noise.of_others(*(float(table[fact].astype(float).mean()) for fact in ("others", "stolen")))
    if caution := on_noise(machine):
        sentences.append(f"{caution.removesuffix('.')}: {AGAIN}")
    return " ".join(sentences)
