"""No loop at all: (n-1)n(2n-1)/6."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work
from concurrency.workloads.squares.sums import closed_form

RANK = 0
SHARES = "thread"


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    yield lambda _, items: [closed_form(item) for item in items]
