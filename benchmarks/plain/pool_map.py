"""multiprocessing.Pool.map, all defaults but the number of processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import Pool

from concurrency.workloads.squares.squares import Task


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    def run(task: Task, items: list[int]) -> list[int]:
        with Pool(workers) as pool:
            return pool.map(task.function, items)

    yield run
