"""What each worker did when: a traced run of an arm, as a Chrome trace that opens in Perfetto. Never timed.

Three places take notes, each as JSON lines appended to one file, with times of the clock that all processes share:

- the replay server (`replay.serve(…, trace=file)`): when a connection asked for a page, and when its bytes went out;
- `notes.Noted`: when a function was sent to a worker, and when and where it computed;
- `watch_event_loops`: how many tasks were ready and how many waited whenever an asyncio loop looked, and what it ran.
"""

import asyncio
import json
import os
import time
from asyncio import base_events, events
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from concurrency.notes import note

EVENT_LOOP, LINK = "event loop", "the link"  # lanes that are no workers


def is_shared(lane: str) -> bool:
    """Whether a lane of that name is no worker's."""
    return lane == LINK or lane.startswith(EVENT_LOOP)


def watch_event_loops(file: str) -> None:
    """From now on, note what the asyncio event loops of this process do."""
    run_once, run = base_events.BaseEventLoop._run_once, events.Handle._run  # type: ignore[attr-defined]

    def watched_run_once(loop: Any) -> None:
        ready = [handle for handle in loop._ready if isinstance(_owner(handle), asyncio.Task)]
        waiting = len(asyncio.all_tasks(loop)) - len(ready)
        note(file, what="loop", at=time.perf_counter(), ready=len(ready), waiting=waiting)
        run_once(loop)

    def watched_run(handle: Any) -> None:
        name = _name(handle)
        begin = time.perf_counter()
        run(handle)
        note(file, what="ran", name=name, process=os.getpid(), begin=begin, end=time.perf_counter())

    base_events.BaseEventLoop._run_once = watched_run_once  # type: ignore[attr-defined]
    events.Handle._run = watched_run  # type: ignore[method-assign, assignment]


def _owner(handle: Any) -> Any:
    return getattr(handle._callback, "__self__", None)


def _name(handle: Any) -> str:
    owner = _owner(handle)
    running: Any = owner.get_coro() if isinstance(owner, asyncio.Task) else handle._callback
    return getattr(running, "__qualname__", type(running).__name__)


def chrome_trace(arms: Mapping[str, Path]) -> dict[str, Any]:
    """The notes of each arm (its name and file) as one trace: one process per arm, one thread per lane.

    Complete events ("X") are states of an item on its lane, before which it is "queued" (asynchronous events, "b" and
    "e", one for each item); "i" marks a worker's start, and a chunk of work being pickled for a worker; counters ("C")
    are the event loop's ready and waiting tasks; lane "event loop" is what it ran, and lane "the link" when
    that carried something; on lane 0 are "setting up" (starting the workers) and "work". Times are microseconds since
    each arm's work began.
    https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
    """
    trace: list[dict[str, Any]] = []
    for pid, (name, file) in enumerate(arms.items(), 1):
        notes = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        [work] = [one for one in notes if one["what"] == "work"]
        trace.append({"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": {"name": name}})
        trace += _events(pid, notes, work)
    return {"traceEvents": trace, "displayTimeUnit": "ms"}


def _events(pid: int, notes: Sequence[Mapping[str, Any]], work: Mapping[str, float]) -> list[dict[str, Any]]:
    begin, end = work["ready"], work["end"]
    lanes: dict[str, int] = {}
    found: list[dict[str, Any]] = []

    def micros(at: float) -> float:
        return round((at - begin) * 1e6, 1)

    def lane(name: str) -> int:
        if name not in lanes:
            lanes[name] = len(lanes) + 1
            label = name if is_shared(name) else f"{len(lanes)} {name}"
            found.append({"ph": "M", "name": "thread_name", "pid": pid, "tid": lanes[name], "args": {"name": label}})
        return lanes[name]

    def bar(name: str, tid: int, start: float, stop: float, **args: Any) -> None:
        found.append(
            {
                "ph": "X",
                "name": name,
                "pid": pid,
                "tid": tid,
                "ts": micros(start),
                "dur": round((stop - start) * 1e6, 1),
            }
            | ({"args": args} if args else {})
        )

    processes = list(dict.fromkeys(one["process"] for one in notes if one["what"] == "ran"))
    loops = {process: EVENT_LOOP if len(processes) == 1 else f"{EVENT_LOOP} {process}" for process in processes}
    bar("setting up", 0, work["begin"], begin)
    bar("work", 0, begin, end)
    first = {one["lane"]: one["spans"][0][1] for one in reversed(notes) if "spans" in one}
    for name in sorted(first, key=lambda name: first[name]):
        lane(name)
    of_processes = {one["lane"].partition(",")[0]: one for one in reversed(notes) if one.get("born")}
    for name, born in ((one["lane"], one["born"]) for one in of_processes.values()):
        if born > work["begin"] - 0.02:  # later than the sample's own process
            started = {"ph": "i", "s": "t", "name": "worker started", "pid": pid, "tid": lane(name), "ts": micros(born)}
            found.append(started)
    for number, one in enumerate(notes):
        if "spans" in one:
            if one.get("first", True):
                queued = {"cat": "queue", "name": "queued", "pid": pid, "tid": 0, "id": number}
                found.append(queued | {"ph": "b", "ts": 0.0, "args": {"item": one["item"]}})
                found.append(queued | {"ph": "e", "ts": max(0.0, micros(one["spans"][0][1]))})
            for state, start, stop in one["spans"]:
                bar(state, lane(one["lane"]), start, stop, item=one["item"])
        elif one["what"] == "sent" and begin <= one["at"]:
            found.append(
                {"ph": "i", "s": "p", "name": "sent to a worker", "pid": pid, "tid": 0, "ts": micros(one["at"])}
            )
        elif one["what"] == "loop" and begin <= one["at"] <= end:
            counts = {"ready": one["ready"], "waiting": one["waiting"]}
            found.append({"ph": "C", "name": "tasks", "pid": pid, "tid": 0, "ts": micros(one["at"]), "args": counts})
        elif one["what"] == "ran" and begin <= one["begin"] and one["end"] <= end:
            bar(one["name"], lane(loops[one["process"]]), one["begin"], one["end"])
    for one in notes:
        if one["what"] == "link" and one["begin"] < one["end"]:  # it takes no time where it has no limit
            bar("carrying", lane(LINK), one["begin"], one["end"], bytes=one["bytes"])
    return found
