"""A pool of threads: under the GIL only one of them computes at any moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from concurrency.workloads.squares.squares import Task

from .._threads import thread_pool

RANK = 1
ONE_GIL = True


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    with thread_pool(workers) as pool:
        yield lambda task, items: list(pool.map(task.function, items))
