"""ProcessPoolExecutor.map, all defaults but the number of processes."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from concurrency.workloads.squares.squares import Task


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    def run(task: Task, items: list[int]) -> list[int]:
        with ProcessPoolExecutor(workers) as pool:
            return list(pool.map(task.function, items))

    yield run
