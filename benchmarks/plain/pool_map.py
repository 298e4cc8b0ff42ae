"""multiprocessing.Pool.map, all defaults but the number of processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pool

from concurrency.work import Work


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[int]], list[int]]]:
    def run(work: Work, items: list[int]) -> list[int]:
        with Pool(workers) as pool:
            return pool.map(work.function, items)

    yield run
