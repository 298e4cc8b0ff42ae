"""A session, and so a connection, for every request: what many a first asyncio program does, and pays for."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

RANK = 3
RUNS = "coroutine"
SHARES = "loop"


async def run_all(work: Work, urls: list[Any], workers: int) -> list[Any]:
    turn = asyncio.Semaphore(workers)

    async def run_one(url: Any) -> Any:
        async with turn, work.on_loop() as fetch:
            return await fetch(url)

    return await asyncio.gather(*(run_one(url) for url in urls))


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], list[Any]]]:
    with asyncio.Runner() as runner:
        runner.get_loop()
        yield lambda work, urls: runner.run(run_all(work, urls, workers))
