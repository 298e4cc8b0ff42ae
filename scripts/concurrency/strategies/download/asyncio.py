"""One thread, one event loop, one session: worker tasks take the next URL whenever their page is there."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiohttp

from ._aiohttp import fetch, new_session

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
    with asyncio.Runner() as runner:
        session = runner.run(new_session())
        try:
            yield lambda urls: runner.run(fetch_all(session, urls, workers))
        finally:
            runner.run(session.close())
