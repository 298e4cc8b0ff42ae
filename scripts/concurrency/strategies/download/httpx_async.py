"""httpx's asynchronous client, which speaks HTTP/2 where a server offers it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

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


async def fetch_all(client: httpx.AsyncClient, urls: list[str], workers: int) -> list[tuple[int, int]]:
    pages = [(0, 0)] * len(urls)
    todo = iter(enumerate(urls))

    async def work() -> None:
        for i, url in todo:
            pages[i] = await fetch(client, url)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(urls))):
            group.create_task(work())
    return pages


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    client = httpx.AsyncClient(
        http2=True, follow_redirects=True, limits=limits, timeout=httpx.Timeout(None), trust_env=False
    )
    with asyncio.Runner() as runner:
        try:
            yield lambda urls: runner.run(fetch_all(client, urls, workers))
        finally:
            runner.run(client.aclose())
