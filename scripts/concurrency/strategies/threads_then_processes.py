"""A pool of threads for what waits, and a pool of processes for what is computed on what has come back."""

from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from contextlib import contextmanager
from typing import Any

from concurrency import cores
from concurrency.work import Work

from ._processes import process_pool
from ._threads import thread_pool

RANK = 6
RUNS = "function"
THEN = "processes"
NEEDS = ["psutil"]
OPTIONS = {"processes": {"type": ["integer", "null"], "minimum": 1, "default": None}}  # null: one per core


@contextmanager
def start(workers: int, processes: int | None) -> Iterator[Callable[[Work, list[Any]], list[Any]]]:
    with process_pool(processes or cores.available()) as pool, thread_pool(workers) as threads:

        def run(work: Work, items: list[Any]) -> list[Any]:
            coming = {threads.submit(work.before.call, item): i for i, item in enumerate(items)}
            answers: list[Any] = [None] * len(items)
            for future in as_completed(coming):
                answers[coming[future]] = pool.submit(work.then_call, future.result())
            return [answer.result() for answer in answers]

        yield run
