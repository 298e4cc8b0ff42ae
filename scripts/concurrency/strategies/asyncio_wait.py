"""asyncio.wait: a window of tasks; whenever some are done, as many new ones begin."""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

from ._loops import event_loop

RANK = 4
RUNS = "coroutine"
SHARES = "loop"


async def run_all(work: Work, items: list[Any], workers: int) -> list[Any]:
    call = await work.on_loop()
    answers: list[Any] = [None] * len(items)
    todo = iter(enumerate(items))
    under_way: dict[asyncio.Future[Any], int] = {}
    while True:
        for i, item in itertools.islice(todo, workers - len(under_way)):
            under_way[asyncio.ensure_future(call(item))] = i
        if not under_way:
            return answers
        done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            answers[under_way.pop(task)] = task.result()


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with event_loop() as runner:
        yield lambda work, items: runner.run(run_all(work, items, workers))
