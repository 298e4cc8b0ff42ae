"""asyncio.as_completed: answers are handled in the order in which they come; each must say which it is."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

RANK = 3
RUNS = "coroutine"
SHARES = "loop"


async def run_all(work: Work, items: list[Any], workers: int) -> list[Any]:
    turn = asyncio.Semaphore(workers)
    answers: list[Any] = [None] * len(items)
    async with work.on_loop() as call:

        async def run_one(i: int, item: Any) -> tuple[int, Any]:
            async with turn:
                return i, await call(item)

        for coming in asyncio.as_completed([run_one(i, item) for i, item in enumerate(items)]):
            i, answer = await coming
            answers[i] = answer
    return answers


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], list[Any]]]:
    with asyncio.Runner() as runner:
        runner.get_loop()
        yield lambda work, items: runner.run(run_all(work, items, workers))
