"""asyncio.TaskGroup: as with gather a task for every page, but if one raises, the others are cancelled."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiohttp

from ._aiohttp import fetch, open_session

RANK = 3
NEEDS = ["aiohttp"]


async def fetch_all(session: aiohttp.ClientSession, urls: list[str], workers: int) -> list[tuple[int, int]]:
    turn = asyncio.Semaphore(workers)

    async def fetch_one(url: str) -> tuple[int, int]:
        async with turn:
            return await fetch(session, url)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(fetch_one(url)) for url in urls]
    return [task.result() for task in tasks]


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    with asyncio.Runner() as runner, open_session(runner.run) as session:
        yield lambda urls: runner.run(fetch_all(session, urls, workers))
