"""A session, and so a connection, for every request: what many a first asyncio program does, and pays for."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.strategies._loops import event_loop
from concurrency.work import Work

RANK = 3
RUNS = "coroutine"
SHARES = "loop"


async def run_all(work: Work, urls: list[Any], workers: int) -> list[Any]:
    assert work.open_on_loop
    assert work.coroutine
    fetch, new_session, turn = work.coroutine, work.open_on_loop, asyncio.Semaphore(workers)

    async def run_one(url: Any) -> Any:
        async with turn, new_session() as session:
            return await fetch(url, session)

    return await asyncio.gather(*(run_one(url) for url in urls))


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with event_loop() as runner:
        yield lambda work, urls: runner.run(run_all(work, urls, workers))
