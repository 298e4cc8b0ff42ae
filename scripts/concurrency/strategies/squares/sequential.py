"""One item after the other: the baseline."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from concurrency.workloads.squares.squares import Task

RANK = 0
ONE_WORKER = True


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    yield lambda task, items: [task.function(item) for item in items]
