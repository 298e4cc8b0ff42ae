"""Each item of the user's work once, one by one: how long it waits, how long it computes, and what comes of it."""

import pickle
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from concurrency.work import Failed, Work
from concurrency.workloads.own import work as own


@dataclass(frozen=True)
class Seen:
    """What was seen of an item: how long it waited and computed, in seconds, and what came of it before `then`,
    pickled, so that who reads the times need not know the user's classes."""

    waited_s: float
    computed_s: float
    came: bytes


def build(form: str = "", notes: str | None = None, **places: str | None) -> Work:
    """The work at `places`, whose answers are what is `Seen` of each item, or how it failed."""
    work = own.build(form, **places).before
    return replace(
        work,
        function=Timed(work.function) if work.function else None,
        coroutine=TimedOnLoop(work.coroutine) if work.coroutine else None,
    )


@dataclass(frozen=True)
class Timed:
    """A function that answers what is `Seen` of it."""

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Seen:
        began, busy = time.perf_counter(), time.thread_time()
        came = self.function(*arguments)
        return _seen(time.perf_counter() - began, time.thread_time() - busy, came)


@dataclass(frozen=True)
class TimedOnLoop:
    """The same for a coroutine, which has the loop to itself."""

    coroutine: Callable[..., Awaitable[Any]]

    async def __call__(self, *arguments: Any) -> Seen:
        began, busy = time.perf_counter(), time.thread_time()
        came = await self.coroutine(*arguments)
        return _seen(time.perf_counter() - began, time.thread_time() - busy, came)


def _seen(took_s: float, computed_s: float, came: Any) -> Seen:
    return Seen(max(0.0, took_s - computed_s), computed_s, pickle.dumps(came))


def read(file: str) -> Iterator[tuple[int, Seen | Failed]]:
    """What was seen of each item, in their order, or how it failed, of the `file` into which a sample has put that; and
    where in the file that begins."""
    with open(file, "rb") as pickled:
        while True:
            place = pickled.tell()
            try:
                yield place, pickle.load(pickled)  # noqa: S301  (a sample of ours wrote it)
            except EOFError:
                return


def at(file: str, place: int) -> Seen | Failed:
    """What was seen of the item that begins there."""
    with open(file, "rb") as pickled:
        pickled.seek(place)
        seen: Seen | Failed = pickle.load(pickled)  # noqa: S301
        return seen
