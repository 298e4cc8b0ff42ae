"""Notes of what happened when, which several processes append to one file as JSON lines.

What happens often is kept in memory, as a write would take longer than what it tells of, and written with the process's
next note or at its end; what is noted of an item is written at once, as a pool may end its workers at any moment.
"""

import json
import os
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

_kept: deque[dict[str, Any]] = deque()  # of this process, for the one file that it takes notes in
_written_at_end: set[int] = set()  # by which processes


def note(file: str, **facts: Any) -> None:
    """Append `facts` to the notes in `file`, after what was kept; in one write, so that processes do not mix lines."""
    lines = []
    with suppress(IndexError):  # other threads may take of it meanwhile
        while True:
            lines.append(_kept.popleft())
    if facts:
        lines.append(facts)
    if not lines:
        return
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, b"".join(json.dumps(one, default=repr).encode() + b"\n" for one in lines))
    finally:
        os.close(descriptor)


def keep(file: str, **facts: Any) -> None:
    """Append `facts` with the next note in `file`, or when this process ends."""
    if os.getpid() not in _written_at_end:
        _written_at_end.add(os.getpid())
        Finalize(None, note, (file,), exitpriority=0)  # worker processes end without atexit
    _kept.append(facts)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_kept.clear)  # what its parent has kept, that writes itself


@dataclass(frozen=True)
class Noted:
    """A function that notes when it is sent to another process, and when and where it computes."""

    function: Callable[..., Any]
    file: str
    state: str = "computing"  # what it is said to do
    is_first: bool = True  # not something that is done to an item after another

    def __call__(self, *arguments: Any) -> Any:
        begin = time.perf_counter()
        try:
            return self.function(*arguments)
        finally:
            end = time.perf_counter()
            # by the system's number: in a subinterpreter, Python's name for one thread changes from call to call
            lane = f"process {os.getpid()}, thread {threading.get_native_id()}"
            spans = [[self.state, begin, end]]
            item = arguments if self.is_first else ()
            note(self.file, what="computing", item=item, lane=lane, born=_born(), spans=spans, first=self.is_first)

    def __reduce__(self) -> tuple[Any, ...]:
        note(self.file, what="sent", at=time.perf_counter())
        return Noted, (self.function, self.file, self.state, self.is_first)


@dataclass(frozen=True)
class NotedOnLoop:
    """A coroutine function that notes when it was under way, and as which task."""

    coroutine: Callable[..., Awaitable[Any]]
    file: str
    state: str

    async def __call__(self, *arguments: Any) -> Any:
        import asyncio  # noqa: PLC0415  (who runs no loop must not import it)

        task, begin = asyncio.current_task(), time.perf_counter()
        try:
            return await self.coroutine(*arguments)
        finally:
            lane = f"process {os.getpid()}, {task.get_name() if task else 'no task'}"
            spans = [[self.state, begin, time.perf_counter()]]
            note(self.file, what="computing", item=arguments[:1], lane=lane, born=_born(), spans=spans)


def _born() -> float | None:
    """When this process was started, to a hundredth of a second; None where the platform does not tell."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")  # proc(5): starttime, in ticks of the clock of perf_counter
