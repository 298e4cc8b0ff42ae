"""A stand-in for the user's function: it waits and computes as long as that did when each item was done once.

What comes `then` is the user's own, on what really came back.
"""

import asyncio
import pickle
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concurrency.loading import load
from concurrency.notes import Noted, NotedOnLoop
from concurrency.work import Failed, Work
from concurrency.workloads.own import recording
from concurrency.workloads.own import work as own

Recalled = tuple[recording.Seen, Any]
AT_ONCE = recording.Seen(0.0, 0.0, b"")  # what failed, of which no time is known


def build(form: str = "", profile: str = "", notes: str | None = None, **places: str | None) -> Work:
    """What stands in for the work at `places`, as the file `profile` has it; items are positions in there."""
    real = own.build(form, notes=notes, **places)
    opened = Profile(str(Path(profile).resolve()), tuple(place for place in places.values() if place))
    return replace(
        real,
        function=_noted(wait_and_compute, Noted, notes) if real.function else None,
        coroutine=_noted(wait_and_compute_on_loop, NotedOnLoop, notes) if real.coroutine else None,
        open=opened,
        open_on_loop=ProfileOnLoop(opened),
        split=None,
    )


def _noted(function: Any, how: type, notes: str | None) -> Any:
    return how(function, notes, own.WORKING) if notes else function


@dataclass(frozen=True)
class Profile:
    """What was seen, as a worker opens it; the code at `places` must be there when results are unpickled."""

    file: str
    places: tuple[str, ...]

    @contextmanager
    def __call__(self) -> Iterator[list[Recalled]]:
        for place in self.places:
            load(str(Path(place).resolve()))
        yield [
            (AT_ONCE, seen) if isinstance(seen, Failed) else (seen, pickle.loads(seen.came))  # noqa: S301
            for seen in recording.read(self.file)
        ]


@dataclass(frozen=True)
class ProfileOnLoop:
    """The same on an event loop."""

    profile: Profile

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[list[Recalled]]:
        with self.profile() as seen:
            yield seen


def wait_and_compute(place: int, seen: list[Recalled]) -> Any:
    """In a thread, as the user's function did."""
    time.sleep(seen[place][0].waited_s)
    return _computed(seen[place])


async def wait_and_compute_on_loop(place: int, seen: list[Recalled]) -> Any:
    """On an event loop, as the user's coroutine did."""
    await asyncio.sleep(seen[place][0].waited_s)
    return _computed(seen[place])


def _computed(recalled: Recalled) -> Any:
    seen, came = recalled
    begin = time.thread_time()
    while time.thread_time() - begin < seen.computed_s:
        pass
    return came
