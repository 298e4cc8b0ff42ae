"""A session, and so a connection, for every request: what many a first asyncio program does, and pays for."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ._aiohttp import fetch, new_session

RANK = 3
NEEDS = ["aiohttp"]


async def fetch_all(urls: list[str], workers: int) -> list[tuple[int, int]]:
    turn = asyncio.Semaphore(workers)

    async def fetch_one(url: str) -> tuple[int, int]:
        async with turn, await new_session() as session:
            return await fetch(session, url)

    return await asyncio.gather(*(fetch_one(url) for url in urls))


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    with asyncio.Runner() as runner:
        runner.get_loop()
        yield lambda urls: runner.run(fetch_all(urls, workers))
