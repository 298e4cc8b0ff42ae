"""asyncio.as_completed: pages are handled in the order in which they come; each must say which it is."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiohttp

from ._aiohttp import fetch, open_session

RANK = 3
NEEDS = ["aiohttp"]


async def fetch_all(session: aiohttp.ClientSession, urls: list[str], workers: int) -> list[tuple[int, int]]:
    turn = asyncio.Semaphore(workers)

    async def fetch_one(i: int, url: str) -> tuple[int, tuple[int, int]]:
        async with turn:
            return i, await fetch(session, url)

    pages = [(0, 0)] * len(urls)
    for coming in asyncio.as_completed([fetch_one(i, url) for i, url in enumerate(urls)]):
        i, page = await coming
        pages[i] = page
    return pages


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    with asyncio.Runner() as runner, open_session(runner.run) as session:
        yield lambda urls: runner.run(fetch_all(session, urls, workers))
