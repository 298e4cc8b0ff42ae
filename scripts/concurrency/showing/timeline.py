"""Who did what when: every arm of a trace below the other, drawn and in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from concurrency.deciding.names import ONE_BY_ONE
from concurrency.measuring.tracing import EVENT_LOOP, LINK, is_shared
from concurrency.showing.style import STYLE

STATE_COLOURS = {
    "connecting": ("#CC79A7", "..."),
    "waiting for the first byte": ("#E0E0E0", ""),
    "receiving": ("#009E73", ""),
    "waiting for acknowledgements": ("#A8DCCB", ""),
    "computing": ("#0072B2", ""),
    "working": ("#56B4E9", ""),  # a function of the user's own
}
LINK_COLOUR = "#56B4E9"
EDGED = ("connecting", "waiting for the first byte", "computing", "working")  # the others are pieces of a whole
LANE_INCHES = 0.11
NOTHING_TRACED = "No arm could be traced; the log of the rule timeline says why."


def draw(trace: Mapping[str, Any], title: str) -> Figure:
    """Small multiples on one time axis, one for each arm of a Chrome trace: a lane per worker, a bar per state of
    an item.

    Below each stands how many items were queued and, where an asyncio event loop was watched, its ready and waiting
    tasks. What the loop ran, and when the link that all share carried something, are its last lanes.
    """
    arms = _by_arm(trace)
    if not arms:
        nothing = Figure(figsize=(10, 1))
        nothing.text(0.5, 0.5, NOTHING_TRACED, ha="center", va="center")
        return nothing
    heights = []
    for events in arms.values():
        heights += [0.35 + LANE_INCHES * max(3, len(_lanes(events))), 0.45]
    with rc_context(STYLE):
        figure = Figure(figsize=(10, sum(heights) + 0.5 * len(arms) + 0.9), layout="constrained")
        panels = iter(figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0])
        seen: set[str] = set()
        for events in arms.values():
            seen |= _draw_arm(next(panels), events)
            _draw_counts(next(panels), events)
        figure.axes[-1].set_xlabel("seconds since the work began")
        keys: list[Any] = [
            Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=state)
            for state, (colour, hatch) in STATE_COLOURS.items()
            if state in seen
        ]
        keys.append(Patch(color="#E69F00", alpha=0.35, label="starting workers"))
        if "started" in seen:
            keys += figure.axes[0].plot([], [], ">", color="#E69F00", linestyle="none", label="a worker process starts")
        if "sent" in seen:
            keys += figure.axes[0].plot([], [], "v", color="#D55E00", linestyle="none", label="pickled for a worker")
        if "running" in seen:
            keys.append(Patch(color="#000000", label="the event loop runs something"))
        if "carrying" in seen:
            keys.append(Patch(color=LINK_COLOUR, label="the link carries something"))
        figure.legend(handles=keys, loc="outside lower center", ncols=min(len(keys), 3))
        figure.suptitle(title, fontsize=12)
    return figure


def describe(trace: Mapping[str, Any]) -> str:
    """What the picture shows: for each arm how many items were under way at once, how busy an event loop and the link
    were, and how long all computing took together, against one by one.
    """
    sentences = []
    one_by_one: dict[str, float] = {}  # of each interpreter, whose baseline comes before its other arms
    for events in _by_arm(trace).values():
        [name] = [event["args"]["name"] for event in events if event["name"] == "process_name"]
        [work] = [event["dur"] for event in events if event["ph"] == "X" and event["name"] == "work"]
        bars = [event for event in events if event["ph"] == "X" and "item" in event.get("args", {})]
        lanes = len({event["tid"] for event in bars})
        under_way = sum(event["dur"] for event in bars) / work
        text = f"{name}: {lanes} lane{'s' if lanes > 1 else ''}, on average {under_way:.1f} items under way"
        computing = sum(event["dur"] for event in bars if event["name"] == "computing")
        arm, _, where = name.partition(" on ")
        if arm == ONE_BY_ONE:
            one_by_one[where] = computing
        elif computing and where in one_by_one:
            times = computing / one_by_one[where]
            text += f", and all of them together computed {times:.1f} times as long as one by one"
        loops = sum(lane.startswith(EVENT_LOOP) for lane in _lanes(events).values())
        if _counts(events) and (running := _busy(events, EVENT_LOOP) / work):
            most = max(event["args"]["waiting"] for event in _counts(events))
            its, each = ("its event loop", "") if loops == 1 else (f"each of its {loops} event loops", " of it")
            text += f"; {its} ran something {running / loops:.0%} of the time, while up to {most} tasks{each} waited"
        if carrying := _busy(events, LINK) / work:
            text += f"; the link was busy {carrying:.0%} of the time"
        sentences.append(text + ".")
    return " ".join(sentences) or NOTHING_TRACED


def _by_arm(trace: Mapping[str, Any]) -> dict[int, list[Mapping[str, Any]]]:
    arms: dict[int, list[Mapping[str, Any]]] = {}
    for event in trace["traceEvents"]:
        arms.setdefault(event["pid"], []).append(event)
    return arms


def _lanes(events: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    return {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}


def _busy(events: Sequence[Mapping[str, Any]], lane: str) -> float:
    """Microseconds in which something happened on the lanes whose names begin so."""
    own = [tid for tid, name in _lanes(events).items() if name.startswith(lane)]
    return float(sum(event["dur"] for event in events if event["ph"] == "X" and event["tid"] in own))


def _counts(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [event for event in events if event["ph"] == "C"]


def _draw_arm(axes: Axes, events: Sequence[Mapping[str, Any]]) -> set[str]:
    """Draw an arm's lanes; the kinds of bars that there are."""
    order = {tid: y for y, tid in enumerate(sorted(_lanes(events)))}
    shared = {tid: name for tid, name in _lanes(events).items() if is_shared(name)}
    seen = set()
    for event in events:
        if event["name"] == "worker started":
            seen.add("started")
            axes.plot(event["ts"] / 1e6, order[event["tid"]], ">", color="#E69F00", markersize=5)
        elif event["ph"] == "i":
            seen.add("sent")
            axes.plot(event["ts"] / 1e6, -0.75, "v", color="#D55E00", markersize=4, clip_on=False)
        if event["ph"] != "X" or event["tid"] == 0:
            continue
        start, length, y = event["ts"] / 1e6, event["dur"] / 1e6, order[event["tid"]]
        if event["tid"] in shared:
            is_loop = shared[event["tid"]] != LINK
            seen.add("running" if is_loop else "carrying")
            axes.barh(y, length, left=start, height=0.9, color="#000000" if is_loop else LINK_COLOUR, linewidth=0)
        else:
            seen.add(event["name"])
            colour, hatch = STATE_COLOURS[event["name"]]
            edge = 0.4 if event["name"] in EDGED else 0
            axes.barh(y, length, left=start, height=0.85, color=colour, hatch=hatch, edgecolor="white", linewidth=edge)
    [name] = [event["args"]["name"] for event in events if event["name"] == "process_name"]
    setup, work = (event["dur"] / 1e6 for event in events if event["ph"] == "X" and event["tid"] == 0)
    axes.axvspan(-setup, 0, color="#E69F00", alpha=0.35, linewidth=0)
    axes.axvline(work, color="#000000", linewidth=1, linestyle=":")
    axes.set_title(f"{name}: {work:.2f} s (traced)", fontsize=9.5, loc="left", pad=9)
    lanes = len(order) - len(shared)
    axes.set_ylabel(f"{lanes} lane{'' if lanes == 1 else 's'}", fontsize=8)
    axes.set_yticks([])
    axes.set_ylim(max(3, len(order)) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    return seen


def _draw_counts(axes: Axes, events: Sequence[Mapping[str, Any]]) -> None:
    """How many items are queued and, for an event loop, how many tasks wait and are ready, over time."""
    begun = sorted(event["ts"] / 1e6 for event in events if event["ph"] == "e")
    axes.step(
        [0.0, *begun], range(len(begun), -1, -1), where="post", color="#0072B2", label="items queued", linewidth=1
    )
    at = [event["ts"] / 1e6 for event in _counts(events)]
    for kind, colour in (("waiting", "#555555"), ("ready", "#D55E00")) if at else ():
        counts = [event["args"][kind] for event in _counts(events)]
        axes.step(at, counts, where="post", color=colour, label=f"tasks {kind}", linewidth=1)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
