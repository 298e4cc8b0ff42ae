"""A stand-in for the user's function: it waits and computes as long as that did when each item was done once.

What comes `then` is the user's own, on what really came back.
"""

import asyncio
import pickle
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concurrency.loading import load, resolved
from concurrency.notes import Noted, NotedOnLoop
from concurrency.work import Failed, Work
from concurrency.workloads.own import recording
from concurrency.workloads.own import work as own

Told = tuple[float, float, int]  # of an item: how long it waits and computes, in seconds, and where its answer is


def items(profile: str) -> list[Told]:
    """What is told of each item in the file `profile`; what failed does so at once, as no time is known of it."""
    return [
        (0.0, 0.0, place) if isinstance(seen, Failed) else (seen.waited_s, seen.computed_s, place)
        for place, seen in recording.read(profile)
    ]


def build(form: str = "", profile: str = "", notes: str | None = None, **places: str | None) -> Work:
    """The work that stands in for the one at `places`, as the file `profile` has it; for `items` of that."""
    real = own.build(form, notes=notes, **places)
    stand_in = StandIn(str(Path(profile).resolve()), tuple(resolved(one) for one in places.values() if one))
    return replace(
        real,
        function=_noted(stand_in, Noted, notes) if real.function else None,
        coroutine=_noted(stand_in.on_loop, NotedOnLoop, notes) if real.coroutine else None,
        open=None,
        open_on_loop=None,
        split=None,
    )


def _noted(function: Any, how: type, notes: str | None) -> Any:
    return how(function, notes, own.WORKING) if notes else function


@dataclass(frozen=True)
class StandIn:
    """The function, with the file of what was seen; what is at `places` must be there when answers are unpickled."""

    file: str
    places: tuple[str, ...]

    def __call__(self, told: Told) -> Any:
        """In a thread, as the user's function did."""
        time.sleep(told[0])
        return self._computed(told)

    async def on_loop(self, told: Told) -> Any:
        """On an event loop, as the user's coroutine did."""
        await asyncio.sleep(told[0])
        return self._computed(told)

    def _computed(self, told: Told) -> Any:
        """The answer; fetching it is a part of the computing."""
        _, computed_s, place = told
        begin = time.thread_time()
        for one in self.places:
            load(one)
        seen = recording.at(self.file, place)
        answer = seen if isinstance(seen, Failed) else pickle.loads(seen.came)  # noqa: S301
        while time.thread_time() - begin < computed_s:
            pass
        return answer
