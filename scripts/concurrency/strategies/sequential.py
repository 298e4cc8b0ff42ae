"""One item after the other: the baseline."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

RANK = 0
RUNS = "function"
SHARES = "thread"


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], list[Any]]]:
    yield lambda work, items: list(map(work.call, items))
