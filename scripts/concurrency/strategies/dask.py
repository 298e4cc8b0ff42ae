"""A dask graph with a task for each item, run by dask's scheduler for processes on the same pool as process_pool."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import dask

from concurrency.work import Work

from ._processes import process_pool

RANK = 7
RUNS = "function"
NEEDS = ["dask"]


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with process_pool(workers) as pool:

        def run(work: Work, items: list[Any]) -> Iterable[Any]:
            lazy = [dask.delayed(work.call, pure=False)(item) for item in items]
            return list(dask.compute(*lazy, scheduler="processes", pool=pool, chunksize=1))

        yield run
