"""mpire's WorkerPool: multiprocessing.Pool done again, with less between the items."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from mpire import WorkerPool

from concurrency.work import Work

from ._processes import wait_until_awake

RANK = 5
RUNS = "function"
NEEDS = ["mpire"]
OPTIONS = {"chunksize": {"type": ["integer", "null"], "minimum": 1, "maximum": 10_000_000, "default": None}}


@contextmanager
def start(workers: int, chunksize: int | None) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with WorkerPool(workers, start_method=multiprocessing.get_start_method(), keep_alive=True) as pool:
        wait_until_awake(workers, lambda nap, naps: pool.map(nap, naps, chunk_size=1))
        # each item in a tuple, for what is a tuple or a dict by itself would be taken apart
        yield lambda work, items: pool.map(work.call, [(item,) for item in items], chunk_size=chunksize)
