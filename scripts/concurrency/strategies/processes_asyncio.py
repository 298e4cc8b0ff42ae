"""An event loop in each of several processes, the items dealt out among them: all cores, each with much in flight."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from concurrency.cores import available
from concurrency.work import Work

from ._loops import event_loop
from ._processes import process_pool
from .asyncio import run_all

RANK = 6
RUNS = "coroutine"
OPTIONS = {  # null: one per core
    "processes": {"type": ["integer", "null"], "minimum": 1, "maximum": 10_000, "default": None}
}


def run_share(work: Work, items: list[Any], workers: int) -> list[Any]:
    with event_loop() as runner:
        return runner.run(run_all(work, items, workers))


@contextmanager
def start(workers: int, processes: int | None) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    shares = min(workers, processes or available())
    with process_pool(shares) as pool:

        def run(work: Work, items: list[Any]) -> list[Any]:
            dealt = [items[i::shares] for i in range(shares)]
            in_flight = [len(range(i, workers, shares)) for i in range(shares)]  # `workers` of them in all
            answers: list[Any] = [None] * len(items)
            for i, share in enumerate(pool.map(partial(run_share, work), dealt, in_flight)):
                answers[i::shares] = share
            return answers

        yield run
