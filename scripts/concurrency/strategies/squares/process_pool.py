"""concurrent.futures' pool of processes: items and results travel between them pickled, `chunksize` at a time."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from concurrency.squares import Task

RANK = 2
OPTIONS = {"chunksize": {"type": "integer", "minimum": 1, "default": 1}}


@contextmanager
def start(workers: int, chunksize: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    context = multiprocessing.get_context()
    awake = context.Barrier(workers + 1)
    with ProcessPoolExecutor(workers, context, initializer=awake.wait) as pool:
        for _ in range(workers):
            pool.submit(int)
        awake.wait()
        yield lambda task, items: list(pool.map(task.function, items, chunksize=chunksize))
