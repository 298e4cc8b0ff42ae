"""Coroutines on one event loop: computing never waits for anything, so they run one after the other."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from concurrency.workloads.squares.squares import Task

RANK = 2
ONE_WORKER = True


async def compute(task: Task, item: int) -> int:
    return task.function(item)  # no `await` in here: the loop gets no chance to switch


async def compute_all(task: Task, items: list[int]) -> list[int]:
    return await asyncio.gather(*(compute(task, item) for item in items))


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    with asyncio.Runner() as runner:
        runner.get_loop()
        yield lambda task, items: runner.run(compute_all(task, items))
