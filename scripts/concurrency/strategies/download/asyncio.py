"""One thread, one event loop, one session: worker tasks take the next URL whenever their page is there.

Of the ways to put pages on a loop this is the one with a queue (asyncio_queue, one might call it): no more tasks than
requests in flight, however many pages. The others: asyncio_gather, _taskgroup, _as_completed, _wait, _legacy_loop.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiohttp

from ._aiohttp import fetch, open_session

RANK = 2
NEEDS = ["aiohttp"]


async def fetch_all(session: aiohttp.ClientSession, urls: list[str], workers: int) -> list[tuple[int, int]]:
    pages = [(0, 0)] * len(urls)
    todo = iter(enumerate(urls))

    async def work() -> None:
        for i, url in todo:  # shared by all workers: each URL is taken once
            pages[i] = await fetch(session, url)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(urls))):
            group.create_task(work())
    return pages


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    with asyncio.Runner() as runner, open_session(runner.run) as session:
        yield lambda urls: runner.run(fetch_all(session, urls, workers))
