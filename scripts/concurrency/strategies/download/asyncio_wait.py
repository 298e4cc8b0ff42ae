"""asyncio.wait: a window of tasks; whenever some are done, as many new ones begin."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiohttp

from ._aiohttp import fetch, open_session

RANK = 4
NEEDS = ["aiohttp"]


async def fetch_all(session: aiohttp.ClientSession, urls: list[str], workers: int) -> list[tuple[int, int]]:
    pages = [(0, 0)] * len(urls)
    todo = iter(enumerate(urls))
    under_way: dict[asyncio.Task[tuple[int, int]], int] = {}
    while True:
        for i, url in itertools.islice(todo, workers - len(under_way)):
            under_way[asyncio.create_task(fetch(session, url))] = i
        if not under_way:
            return pages
        done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            pages[under_way.pop(task)] = task.result()


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    with asyncio.Runner() as runner, open_session(runner.run) as session:
        yield lambda urls: runner.run(fetch_all(session, urls, workers))
