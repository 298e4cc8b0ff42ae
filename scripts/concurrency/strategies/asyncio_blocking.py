"""A blocking function inside coroutines: each call stops the loop, so the items come one after the other."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

from ._loops import event_loop

RANK = 3
RUNS = "function"
SHARES = "loop"


async def run_all(work: Work, items: list[Any], workers: int) -> list[Any]:
    turn = asyncio.Semaphore(workers)
    call = work.call

    async def run_one(item: Any) -> Any:
        async with turn:
            return call(item)  # nothing to await: an async function needs async libraries

    return await asyncio.gather(*(run_one(item) for item in items))


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with event_loop() as runner:
        yield lambda work, items: runner.run(run_all(work, items, workers))
