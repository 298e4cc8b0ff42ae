"""A thread for each worker, in an interpreter of its own with a GIL of its own: all cores within one process."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from select import select
from typing import Any

from concurrency.work import Work

RANK = 4
RUNS = "function"
PYTHON = (3, 14)


def begin(path: list[str], arrivals: int, gate: int) -> None:
    sys.path[:] = path  # a new interpreter knows nothing of what the first one has added
    os.write(arrivals, b".")
    os.read(gate, 1)  # to its end: who is idle would be given what the next one is to be started for


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    from concurrent.futures import InterpreterPoolExecutor  # noqa: PLC0415  (not there before Python 3.14)

    arrived, arrivals = os.pipe()
    gate, lock = os.pipe()
    with InterpreterPoolExecutor(workers, initializer=begin, initargs=(sys.path, arrivals, gate)) as pool:
        try:
            woken = [pool.submit(int) for _ in range(workers)]
            here = 0
            while here < workers and not woken[0].done():  # until then only where one could not begin
                if select([arrived], [], [], 0.05)[0]:
                    here += len(os.read(arrived, workers))
        finally:
            os.close(lock)  # all go on
        for future in woken:
            future.result()
        for end in (arrived, arrivals, gate):
            os.close(end)
        yield lambda work, items: pool.map(work.call, items)
