"""One item after the other: the baseline."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

RANK = 0
RUNS = "function"
SHARES = "thread"


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    yield lambda work, items: map(work.call, items)
