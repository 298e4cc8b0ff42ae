"""A pool of threads: while one waits, the others go on; under the GIL only one of them computes at any moment."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

from ._threads import thread_pool

RANK = 1
RUNS = "function"
SHARES = "gil"


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with thread_pool(workers) as pool:
        yield lambda work, items: pool.map(work.call, items)
