"""asyncio.as_completed: answers are handled in the order in which they come; each must say which it is."""

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

    async def run_one(i: int, item: Any) -> tuple[int, Any]:
        async with turn:
            return i, await call(item)

    answers: list[Any] = [None] * len(items)
    for coming in asyncio.as_completed([run_one(i, item) for i, item in enumerate(items)]):
        i, answer = await coming
        answers[i] = answer
    return answers


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with event_loop() as runner:
        yield lambda work, items: runner.run(run_all(work, items, workers))
