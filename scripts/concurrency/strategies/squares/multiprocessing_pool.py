"""multiprocessing.Pool.map: a pool of processes that by default gets four chunks of items for each of them."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from concurrency.squares import Task

RANK = 3
OPTIONS = {"chunksize": {"type": ["integer", "null"], "minimum": 1, "default": None}}


@contextmanager
def start(workers: int, chunksize: int | None) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    context = multiprocessing.get_context()
    awake = context.Barrier(workers + 1)
    with context.Pool(workers, initializer=awake.wait) as pool:
        awake.wait()
        yield lambda task, items: pool.map(task.function, items, chunksize)
