"""The timeline as a still picture, for print and for pages without scripts: the most telling arms on one clock."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from math import fsum  # `sum` rounds another way in newer Pythons, and a line falls into another pixel
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from concurrency.measuring.on_cores import ON_A_CORE
from concurrency.showing.style import DIM, INK, STYLE, WIDE
from concurrency.showing.timeline.reading import Arm, Bar, Lane, arms, density, telling
from concurrency.showing.timeline.states import CARRIES, QUEUED, READY, RUNS, STATES, WAITING, State
from concurrency.showing.timeline.words import NOTHING_TRACED, several_at_once

LEFT, RIGHT, TOP = 1.0, 0.22, 0.35  # margins, of the lanes' names and the title
TEXT, LINE, CHARACTER = 8.5, 0.16, 0.068  # points; inches of one line, and of a character in it on average
PIXELS = 96  # to the inch, as a browser has them: nothing is drawn thinner than one
LANE, THIN_LANE, STRIP, COUNTS, GAP = 0.18, 0.11, 0.36, 0.42, 0.14  # inches
MANY = 5  # workers have thin lanes
AXIS = 0.46  # inches of its numbers and name
LEAST = 0.2  # height of a pixel in which there is anything at all
CUT = 1.3  # times as long as all others: then the rest of one by one is left out
LINES: dict[str, tuple[str, Any]] = {QUEUED: (INK, "-"), WAITING: (DIM, "--"), READY: ("#C24E00", ":")}


Box = tuple[float, float, float, float]  # left, top, width, height


def draw(trace: Mapping[str, Any], name: str, width: float = WIDE) -> Figure:
    """Small multiples on one clock, one for each of the `telling` arms of a trace: a lane per worker, a bar per state
    of an item.

    Below are what an event loop ran and the link carried, how many threads were on a core at once, and how many items
    were queued and tasks ready and waiting. One by one is cut off where all others have ended.
    """
    every = arms(trace)
    few = telling(every)
    if not few:
        nothing = Figure(figsize=(width, 1))
        nothing.text(0.5, 0.5, textwrap.fill(NOTHING_TRACED, int(width / CHARACTER)), ha="center", va="center")
        return nothing
    end = _end(few)
    rows = [_rows(arm) for arm in few]
    heads = [_wrapped(_head(arm, end), width) for arm in few]
    keys = _keys(few)
    said = _wrapped(_left_out(every, few), width)
    ncols = max(1, int(width / 2.8))
    below = AXIS + LINE * len(said) + 0.17 * -(-len(keys) // ncols) + 0.1
    height = TOP + fsum(LINE * len(head) + fsum(row) + GAP for head, row in zip(heads, rows, strict=True)) + below
    with rc_context(STYLE | {"font.size": TEXT}):
        figure = Figure(figsize=(width, height))
        figure.text(0.01, 1 - 0.08 / height, name, fontsize=11, weight="bold", va="top", gid="title")
        y = height - TOP
        for arm, head, row in zip(few, heads, rows, strict=True):
            figure.text(0.1 / width, y / height, "\n".join(head), va="top", linespacing=1.25, weight="bold")
            y -= LINE * len(head)
            for part, inches in enumerate(row):
                if not inches:
                    continue
                y -= inches
                place = LEFT / width, y / height, 1 - (LEFT + RIGHT) / width, (inches - 0.05) / height
                _draw_part(figure.add_axes(place), arm, end, part)
            y -= GAP
        last = figure.axes[-1]
        last.tick_params(labelbottom=True, length=3)
        last.set_xlabel("seconds since the work began")
        figure.text(0.1 / width, (below - AXIS) / height, "\n".join(said), va="top", linespacing=1.25)
        figure.legend(
            handles=keys, loc="lower left", bbox_to_anchor=(0.0, 0.0), ncols=ncols, fontsize=TEXT, handlelength=1.6,
            columnspacing=1.0, labelspacing=0.35,
        )  # fmt: skip
    return figure


def _end(few: Sequence[Arm]) -> float:
    """Until when is drawn."""
    longest = max(arm.work_s for arm in few)
    others = max((arm.work_s for arm in few if not arm.is_one_by_one), default=longest)
    return (others if longest > CUT * others else longest) * 1.01


def _rows(arm: Arm) -> list[float]:
    """The heights of an arm's parts, in inches: lanes, threads on a core where the lanes do not tell, counts."""
    tells = len(arm.computing) == 1 and arm.computing[0].role == "worker"
    strip = STRIP if arm.computing and not tells else 0.0
    return [fsum(_heights(_lanes(arm))) + 0.08, strip, COUNTS if arm.tasks else COUNTS - 0.12]


def _heights(lanes: Sequence[Lane]) -> list[float]:
    many = sum(lane.role == "worker" for lane in lanes) > MANY
    return [THIN_LANE if many and lane.role == "worker" else LANE for lane in lanes]


def _lanes(arm: Arm) -> list[Lane]:
    return [lane for lane in arm.lanes if lane.role != "thread"]


def _head(arm: Arm, end: float) -> str:
    text = f"{arm.name}: {arm.work_s:.2f} s"
    if (several := several_at_once(arm)) is not None:
        text += f", two or more on a core at once {several} of the time"
    if arm.work_s > end:
        text += f", of which the first {end:.2f} s are drawn"
    return text


def _wrapped(text: str, width: float) -> list[str]:
    return textwrap.wrap(text, int((width - 0.2) / CHARACTER / 1.08))


def _left_out(every: Sequence[Arm], few: Sequence[Arm]) -> str:
    rest = [arm.name for arm in every if arm not in few]
    return f"Not drawn, as others are of their kind: {'; '.join(rest)}." if rest else ""


def _draw_part(axes: Axes, arm: Arm, end: float, part: int) -> None:
    axes.set_xlim(0, end)
    axes.xaxis.set_major_locator(MaxNLocator(_pixels(axes) // 80, prune="upper"))
    axes.tick_params(labelbottom=False, length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.axvline(arm.work_s, color="#1A1A1A", linewidth=1, linestyle=":")
    if part == 0:
        _draw_lanes(axes, arm, end)
    elif part == 1:
        _draw_on_cores(axes, arm, end)
    else:
        _draw_counts(axes, arm, end)


def _pixels(axes: Axes) -> int:
    return int(axes.bbox.width / axes.figure.dpi * PIXELS)


def _draw_lanes(axes: Axes, arm: Arm, end: float) -> None:
    lanes, pixel = _lanes(arm), end / _pixels(axes)
    heights = _heights(lanes)
    floors = list(accumulate(heights))
    boxes: dict[str, list[Box]] = {}
    for lane, inches, floor in zip(lanes, heights, floors, strict=True):
        axes.axhspan(floor - 0.88 * inches, floor, color="#F3F3F3", linewidth=0)
        if lane.role == "worker":
            for bar in lane.on_core or lane.bars:
                high = STATES[bar.state].height * 0.88 * inches
                _add(boxes.setdefault(bar.state, []), bar, floor - high, high, pixel)
        elif lane.bars:
            found = boxes.setdefault(lane.bars[0].state, [])
            for place, share in enumerate(density(lane.bars, end, _pixels(axes))):
                if share:  # in eighths, so that equal neighbours are one
                    high = max(LEAST, min(8, round(8 * share)) / 8) * 0.88 * inches
                    _add(found, Bar("", place * pixel, (place + 1) * pixel, ""), floor - high, high, pixel)
        if lane.on_core:
            _draw_starts(axes, lane, floor, inches)
    for state in sorted(boxes, key=list(STATES).index):
        axes.add_patch(PathPatch(_path(boxes[state]), **_look(STATES[state])))
    for place, at in arm.started:
        if 0 <= at <= end:
            axes.plot(at, floors[place] - heights[place] / 2, ">", color="#A66A00", markersize=4.5, clip_on=False)
    if sent := [at for at in arm.sent if at <= end]:
        axes.plot(sent, [-0.03] * len(sent), "v", color="#B0507F", markersize=3.5, clip_on=False, linestyle="none")
    if arm.work_s > end:
        axes.plot(end, floors[0] - heights[0] / 2, ">", color="#1A1A1A", markersize=7, clip_on=False)
    axes.set_ylim(fsum(heights) + 0.01, -0.07)
    axes.grid(axis="y", visible=False)
    ticks = _names(lanes, [floor - inches / 2 for floor, inches in zip(floors, heights, strict=True)])
    axes.set_yticks([y for y, _ in ticks], [name for _, name in ticks])


def _draw_starts(axes: Axes, lane: Lane, floor: float, inches: float) -> None:
    """Where its items begin: gaps, as all of them look alike."""
    starts = [(bar.begin, floor - 0.88 * inches, 0.0, 0.88 * inches) for bar in lane.bars]
    axes.add_patch(PathPatch(_path(starts), facecolor="none", edgecolor="#FFFFFF", linewidth=0.9))


def _look(state: State) -> dict[str, Any]:
    if state.hatched:
        return {"facecolor": "none", "edgecolor": state.colour, "hatch": "////", "linewidth": 0.5}
    return {"facecolor": state.colour, "edgecolor": "none", "linewidth": 0.0}


def _names(lanes: Sequence[Lane], middles: Sequence[float]) -> list[tuple[float, str]]:
    """Where to write what: each lane's name or, of many workers, how many there are."""
    workers = sum(lane.role == "worker" for lane in lanes)
    found = [(y, lane.label) for y, lane in zip(middles, lanes, strict=True)]
    if workers <= MANY:
        return found
    kinds = {lane.label.rpartition(", ")[2].partition(" ")[0] for lane in lanes[:workers]}
    kind = kinds.pop() if len(kinds) == 1 else "worker"
    middle = (middles[0] + middles[workers - 1]) / 2
    return [(middle, f"{workers} {kind}{'es' if kind.endswith('s') else 's'}"), *found[workers:]]


def _add(found: list[Box], bar: Bar, y: float, high: float, pixel: float) -> None:
    """A bar at least as wide as a pixel, as a part of the last one where they touch."""
    end = max(bar.end, bar.begin + pixel)
    if found and found[-1][1] == y and bar.begin <= found[-1][0] + found[-1][2] + pixel / 100:
        begin = found[-1][0]
        found[-1] = (begin, y, max(end, begin + found[-1][2]) - begin, high)
    else:
        found.append((bar.begin, y, end - bar.begin, high))


def _path(boxes: Iterable[Box]) -> Path:
    """Rectangles as one path, which is a tenth of as many in the file."""
    points: list[tuple[float, float]] = []
    for x, y, wide, high in boxes:
        points += [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high), (x, y)]
    codes = [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY] * (len(points) // 5)
    return Path(points, codes)


def _draw_on_cores(axes: Axes, arm: Arm, end: float) -> None:
    """How many threads were on a core at once."""
    columns = _pixels(axes) // 2
    on = (bar for lane in arm.computing for bar in lane.on_core if bar.state == ON_A_CORE)
    shares = [round(8 * share) / 8 for share in density(on, end, columns)]
    changes = [place for place in range(columns) if not place or shares[place] != shares[place - 1]]
    edges = [place * end / columns for place in [*changes, columns]]
    axes.stairs([shares[place] for place in changes], edges, fill=True, color=STATES[ON_A_CORE].colour)
    most = max(2, len(arm.at_once()) - 1)
    axes.set_ylim(0, most + 0.1)
    axes.set_yticks([1, most], ["1 on a core", str(most)])


def _draw_counts(axes: Axes, arm: Arm, end: float) -> None:
    """How many items are queued and, for an event loop, how many tasks wait and are ready, over time."""
    begun = arm.begun
    lines = {QUEUED: ([0.0, *begun, arm.work_s], [*range(len(begun), -1, -1), 0])}
    if arm.tasks:
        at = [one.at for one in arm.tasks]
        lines[WAITING] = at, [one.waiting for one in arm.tasks]
        lines[READY] = at, [one.ready for one in arm.tasks]
    most = max(max(numbers, default=0) for _, numbers in lines.values())
    for name, (at, numbers) in lines.items():
        colour, dashes = LINES[name]
        axes.step(at, numbers, where="post", color=colour, linestyle=dashes, linewidth=1.3)
    axes.set_ylim(-0.04 * most, 1.08 * max(1, most))
    axes.set_yticks([0, most], ["0", str(most)])


def _keys(few: Sequence[Arm]) -> list[Any]:
    """The legend, of what there is."""
    bars = [bar.state for arm in few for lane in _lanes(arm) for bar in (lane.on_core or lane.bars)]
    seen = {*bars} - {RUNS, CARRIES}
    keys: list[Any] = [
        Patch(**_look(state), label=state.name + _shape(state.height))
        for state in STATES.values()
        if state.name in seen
    ]
    counted = {name for arm in few for name in ([WAITING, READY] if arm.tasks else [])} | {QUEUED}
    keys += [
        Line2D([], [], color=colour, linestyle=dashes, label=name)
        for name, (colour, dashes) in LINES.items()
        if name in counted
    ]
    if any(at >= 0 for arm in few for _, at in arm.started):
        keys.append(Line2D([], [], color="#A66A00", marker=">", linestyle="none", label="a worker process starts"))
    if any(arm.sent for arm in few):
        keys.append(Line2D([], [], color="#B0507F", marker="v", linestyle="none", label="pickled for a worker"))
    return keys


def _shape(height: float) -> str:
    return {1.0: "", 0.5: " (half)"}.get(height, " (line)")
