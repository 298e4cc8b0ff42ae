"""Waiting as for a service that takes no processor: on a file that the kernel makes readable when its time has come.

To who waits, that is a socket on which a reply comes: a thread blocks in `read` and has let go of the GIL, an event
loop watches it among others. A server on this machine would take its part of the cores that are measured, and asyncio
rounds the length of a sleep up to whole milliseconds. `benchmarks/map_waits.py` holds it against such a server, and a
sleep.
"""

import asyncio
import ctypes
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

MONOTONIC, NONBLOCK, CLOEXEC = 1, os.O_NONBLOCK, getattr(os, "O_CLOEXEC", 0)  # Linux, timerfd_create(2)


class _Times(ctypes.Structure):
    """Linux' struct itimerspec: how often again, and when first, each in seconds and nanoseconds."""

    _fields_ = [(name, ctypes.c_long) for name in ("again_s", "again_ns", "first_s", "first_ns")]


class Timer:
    """A file that is readable once the time `set` last has come. Raises OSError where the system has none."""

    def __init__(self, flags: int = 0) -> None:
        self._times = _Times()
        self._set = _function("timerfd_settime")
        self.file = _function("timerfd_create")(MONOTONIC, flags | CLOEXEC)
        if self.file < 0:
            raise OSError(ctypes.get_errno(), "no timer to be had")

    def set(self, seconds: float) -> None:
        """Be readable after so many seconds, which are more than 0."""
        self._times.first_s, self._times.first_ns = divmod(max(1, round(seconds * 1e9)), 1_000_000_000)
        self._set(self.file, 0, ctypes.byref(self._times), None)

    def wait(self, seconds: float) -> None:
        """Block for so long."""
        self.set(seconds)
        os.read(self.file, 8)


def _function(name: str) -> "ctypes._NamedFuncPointer":
    try:
        found: ctypes._NamedFuncPointer = getattr(ctypes.CDLL(None, use_errno=True), name)
    except AttributeError:
        raise OSError(f"this system has no {name}") from None
    return found


class Sleeper:
    """What stands in where the system has no such timers."""

    wait = staticmethod(time.sleep)


@contextmanager
def timer() -> Iterator[Timer | Sleeper]:
    """A worker's own."""
    try:
        found = Timer()
    except OSError:
        yield Sleeper()
        return
    try:
        yield found
    finally:
        os.close(found.file)


class Connection:
    """A timer that the running event loop watches, for one task at a time."""

    def __init__(self) -> None:
        self._loop, self._timer = asyncio.get_running_loop(), Timer(NONBLOCK)
        self._waiter: asyncio.Future[None] | None = None
        self._loop.add_reader(self._timer.file, self._ready)

    async def wait(self, seconds: float) -> None:
        """Give way for so long."""
        self._waiter = self._loop.create_future()
        self._timer.set(seconds)
        await self._waiter

    def _ready(self) -> None:
        os.read(self._timer.file, 8)
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """It is watched no longer."""
        self._loop.remove_reader(self._timer.file)
        os.close(self._timer.file)


class Connections:
    """Those of a loop: as many as were ever used at once."""

    def __init__(self) -> None:
        self._every: list[Connection] = []
        self._idle: list[Connection] = []

    async def wait(self, seconds: float) -> None:
        """Give way for so long, on one that nobody else uses meanwhile."""
        if not self._idle:
            try:
                self._idle.append(Connection())
            except OSError:
                return await asyncio.sleep(seconds)
            self._every.append(self._idle[-1])
        connection = self._idle.pop()
        try:
            await connection.wait(seconds)
        finally:
            self._idle.append(connection)

    def close(self) -> None:
        """No longer watch any."""
        for connection in self._every:
            connection.close()


@asynccontextmanager
async def connections() -> AsyncIterator[Connections]:
    """Those of the running loop."""
    found = Connections()
    try:
        yield found
    finally:
        found.close()
