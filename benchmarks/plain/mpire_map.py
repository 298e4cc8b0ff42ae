"""mpire.WorkerPool.map, all defaults but the number of processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mpire import WorkerPool

from concurrency.work import Work


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[int]], list[int]]]:
    def run(work: Work, items: list[int]) -> list[int]:
        with WorkerPool(n_jobs=workers) as pool:
            return list(pool.map(work.function, items))

    yield run
