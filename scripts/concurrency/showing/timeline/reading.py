"""A trace as what is drawn and told of it: arms with their lanes, bars and counts; times are seconds since the work
began."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from concurrency.deciding.names import ONE_BY_ONE
from concurrency.measuring.on_cores import ON_A_CORE
from concurrency.measuring.tracing import EVENT_LOOP, KINDS, LINK, THREAD
from concurrency.showing.timeline.states import CARRIES, RUNS

FEW = 4  # arms, which need no choice among them
ABOUT = 1.1  # times as long as the fastest: one traced run tells no less


class Bar(NamedTuple):
    """A state from when to when, of which item or by which name."""

    state: str
    begin: float
    end: float
    item: str


@dataclass
class Lane:
    """What one worker, loop, link or thread did; `on_core` is whether it was on a core meanwhile."""

    name: str
    role: str  # "worker", "loop", "link" or "thread"
    label: str = ""
    bars: list[Bar] = field(default_factory=list)
    on_core: list[Bar] = field(default_factory=list)


class Counts(NamedTuple):
    """How many tasks were ready and how many waited, from when on."""

    at: float
    ready: int
    waiting: int


@dataclass
class Arm:
    """One arm: `begun` and `done` are the times at which items were, `tasks` counts those of all its event loops."""

    name: str
    kind: str
    rank: int
    setup_s: float = 0.0
    work_s: float = 0.0
    lanes: list[Lane] = field(default_factory=list)
    begun: list[float] = field(default_factory=list)
    done: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    started: list[tuple[int, float]] = field(default_factory=list)
    tasks: list[Counts] = field(default_factory=list)

    @property
    def is_one_by_one(self) -> bool:
        return self.name.partition(" on ")[0] == ONE_BY_ONE

    def of_role(self, role: str) -> list[Lane]:
        return [lane for lane in self.lanes if lane.role == role]

    @property
    def computing(self) -> list[Lane]:
        """The lanes of which it is known whether they were on a core: the workers', or else all threads'."""
        return [lane for lane in self.of_role("worker") if lane.on_core] or self.of_role("thread")

    def at_once(self) -> list[float]:
        """For how many seconds of the work no, one, two, … of `computing` were on a core."""
        steps = sorted(
            step
            for lane in self.computing
            for bar in lane.on_core
            if bar.state == ON_A_CORE
            for step in ((bar.begin, 1), (bar.end, -1))
        )
        lasted, number, since = [0.0], 0, 0.0
        for at, more in [*steps, (self.work_s, 0)]:
            lasted += [0.0] * (number + 1 - len(lasted))
            lasted[number] += at - since
            number, since = number + more, at
        return lasted


def arms(trace: Mapping[str, Any]) -> list[Arm]:
    """The arms of a Chrome trace: one by one, then those that share alike, each in its order."""
    events: dict[int, list[Mapping[str, Any]]] = {}
    for event in trace["traceEvents"]:
        events.setdefault(event["pid"], []).append(event)
    found = [_arm(own) for own in events.values()]
    return sorted(found, key=lambda arm: (not arm.is_one_by_one, KINDS.index(arm.kind)))


def _arm(events: Sequence[Mapping[str, Any]]) -> Arm:
    [told] = [event["args"] for event in events if (event["ph"], event["name"]) == ("M", "process_name")]
    found = Arm(told["name"], told["kind"], told["rank"])
    named = (event for event in events if (event["ph"], event["name"]) == ("M", "thread_name"))  # a user's may be, too
    lanes = {event["tid"]: _lane(event["args"]["name"]) for event in named}
    places = {tid: place for place, tid in enumerate(sorted(lanes))}
    of_loops: list[tuple[int, Counts]] = []
    done: dict[Any, float] = {}
    for event in events:
        begin = event.get("ts", 0.0) / 1e6
        match event["ph"]:
            case "X" if event["tid"] == 0:
                setattr(found, {"setting up": "setup_s", "work": "work_s"}[event["name"]], event["dur"] / 1e6)
            case "X":
                lane = lanes[event["tid"]]
                bar = Bar(_state(lane, event), begin, begin + event["dur"] / 1e6, _item(event))
                (lane.on_core if event.get("cat") == "core" else lane.bars).append(bar)
                if (number := event.get("args", {}).get("number")) is not None:
                    done[number] = max(bar.end, done.get(number, 0.0))
            case "e":
                found.begun.append(begin)
            case "i" if event["name"] == "worker started":
                found.started.append((places[event["tid"]], begin))
            case "i":
                found.sent.append(begin)
            case "C":
                of_loops.append((event["tid"], Counts(begin, event["args"]["ready"], event["args"]["waiting"])))
    found.begun.sort()
    found.done = sorted(done.values())
    found.tasks = _together(of_loops)
    found.lanes = [lanes[tid] for tid in sorted(lanes)]
    for lane in found.lanes:
        lane.bars.sort(key=lambda bar: bar.begin)
        lane.on_core.sort(key=lambda bar: bar.begin)
    _label(found.lanes)
    return found


def _together(of_loops: Iterable[tuple[int, Counts]]) -> list[Counts]:
    """The counts of several event loops, added up."""
    now: dict[int, Counts] = {}
    found = []
    for loop, counts in sorted(of_loops, key=lambda one: one[1].at):
        now[loop] = counts
        found.append(
            Counts(counts.at, sum(one.ready for one in now.values()), sum(one.waiting for one in now.values()))
        )
    return found


def _lane(name: str) -> Lane:
    for begin, role in ((EVENT_LOOP, "loop"), (LINK, "link"), (THREAD, "thread")):
        if name.startswith(begin):
            return Lane(name.removeprefix(THREAD), role)
    return Lane(name.partition(" ")[2], "worker")  # a number comes first


def _state(lane: Lane, event: Mapping[str, Any]) -> str:
    return {"loop": RUNS, "link": CARRIES}.get(lane.role) or str(event["name"])


def _item(event: Mapping[str, Any]) -> str:
    args = event.get("args", {})
    if "item" not in args:
        return f"{args['bytes']} bytes" if "bytes" in args else str(event["name"])
    item = args["item"]
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False).strip("[]")


def _label(lanes: Iterable[Lane]) -> None:
    """Names that are short: numbers instead of the system's, and no process where there is only one."""
    several = [lane for lane in lanes if lane.name.startswith("process ")]
    processes = list(dict.fromkeys(lane.name.partition(",")[0] for lane in several))
    alone = len(processes) == 1
    threads: dict[str, int] = {}
    loops = 0
    for lane in lanes:
        lane.label = lane.name.partition(" of ")[0].removeprefix("the ")
        if lane.role == "loop" and lane.name != EVENT_LOOP:
            loops += 1
            lane.label = f"{EVENT_LOOP} {loops}"
        if lane in several:
            process, _, rest = lane.name.partition(", ")
            threads[process] = threads.get(process, 0) + 1
            kind = "thread" if rest.startswith("thread") else "task"
            place = processes.index(process) + 1
            own = sum(other.name.partition(",")[0] == process for other in several)
            one = f"{kind} {threads[process]}"
            lane.label = one if alone else f"process {place}" if own == 1 else f"process {place}, {one}"


def telling(every: Sequence[Arm]) -> list[Arm]:
    """The few that show most: all, if there are few; else one by one and, of each kind of sharing, the simplest of
    those that were about as fast as any."""
    if len(every) <= FEW:
        return list(every)
    found = [*filter(lambda arm: arm.is_one_by_one, every)][:1]
    for kind in KINDS:
        alike = [arm for arm in every if arm.kind == kind and arm.of_role("worker") and not arm.is_one_by_one]
        if alike and (kind != KINDS[0] or not found):
            fastest = min(arm.work_s for arm in alike)
            enough = [arm for arm in alike if arm.work_s <= ABOUT * fastest]
            found.append(min(enough, key=lambda arm: (arm.rank, arm.work_s)))
    return found


def density(bars: Iterable[Bar], end: float, columns: int) -> list[float]:
    """How much of each of so many equal parts of the time until `end` is covered: 1 where one bar covers all of it."""
    found, wide = [0.0] * columns, end / columns
    for bar in bars:
        for place in range(max(0, int(bar.begin / wide)), min(columns, int(bar.end / wide) + 1)):
            covered = min(bar.end, (place + 1) * wide) - max(bar.begin, place * wide)
            found[place] += max(covered, 0.0) / wide
    return found
