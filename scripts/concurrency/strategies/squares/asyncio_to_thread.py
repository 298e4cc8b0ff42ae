"""An event loop that hands each item to a thread: the loop stays free for others, the GIL as busy as before."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from concurrency.squares import Task

RANK = 2
ONE_GIL = True


async def compute_all(task: Task, items: list[int]) -> list[int]:
    return await asyncio.gather(*(asyncio.to_thread(task.function, item) for item in items))


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    awake = threading.Barrier(workers + 1)
    with asyncio.Runner() as runner:  # which also ends its loop's executor
        pool = ThreadPoolExecutor(workers, initializer=awake.wait)
        runner.get_loop().set_default_executor(pool)  # what to_thread uses
        for _ in range(workers):
            pool.submit(int)
        awake.wait()
        yield lambda task, items: runner.run(compute_all(task, items))
