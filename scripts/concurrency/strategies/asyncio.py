"""One thread, one event loop: worker tasks take the next item whenever they are done with one; all wait together.

Of the ways to put items on a loop this is the one with a queue (asyncio_queue, one might call it): no more tasks than
workers, however many items. The others: asyncio_gather, _taskgroup, _as_completed, _wait, _legacy_loop.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

from ._loops import event_loop

RANK = 2
RUNS = "coroutine"
SHARES = "loop"


async def run_all(work: Work, items: list[Any], workers: int) -> list[Any]:
    call = await work.on_loop()
    answers: list[Any] = [None] * len(items)
    todo = iter(enumerate(items))

    async def take_turns() -> None:
        for i, item in todo:  # shared by all workers: each item is taken once
            answers[i] = await call(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(items))):
            group.create_task(take_turns())
    return answers


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with event_loop() as runner:
        yield lambda work, items: runner.run(run_all(work, items, workers))
