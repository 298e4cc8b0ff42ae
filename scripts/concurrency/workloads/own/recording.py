"""Each item of the user's work once, one by one: how long it waits, how long it computes, and what comes of it."""

import pickle
import time
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concurrency.work import Failed, Work
from concurrency.workloads.own import work as own
from concurrency.workloads.own.journal import JournalledWork


@dataclass(frozen=True)
class Seen:
    """What was seen of an item: how long it waited and computed, in seconds, and what came of it before `then`,
    pickled, so that who reads the times need not know the user's classes."""

    waited_s: float
    computed_s: float
    came: bytes


def build(form: str = "", notes: str | None = None, journal: str = "", **places: str | None) -> Work:
    """The work at `places`, of whose items the journal in that folder gets what is seen of them, or how they failed."""
    work = own.build(form, **places).before
    timed = replace(
        work,
        function=Timed(work.function) if work.function else None,
        coroutine=TimedOnLoop(work.coroutine) if work.coroutine else None,
    )
    return JournalledWork.of(timed, journal)


@dataclass(frozen=True)
class Timed:
    """A function that answers what is seen of it, as a journal can hold it."""

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> dict[str, Any]:
        began, busy = time.perf_counter(), time.thread_time()
        came = self.function(*arguments)
        return _seen(time.perf_counter() - began, time.thread_time() - busy, came)


@dataclass(frozen=True)
class TimedOnLoop:
    """The same for a coroutine, which has the loop to itself."""

    coroutine: Callable[..., Awaitable[Any]]

    async def __call__(self, *arguments: Any) -> dict[str, Any]:
        began, busy = time.perf_counter(), time.thread_time()
        came = await self.coroutine(*arguments)
        return _seen(time.perf_counter() - began, time.thread_time() - busy, came)


def _seen(took_s: float, computed_s: float, came: Any) -> dict[str, Any]:
    text = b64encode(pickle.dumps(came)).decode()
    return {"waited_s": max(0.0, took_s - computed_s), "computed_s": computed_s, "came": text}


def write(file: Path, told: Iterable[Mapping[str, Any]]) -> Iterator[Seen | Failed]:
    """Put into `file`, item by item, what is `told` of each by the lines of a journal; that is what is answered."""
    with open(file, "wb") as pickled:
        for line in told:
            seen: Seen | Failed
            if "error" in line:
                seen = Failed(line["error"], line["message"], line["traceback"])
            else:
                seen = Seen(**{**line["result"], "came": b64decode(line["result"]["came"])})
            pickle.dump(seen, pickled)
            yield seen


def read(file: str) -> Iterator[tuple[int, Seen | Failed]]:
    """What was seen of each item, in their order, or how it failed, of the `file` into which that was put; and where in
    the file that begins."""
    with open(file, "rb") as pickled:
        while True:
            place = pickled.tell()
            try:
                yield place, pickle.load(pickled)  # noqa: S301  (`write` wrote it)
            except EOFError:
                return


def at(file: str, place: int) -> Seen | Failed:
    """What was seen of the item that begins there."""
    with open(file, "rb") as pickled:
        pickled.seek(place)
        seen: Seen | Failed = pickle.load(pickled)  # noqa: S301
        return seen
