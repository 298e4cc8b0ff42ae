"""An event loop that hands each item to a thread: the loop stays free for others, the GIL as busy as before."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from concurrency.workloads.squares.squares import Task

from .._threads import thread_pool

RANK = 2
ONE_GIL = True


async def compute_all(task: Task, items: list[int]) -> list[int]:
    return await asyncio.gather(*(asyncio.to_thread(task.function, item) for item in items))


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    with thread_pool(workers) as pool, asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(pool)  # what to_thread uses
        yield lambda task, items: runner.run(compute_all(task, items))
