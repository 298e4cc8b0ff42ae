"""What the asyncio event loops of a process do, noted from within; never in a process that is timed.

At every handle that a loop runs (a step of a task, or another callback), before and after it: how many tasks were ready
to go on, and how many waited for something. The one that runs is neither. A task counts from when it was first
scheduled; one that starts eagerly (Python 3.12) and is not done at once, from when the loop next looks around.
"""

import asyncio
import os
import threading
import time
from asyncio import base_events, events
from typing import Any

from concurrency import notes


class Tasks:
    """The tasks of a loop that are not done, and those of them that are ready."""

    def __init__(self) -> None:
        self.alive: set[Any] = set()
        self.ready: set[Any] = set()

    def counts(self, running: Any = None) -> list[int]:
        """How many are ready, and how many wait, while one is `running`."""
        return [len(self.ready), len(self.alive) - len(self.ready) - (running in self.alive)]


def watch_event_loops(file: str) -> None:
    """From now on, note in `file` what the asyncio event loops of this process do."""
    loop_class: Any = base_events.BaseEventLoop
    look, schedule, run = loop_class._run_once, loop_class._call_soon, events.Handle._run

    def of(loop: Any) -> Tasks:
        found: Tasks = vars(loop).setdefault("_watched_tasks", Tasks())
        return found

    def watched_look(loop: Any) -> None:
        of(loop).alive |= asyncio.all_tasks(loop)
        look(loop)

    def watched_schedule(loop: Any, *arguments: Any) -> Any:
        handle = schedule(loop, *arguments)
        if isinstance(task := _owner(handle), asyncio.Task):
            of(loop).alive.add(task)
            of(loop).ready.add(task)
        return handle

    def watched_run(handle: Any) -> None:
        tasks, owner, name = of(handle._loop), _owner(handle), _name(handle)
        is_task = isinstance(owner, asyncio.Task)
        if is_task:
            tasks.ready.discard(owner)
        before, begin = tasks.counts(owner if is_task else None), time.perf_counter()
        run(handle)
        end = time.perf_counter()
        if is_task and owner.done():
            tasks.alive.discard(owner)
        notes.keep(
            file, what="ran", name=name, process=os.getpid(), thread=threading.get_native_id(),
            begin=begin, end=end, before=before, after=tasks.counts(),
        )  # fmt: skip

    loop_class._run_once, loop_class._call_soon = watched_look, watched_schedule
    events.Handle._run = watched_run  # type: ignore[method-assign, assignment]


def _owner(handle: Any) -> Any:
    return getattr(handle._callback, "__self__", None)


def _name(handle: Any) -> str:
    owner = _owner(handle)
    running: Any = owner.get_coro() if isinstance(owner, asyncio.Task) else handle._callback
    return getattr(running, "__qualname__", type(running).__name__)
