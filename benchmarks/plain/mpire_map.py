"""mpire.WorkerPool.map, all defaults but the number of processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mpire import WorkerPool

from concurrency.workloads.squares.squares import Task


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    def run(task: Task, items: list[int]) -> list[int]:
        with WorkerPool(n_jobs=workers) as pool:
            return list(pool.map(task.function, items))

    yield run
