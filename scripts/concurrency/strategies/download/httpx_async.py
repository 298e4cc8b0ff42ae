"""httpx's asynchronous client, which speaks HTTP/2 where a server offers it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import httpx

from ._queue import fetch_all

RANK = 3
NEEDS = ["httpx", "h2"]


async def fetch(client: httpx.AsyncClient, url: str) -> tuple[int, int]:
    size = 0
    try:
        async with client.stream("GET", url) as response:
            async for chunk in response.aiter_bytes():
                size += len(chunk)
            return response.status_code, size
    except httpx.HTTPError:
        return 0, 0


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    client = httpx.AsyncClient(
        http2=True, follow_redirects=True, limits=limits, timeout=httpx.Timeout(None), trust_env=False
    )
    with asyncio.Runner() as runner:
        try:
            yield lambda urls: runner.run(fetch_all(partial(fetch, client), urls, workers))
        finally:
            runner.run(client.aclose())
