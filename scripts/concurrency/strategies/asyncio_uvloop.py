"""`asyncio` on uvloop, an event loop in C over libuv: not a line of the work changes."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop

from concurrency.work import Work

from ._loops import event_loop
from .asyncio import run_all

RANK = 3
RUNS = "coroutine"
SHARES = "loop"
NEEDS = ["uvloop"]


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with event_loop(loop_factory=uvloop.new_event_loop) as runner:
        yield lambda work, items: runner.run(run_all(work, items, workers))
