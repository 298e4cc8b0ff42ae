"""The timeline as a part of a page: what `timeline.html.j2` shows of a trace, and what its scripts draw of it."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from concurrency.showing.page import picture
from concurrency.showing.timeline.reading import Arm, Bar, Counts, Lane, arms, telling
from concurrency.showing.timeline.states import QUEUED, READY, STATES, WAITING
from concurrency.showing.timeline.words import describe, table

READS = ("timeline.html.j2", "timeline.css", "reading.js", "drawing.js", "controls.js")
FOLDER = Path(__file__).parent
MOST_BARS = 2500  # of a lane: more are joined with their neighbours, with the share of the time that is covered
MOST_COUNTS = 2500


def item(name: str, trace: Mapping[str, Any], still: Path, trace_file: str) -> dict[str, Any]:
    """What the macro `figure` takes: of workload `name`, its trace, the still picture (an SVG file, beside it the one
    for a phone), and where the trace is, relative to the page."""
    columns, rows = table(trace)
    text = describe(trace)
    return {
        "name": name,
        "text": text,
        "columns": columns,
        "rows": rows,
        "stills": picture(still, text),
        "trace_file": trace_file,
        "data": as_json(data(trace)),
    }


def assets() -> dict[str, Any]:
    """What the macros `style` and `script` take, which a page needs once."""
    _, css, *scripts = (FOLDER.joinpath(name).read_text(encoding="utf-8") for name in READS)
    js = "".join(re.sub(r"^ +", "", script, flags=re.MULTILINE) for script in scripts)
    return {
        "states": [{**state._asdict(), "variable": _variable(state.name)} for state in STATES.values()],
        "css": Markup(css),  # noqa: S704  (ours)
        "js": Markup(f"{{\n{js}}}\n"),  # noqa: S704
    }


def data(trace: Mapping[str, Any]) -> dict[str, Any]:
    """A trace in columns, times in whole microseconds, each as what it is more than the one before."""
    every = arms(trace)
    shown = {id(arm) for arm in telling(every)}
    names = _Numbers()
    return {
        "states": [
            {"name": state.name, "colour": _variable(state.name), "height": state.height, "hatched": state.hatched}
            for state in STATES.values()
        ],
        "counts": [QUEUED, WAITING, READY],
        "arms": [_arm(arm, names) | {"shown": id(arm) in shown} for arm in every],
        "names": names.names,
    }


def as_json(found: Mapping[str, Any]) -> Markup:
    """As the text of a script element, which nothing in it can end."""
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704


class _Numbers:
    """A number for each name, in the order in which they come."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._places: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        if name not in self._places:
            self._places[name] = len(self.names)
            self.names.append(name)
        return self._places[name]


def _variable(state: str) -> str:
    return "--tl-" + re.sub(r"\W+", "-", state)


def _arm(arm: Arm, names: _Numbers) -> dict[str, Any]:
    return {
        "name": arm.name,
        "kind": arm.kind,
        "setup": _micros(arm.setup_s),
        "end": _micros(arm.work_s),
        "lanes": [_lane(lane, names) for lane in arm.lanes],
        "computing": [place for place, lane in enumerate(arm.lanes) if lane in arm.computing],
        "begun": _steps(arm.begun),
        "done": _steps(sorted(_ends(arm.of_role("worker")))),
        "sent": _steps(sorted(arm.sent)),
        "tasks": _counts(arm.tasks),
    }


def _ends(lanes: Iterable[Lane]) -> Iterable[float]:
    """When each item was done: at its last bar's end."""
    last: dict[str, float] = {}
    for lane in lanes:
        for bar in lane.bars:
            last[bar.item] = max(bar.end, last.get(bar.item, 0.0))
    return last.values()


def _lane(lane: Lane, names: _Numbers) -> dict[str, Any]:
    return {"label": lane.label, "name": lane.name, "role": lane.role} | {
        key: _columns(bars, names) for key, bars in (("bars", lane.bars), ("core", lane.on_core)) if bars
    }


def _columns(bars: Sequence[Bar], names: _Numbers) -> dict[str, list[Any]]:
    """`at` (each since the one before), `for`, `state`, `name`; `share` is, by place, how much of its time what is
    several in one covers."""
    thin = _thinned(bars)
    places = {name: place for place, name in enumerate(STATES)}
    columns: dict[str, Any] = {
        "at": _steps([bar.begin for bar, _ in thin]),
        "for": [_micros(bar.end) - _micros(bar.begin) for bar, _ in thin],
        "state": [places[bar.state] for bar, _ in thin],
        "name": [names[bar.item] for bar, _ in thin],
    }
    columns |= {key: columns[key][:1] for key in ("state", "name") if len(set(columns[key])) == 1}
    if shares := {place: round(share, 2) for place, (_, share) in enumerate(thin) if share < 1}:
        columns["share"] = shares
    return columns


def _thinned(bars: Sequence[Bar]) -> list[tuple[Bar, float]]:
    """No more than MOST_BARS: the same state's neighbours within the same part of the time become one, with the share
    of it that they cover."""
    if len(bars) <= MOST_BARS:
        return [(bar, 1.0) for bar in bars]
    part = (bars[-1].end - bars[0].begin) / (MOST_BARS / 2)
    found: list[tuple[Bar, float]] = []
    for bar in bars:
        last, share = found[-1] if found else (bar, 1.0)
        if found and last.state == bar.state and bar.end - last.begin < part:
            covered = share * (last.end - last.begin) + bar.end - bar.begin
            joined = Bar(bar.state, last.begin, bar.end, "several")
            found[-1] = joined, covered / (joined.end - joined.begin)
        else:
            found.append((bar, 1.0))
    return found


def _counts(counts: Sequence[Counts]) -> dict[str, list[int]]:
    """Of more than MOST_COUNTS, of each part of the time the one with most that are ready."""
    kept = list(counts)
    if len(kept) > MOST_COUNTS:
        size = -(-len(kept) // (MOST_COUNTS // 2))
        parts = [kept[i : i + size] for i in range(0, len(kept), size)]
        kept = [one for part in parts for one in dict.fromkeys((max(part, key=lambda one: one.ready), part[-1]))]
        kept.sort(key=lambda one: one.at)
    return {
        "at": _steps([one.at for one in kept]),
        "ready": [one.ready for one in kept],
        "waiting": [one.waiting for one in kept],
    }


def _micros(seconds: float) -> int:
    return round(seconds * 1e6)


def _steps(times: Sequence[float]) -> list[int]:
    whole = [_micros(at) for at in times]
    return [at - before for at, before in zip(whole, [0, *whole], strict=False)]
