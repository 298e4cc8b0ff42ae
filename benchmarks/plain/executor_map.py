"""ProcessPoolExecutor.map, all defaults but the number of processes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from concurrency.work import Work


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[int]], list[int]]]:
    def run(work: Work, items: list[int]) -> list[int]:
        with ProcessPoolExecutor(workers) as pool:
            return list(pool.map(work.function, items))

    yield run
