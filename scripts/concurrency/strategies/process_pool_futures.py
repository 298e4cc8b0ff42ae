"""The same pool one future at a time: results are noted as they come, and a failure calls off what has not begun."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

from ._processes import process_pool

RANK = 4
RUNS = "function"


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with process_pool(workers) as pool:

        def run(work: Work, items: list[Any]) -> Iterable[Any]:
            futures = [pool.submit(work.call, item) for item in items]

            def done(future: Future[Any]) -> None:  # called as soon as a result is there, whichever it is
                if not future.cancelled() and (error := future.exception()) and not isinstance(error, BrokenExecutor):
                    for other in futures:
                        other.cancel()

            for future in futures:
                future.add_done_callback(done)
            return (future.result() for future in futures)  # in the order of the items

        yield run
