"""asyncio.gather: a task for every item at once, answers in order; a semaphore limits how many run."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

from ._loops import event_loop

RANK = 3
RUNS = "coroutine"
SHARES = "loop"


async def run_all(work: Work, items: list[Any], workers: int) -> list[Any]:
    call, turn = await work.on_loop(), asyncio.Semaphore(workers)

    async def run_one(item: Any) -> Any:
        async with turn:
            return await call(item)

    return await asyncio.gather(*(run_one(item) for item in items))


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with event_loop() as runner:
        yield lambda work, items: runner.run(run_all(work, items, workers))
