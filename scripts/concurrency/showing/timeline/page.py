"""The timeline as a part of a page: what `timeline.html.j2` shows of a trace, and what its scripts draw of it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
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
MOST_BYTES = 400_000  # of all arms: else there are fewer bars


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
        "counted": any(lane.on_core for arm in arms(trace) for lane in arm.lanes),
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
    """A trace in columns, times in whole microseconds, each as what it is more than the one before; no more of them
    than a page can hold."""
    every, most = arms(trace), MOST_BARS
    while (size := len(as_json(found := _data(every, most)).encode())) > MOST_BYTES and most > 1:
        most = int(most * min(0.7, MOST_BYTES / size))
    return found


def _data(every: Sequence[Arm], most: int) -> dict[str, Any]:
    """The same, with no more than so many bars in a lane, and of each arm no more of other times."""
    shown = {id(arm) for arm in telling(every)}
    names = _Numbers()
    return {
        "states": [
            {"name": state.name, "colour": _variable(state.name), "height": state.height, "hatched": state.hatched}
            for state in STATES.values()
        ],
        "counts": [QUEUED, WAITING, READY],
        "arms": [_arm(arm, names, most) | {"shown": id(arm) in shown} for arm in every],
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


def _arm(arm: Arm, names: _Numbers, most: int) -> dict[str, Any]:
    return {
        "name": arm.name,
        "kind": arm.kind,
        "setup": _micros(arm.setup_s),
        "end": _micros(arm.work_s),
        "lanes": [_lane(lane, names, most) for lane in arm.lanes],
        "computing": [place for place, lane in enumerate(arm.lanes) if lane in arm.computing],
        "begun": _times(arm.begun, most),
        "done": _times(arm.done, most),
        "sent": _times(sorted(arm.sent), most),
        "tasks": _counts(arm.tasks, most),
    }


def _times(times: Sequence[float], most: int) -> dict[str, Any]:
    """`at` of how many (`of`): no more than `most` of them, as far from each other in number as can be."""
    kept = times
    if len(times) > (most := max(2, most)):
        kept = [times[round(place * (len(times) - 1) / (most - 1))] for place in range(most)]
    return {"at": _steps(kept), "of": len(times)}


def _lane(lane: Lane, names: _Numbers, most: int) -> dict[str, Any]:
    return {"label": lane.label, "role": lane.role} | {
        key: _columns(bars, names, most) for key, bars in (("bars", lane.bars), ("core", lane.on_core)) if bars
    }


def _columns(bars: Sequence[Bar], names: _Numbers, most: int) -> dict[str, list[Any]]:
    """`at` (each since the one before), `for`, `state`, `name`; `share` is, by place, how much of its time what is
    several in one covers."""
    thin = _thinned(bars, most)
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


def _thinned(bars: Sequence[Bar], most: int = MOST_BARS) -> list[tuple[Bar, float]]:
    """No more than `most`: of those that are shorter than a part of the time and begin in the same, each state's become
    one that goes over all of them, with the share of it that they cover. Only these may then overlap."""
    if len(bars) <= most:
        return [(bar, 1.0) for bar in bars]
    parts = max(
        1, most // (len({bar.state for bar in bars}) + 1) - 1
    )  # in each, one that is long and one of each state
    first = bars[0].begin
    part = max(1e-6, (max(bar.end for bar in bars) - first) / parts)
    together: dict[tuple[bool, float], list[Bar]] = {}
    for bar in bars:
        is_long = bar.end - bar.begin >= part
        together.setdefault((is_long, bar.begin if is_long else (bar.begin - first) // part), []).append(bar)
    return sorted((one for own in together.values() for one in _joined(own)), key=lambda one: one[0].begin)


def _joined(bars: Sequence[Bar]) -> Iterator[tuple[Bar, float]]:
    """One bar for each state in `bars`, with the share that they cover of the time that all take."""
    begin, end = bars[0].begin, max(bar.end for bar in bars)
    for state in dict.fromkeys(bar.state for bar in bars):
        own = [bar for bar in bars if bar.state == state]
        covered = sum(bar.end - bar.begin for bar in own)
        joined = Bar(state, begin, end, own[0].item if len(own) == 1 else "several")
        yield joined, covered / (end - begin) if end > begin else 1.0


def _counts(counts: Sequence[Counts], most: int) -> dict[str, list[int]]:
    """Of more than `most`, of each part of the time the one with most that are ready."""
    kept = list(counts)
    if len(kept) > most:
        size = -(-len(kept) // max(1, most // 2))
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
