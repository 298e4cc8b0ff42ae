"""mpire's WorkerPool: multiprocessing.Pool done again, with less between the items."""

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mpire import WorkerPool

from concurrency.workloads.squares.squares import Task

from .._processes import wait_until_awake

RANK = 5
NEEDS = ["mpire"]
OPTIONS = {"chunksize": {"type": ["integer", "null"], "minimum": 1, "default": None}}


@contextmanager
def start(workers: int, chunksize: int | None) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    with WorkerPool(workers, start_method=multiprocessing.get_start_method(), keep_alive=True) as pool:
        wait_until_awake(workers, lambda nap, naps: pool.map(nap, naps, chunk_size=1))
        yield lambda task, items: pool.map(task.function, items, chunk_size=chunksize)
