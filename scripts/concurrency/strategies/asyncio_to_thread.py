"""An event loop that hands each item to a thread: the loop stays free for others, the GIL as busy as before."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

from ._threads import thread_pool

RANK = 2
RUNS = "function"
SHARES = "gil"


async def run_all(work: Work, items: list[Any]) -> list[Any]:
    return await asyncio.gather(*(asyncio.to_thread(work.call, item) for item in items))


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with thread_pool(workers) as pool, asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(pool)  # what to_thread uses
        yield lambda work, items: runner.run(run_all(work, items))
