"""An event loop in each of several processes, the pages dealt out among them: for more than one core can fetch."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from concurrency import cores

from .._processes import process_pool
from ._aiohttp import new_session
from .asyncio import fetch_all

RANK = 6
NEEDS = ["aiohttp", "psutil"]
OPTIONS = {"processes": {"type": ["integer", "null"], "minimum": 1, "default": None}}  # null: one a core


def fetch_share(urls: list[str], in_flight: int) -> list[tuple[int, int]]:
    async def main() -> list[tuple[int, int]]:
        async with await new_session() as session:
            return await fetch_all(session, urls, in_flight)

    return asyncio.run(main())


@contextmanager
def start(workers: int, processes: int | None) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    shares = min(workers, processes or cores.available())
    with process_pool(shares) as pool:

        def run(urls: list[str]) -> list[tuple[int, int]]:
            dealt = [urls[i::shares] for i in range(shares)]
            in_flight = [len(range(i, workers, shares)) for i in range(shares)]  # `workers` of them in all
            pages = [(0, 0)] * len(urls)
            for i, share in enumerate(pool.map(fetch_share, dealt, in_flight)):
                pages[i::shares] = share
            return pages

        yield run
