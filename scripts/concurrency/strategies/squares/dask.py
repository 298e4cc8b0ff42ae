"""A dask graph with a task for each item, run by dask's scheduler for processes on the same pool as process_pool."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dask

from concurrency.workloads.squares.squares import Task

from .._processes import process_pool

RANK = 7
NEEDS = ["dask"]


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    with process_pool(workers) as pool:

        def run(task: Task, items: list[int]) -> list[int]:
            lazy = [dask.delayed(task.function, pure=False)(item) for item in items]
            return list(dask.compute(*lazy, scheduler="processes", pool=pool, chunksize=1))

        yield run
