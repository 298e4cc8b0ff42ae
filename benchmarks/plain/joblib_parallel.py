"""joblib.Parallel, all defaults but the number of processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from joblib import Parallel, delayed

from concurrency.workloads.squares.squares import Task


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    def run(task: Task, items: list[int]) -> list[int]:
        return list(Parallel(n_jobs=workers)(delayed(task.function)(item) for item in items))

    yield run
