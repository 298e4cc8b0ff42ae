"""asyncio.gather over aiohttp.ClientSession, whose connector says how many requests are in flight."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiohttp

from concurrency.work import Work


async def fetch(session: aiohttp.ClientSession, url: str) -> tuple[int, int]:
    async with session.get(url) as response:
        return response.status, len(await response.read())


async def fetch_all(urls: list[str], workers: int) -> list[tuple[int, int]]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=workers)) as session:
        return await asyncio.gather(*(fetch(session, url) for url in urls))


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[str]], list[tuple[int, int]]]]:
    yield lambda _, urls: asyncio.run(fetch_all(urls, workers))
