"""The same pool one future at a time: results are noted as they come, and a failure calls off what has not begun."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from concurrency.workloads.squares.squares import Task

from .._processes import process_pool

RANK = 4


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    with process_pool(workers) as pool:

        def run(task: Task, items: list[int]) -> list[int]:
            futures = [pool.submit(task.function, item) for item in items]

            def done(future: Future[Any]) -> None:  # called as soon as a result is there, whichever it is
                if not future.cancelled() and future.exception():
                    for other in futures:
                        other.cancel()

            for future in futures:
                future.add_done_callback(done)
            return [future.result() for future in futures]  # in the order of the items

        yield run
