"""requests inside coroutines: each call blocks the loop, so the pages come one after the other."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

from ._requests import fetch, new_session

RANK = 3
NEEDS = ["requests"]


async def fetch_all(session: requests.Session, urls: list[str], workers: int) -> list[tuple[int, int]]:
    turn = asyncio.Semaphore(workers)

    async def fetch_one(url: str) -> tuple[int, int]:
        async with turn:
            return fetch(session, url)  # nothing to await: an async function needs an async library

    return await asyncio.gather(*(fetch_one(url) for url in urls))


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    with asyncio.Runner() as runner, new_session() as session:
        runner.get_loop()
        yield lambda urls: runner.run(fetch_all(session, urls, workers))
