"""One event loop waits for all that is under way and stays free: what has come back is computed on in threads."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.cores import available
from concurrency.work import Work

from ._loops import event_loop
from ._threads import thread_pool
from .asyncio_then_processes import run_all

RANK = 6
RUNS = "coroutine"
THEN = "threads"
SHARES = "gil"
OPTIONS = {  # null: one per core
    "threads": {"type": ["integer", "null"], "minimum": 1, "maximum": 10_000, "default": None}
}


@contextmanager
def start(workers: int, threads: int | None) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with thread_pool(threads or available()) as pool, event_loop() as runner:
        yield lambda work, items: runner.run(run_all(work, items, workers, pool))
