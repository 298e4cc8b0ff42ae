"""httpx's asynchronous client: where a server offers HTTP/2, all its pages share one connection."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from concurrency.codings import ACCEPTED
from concurrency.strategies._loops import event_loop
from concurrency.strategies.asyncio import run_all
from concurrency.work import Work
from concurrency.workloads.download import trust

RANK = 3
SHARES = "loop"
NEEDS = ["httpx", "h2"]


def client() -> httpx.AsyncClient:
    bundle = trust.bundle()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(
        http2=True,
        follow_redirects=True,
        limits=limits,
        timeout=httpx.Timeout(None),
        trust_env=False,
        verify=ssl.create_default_context(cafile=bundle) if bundle else True,
        headers={"Accept-Encoding": ACCEPTED},
    )


async def fetch(url: str, client: httpx.AsyncClient) -> tuple[int, int]:
    size = 0
    try:
        async with client.stream("GET", url) as response:
            async for chunk in response.aiter_bytes():
                size += len(chunk)
            return response.status_code, size
    except httpx.HTTPError:
        return 0, 0


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], list[Any]]]:
    pages = Work(coroutine=fetch, open_on_loop=client)
    with event_loop() as runner:
        yield lambda _, urls: runner.run(run_all(pages, urls, workers))
