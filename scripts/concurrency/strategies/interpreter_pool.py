"""A thread for each worker, in an interpreter of its own with a GIL of its own: all cores within one process."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

RANK = 4
RUNS = "function"
PYTHON = (3, 14)


def begin(path: list[str], awake: Any) -> None:
    sys.path[:] = path  # a new interpreter knows nothing of what the first one has added
    awake.put(None)


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    from concurrent import interpreters  # noqa: PLC0415  (not there before Python 3.14)
    from concurrent.futures import InterpreterPoolExecutor  # noqa: PLC0415

    awake = interpreters.create_queue()
    with InterpreterPoolExecutor(workers, initializer=begin, initargs=(sys.path, awake)) as pool:
        for _ in range(workers):
            pool.submit(int)
        for _ in range(workers):
            awake.get()
        yield lambda work, items: pool.map(work.call, items)
