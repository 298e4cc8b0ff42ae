"""No loop at all: (n-1)n(2n-1)/6."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from concurrency.workloads.squares.squares import Task, closed_form

RANK = 0
ONE_WORKER = True


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    yield lambda _, items: [closed_form(item) for item in items]
