"""Notes of what happened when, which several processes append to one file as JSON lines.

What happens often is kept in memory, as a write would take longer than what it tells of, and written with the process's
next note or at its end. What is noted of an item is written at once, as a pool may end its workers at any moment; but
not in the process that starts them, whose threads would each time give away the GIL.
"""

import json
import os
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

_kept: deque[dict[str, Any]] = deque()  # of this process, for the one file that it takes notes in
_keeps_all = False
_keepers: set[int] = set()  # processes that write what they have kept when they end


def note(file: str, **facts: Any) -> None:
    """Append `facts` to the notes in `file`, at once unless `keep_all` was called in this process."""
    _kept.append(facts)
    if not _keeps_all:
        write(file)


def keep(file: str, **facts: Any) -> None:
    """Append `facts` with the next note in `file`, or when this process ends."""
    if os.getpid() not in _keepers:
        _keepers.add(os.getpid())
        Finalize(None, write, (file,), exitpriority=0)  # worker processes end without atexit
    _kept.append(facts)


def write(file: str) -> None:
    """Write what was kept, at once, so that processes do not mix their lines."""
    lines = []
    with suppress(IndexError):  # other threads may take of it meanwhile
        while True:
            lines.append(_kept.popleft())
    if not lines:
        return
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, b"".join(json.dumps(one, default=repr).encode() + b"\n" for one in lines))
    finally:
        os.close(descriptor)


def keep_all() -> None:
    """Keep all that this process notes, until it is to `write` it; those that it forks do not."""
    global _keeps_all  # noqa: PLW0603
    _keeps_all = True


def _begin_anew() -> None:
    global _keeps_all  # noqa: PLW0603
    _keeps_all = False
    _kept.clear()  # what its parent has kept, that writes itself


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)


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
            note(
                self.file,
                what="computing",
                item=item,
                lane=lane,
                born=_born(os.getpid()),
                spans=spans,
                first=self.is_first,
            )

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
            note(self.file, what="computing", item=arguments[:1], lane=lane, born=_born(os.getpid()), spans=spans)


@cache
def _born(process: int) -> float | None:
    """When this process was started, to a hundredth of a second; None where the platform does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")  # proc(5): starttime, in ticks of the clock of perf_counter
