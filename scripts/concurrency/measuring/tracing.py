"""What each worker did when: a traced run of an arm, as a Chrome trace that opens in Perfetto. Never timed.

Four places take notes, each as JSON lines appended to one file, with times of the clock that all processes share:

- the replay server (`replay.serve(…, trace=file)`): when a connection asked for a page, and when its bytes went out;
- `notes.Noted`: when a function was sent to a worker, and when and where it computed;
- `watching`: what an asyncio loop ran, and how many tasks were ready and how many waited before and after that;
- `on_cores`: which threads were on a core, and which were ready and had none.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from concurrency.errors import shown
from concurrency.measuring.on_cores import BLUR_S, ON_A_CORE, Slice

EVENT_LOOP, LINK, THREAD = "event loop", "the link", "on a core: "  # how lanes begin that are no workers'
WAITS_FOR_GIL, WAITS_FOR_SOMETHING, OFF = (
    "waits for the GIL",
    "off the core: waits for the GIL, or for what it asked for",
    "off the core",
)
ONE_THREAD, UNDER_GIL, WITHOUT_GIL, ONE_LOOP, INTERPRETERS, PROCESSES = KINDS = (
    "one thread",
    "threads under the GIL",
    "threads without the GIL",
    "an event loop",
    "interpreters in one process",
    "processes",
)
LONGEST = 100  # characters of an item, whose whole row or JSON line nobody reads in a bar
LEAST_SHARE = 0.005  # of the work: threads with no bars that were on a core for less of it are left out


def is_shared(lane: str) -> bool:
    """Whether a lane of that name is no worker's."""
    return lane == LINK or lane.startswith((EVENT_LOOP, THREAD))


def chrome_trace(arms: Mapping[str, Path]) -> dict[str, Any]:
    """The notes of each arm (its name and file) as one trace: one process per arm, one thread per lane.

    Complete events ("X") are states of an item on its lane, before which it is "queued" (asynchronous events, "b" and
    "e", one for each item, whose `id` is the `number` of its states). Where a lane is a thread's, within them are those
    that say whether it was on a core (category "core"); a lane "on a core: …" has the same of each other thread. "i"
    marks a worker's start, and a chunk of work being pickled for a worker; counters ("C") are an event loop's ready and
    waiting tasks; lane "event loop" is what it ran, and lane "the link" when that carried something; on lane 0 are
    "setting up" (starting the workers) and "work". Times are microseconds since each arm's work began. Of an arm,
    `args` of its name say what `kind` of sharing it is, one of KINDS, and its strategy's `rank`, the less the simpler.
    https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
    """
    trace: list[dict[str, Any]] = []
    for pid, (name, file) in enumerate(arms.items(), 1):
        notes = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        trace += _Arm(pid, notes).events(name)
    return {"traceEvents": trace, "displayTimeUnit": "ms"}


class _Arm:
    """The events of one arm, of what was noted of it."""

    def __init__(self, pid: int, notes: Sequence[Mapping[str, Any]]) -> None:
        self.pid, self.notes = pid, notes
        [self.work], [self.arm] = self.noted("work"), self.noted("arm")
        self.begin, self.end = float(self.work["ready"]), float(self.work["end"])
        self.lanes: dict[str, int] = {}
        self.found: list[dict[str, Any]] = []

    def noted(self, what: str) -> list[Mapping[str, Any]]:
        return [one for one in self.notes if one["what"] == what]

    def events(self, name: str) -> list[dict[str, Any]]:
        self.add("M", "process_name", 0, args={"name": name, "kind": self.kind(), "rank": self.arm["rank"]})
        self.bar("setting up", 0, self.work["begin"], self.begin)
        self.bar("work", 0, self.begin, self.end)
        self.items()
        self.loops()
        for one in self.noted("link"):
            if one["begin"] < one["end"]:  # it takes no time where it has no limit
                self.bar("carrying", self.lane(LINK), one["begin"], one["end"], bytes=one["bytes"])
        self.threads()
        return self.found

    def kind(self) -> str:
        """What its workers share, as far as it is known: how many of them can compute at once."""
        if self.arm["shares"] == "gil":
            return UNDER_GIL if self.arm["gil"] else WITHOUT_GIL
        threads = [one["lane"] for one in self.notes if one["what"] == "computing"]
        in_one_process = len({lane.partition(",")[0] for lane in threads}) == 1 < len(set(threads))
        return {"thread": ONE_THREAD, "loop": ONE_LOOP}.get(
            self.arm["shares"], INTERPRETERS if in_one_process else PROCESSES
        )

    def add(self, phase: str, name: str, tid: int, at: float | None = None, **more: Any) -> None:
        when = {} if at is None else {"ts": self.micros(at)}
        self.found.append({"ph": phase, "name": name, "pid": self.pid, "tid": tid} | when | more)

    def bar(self, name: str, tid: int, begin: float, end: float, cat: str = "", **args: Any) -> None:
        start, stop = self.micros(begin), self.micros(end)  # each rounded, so that what is within stays within
        more = ({"cat": cat} if cat else {}) | ({"args": args} if args else {})
        self.found.append(
            {"ph": "X", "name": name, "pid": self.pid, "tid": tid, "ts": start, "dur": round(stop - start, 1)} | more
        )

    def micros(self, at: float) -> float:
        return round((at - self.begin) * 1e6, 1)

    def lane(self, name: str) -> int:
        if name not in self.lanes:
            self.lanes[name] = len(self.lanes) + 1
            label = name if is_shared(name) else f"{len(self.lanes)} {name}"
            self.add("M", "thread_name", self.lanes[name], args={"name": label})
        return self.lanes[name]

    def items(self) -> None:
        """What is done to items, a lane for each worker in the order in which they began, and the workers' starts."""
        first: dict[str, float] = {}
        for one in self.notes:
            if "spans" in one:
                first.setdefault(one["lane"], one["spans"][0][1])
        for name in sorted(first, key=lambda name: first[name]):
            self.lane(name)
        of_processes = {one["lane"].partition(",")[0]: one for one in reversed(self.notes) if one.get("born")}
        for one in of_processes.values():
            if one["born"] > self.work["begin"] - 0.02:  # later than the sample's own process
                self.add("i", "worker started", self.lane(one["lane"]), one["born"], s="t")
        for number, one in enumerate(self.notes):
            if "spans" in one:
                told: dict[str, Any] = {"item": _told(one["item"])}
                if one.get("first", True):
                    queued = {"cat": "queue", "id": number}
                    self.add("b", "queued", 0, self.begin, **queued, args=told)
                    self.add("e", "queued", 0, max(self.begin, one["spans"][0][1]), **queued)
                    told = told | {"number": number}
                for state, begin, end in one["spans"]:
                    self.bar(state, self.lane(one["lane"]), begin, end, **told)
            elif one["what"] == "sent" and self.begin <= one["at"]:
                self.add("i", "sent to a worker", 0, one["at"], s="p")

    def loops(self) -> None:
        """What each event loop ran, and its tasks before and after that, where they have changed."""
        ran = [one for one in self.noted("ran") if self.begin <= one["begin"] and one["end"] <= self.end]
        places = list(dict.fromkeys((one["process"], one["thread"]) for one in ran))
        for process, thread in places:
            name = EVENT_LOOP if len(places) == 1 else f"{EVENT_LOOP} of process {process}, thread {thread}"
            last = None
            for one in sorted(ran, key=lambda one: float(one["begin"])):
                if (one["process"], one["thread"]) != (process, thread):
                    continue
                self.bar(one["name"], self.lane(name), one["begin"], one["end"])
                for at, counts in ((one["begin"], one["before"]), (one["end"], one["after"])):
                    if counts != last:
                        args = {"ready": counts[0], "waiting": counts[1]}
                        self.add("C", f"tasks of the {name}", self.lane(name), at, args=args)
                    last = counts

    def threads(self) -> None:
        """Whether threads were on a core: within the bars of those that have some, and else on lanes of their own."""
        for one in self.noted("thread"):
            held = [Slice(*slice_) for slice_ in one["slices"]]
            name = f"process {one['process']}, thread {one['thread']}"
            if tid := self.lanes.get(name):
                spans = [span for note in self.notes if note.get("lane") == name for span in note["spans"]]
                for state, begin, end in sorted(spans, key=lambda span: float(span[1])):
                    for found in _filled(held, begin, end, self.off(state)):
                        self.bar(found.state, tid, found.begin, found.end, "core")
                continue
            within = list(_clipped(held, self.begin, self.end))
            on = sum(found.end - found.begin for found in within if found.state == ON_A_CORE)
            if on > LEAST_SHARE * (self.end - self.begin):
                for found in within:
                    self.bar(found.state, self.lane(THREAD + name), found.begin, found.end, "core")

    def off(self, state: str) -> str:
        """What a thread does that is said to be in `state`, and neither is on a core nor waits for one."""
        if self.kind() != UNDER_GIL:
            return OFF
        return WAITS_FOR_GIL if state == "computing" else WAITS_FOR_SOMETHING


def _told(item: Any) -> str:
    """An item, or the arguments that it is, as a short text without logins."""
    text = shown(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)[1:-1])
    text = text.encode(errors="backslashreplace").decode()  # a file's name need be no UTF-8
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _clipped(slices: Sequence[Slice], begin: float, end: float) -> Iterator[Slice]:
    """What of `slices`, which are in order, lies between two times."""
    first = bisect_right(slices, begin, key=lambda one: one.end)
    for one in slices[first:]:
        if one.begin >= end:
            return
        yield Slice(one.state, max(one.begin, begin), min(one.end, end))


def _filled(slices: Sequence[Slice], begin: float, end: float, off: str) -> Iterator[Slice]:
    """The same, and between them that it was `off`; what is too short to be placed belongs to what comes after it."""
    at = begin
    for one in _clipped(slices, begin, end):
        if one.begin - at > BLUR_S:
            yield Slice(off, at, one.begin)
            at = one.begin
        if one.end - at > BLUR_S or one.end == end:
            yield Slice(one.state, at, one.end)
            at = one.end
    if at < end:
        yield Slice(off, at, end)
