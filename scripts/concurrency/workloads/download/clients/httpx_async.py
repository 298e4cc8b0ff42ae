"""httpx's asynchronous client: where a server offers HTTP/2, all its pages share one connection."""

import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx

from concurrency.strategies._loops import event_loop
from concurrency.strategies.asyncio import run_all
from concurrency.work import Work
from concurrency.workloads.download.received import HEADERS, SILENCE_S, TRUST_ENV, Received
from concurrency.workloads.download.trust import bundle

RANK = 3
SHARES = "loop"
NEEDS = ["httpx", "h2"]


def client() -> httpx.AsyncClient:
    trusted = bundle()
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx.AsyncClient(
        http2=True,
        follow_redirects=True,
        limits=limits,
        timeout=httpx.Timeout(SILENCE_S),
        trust_env=TRUST_ENV,
        verify=ssl.create_default_context(cafile=trusted) if trusted else True,
        headers=HEADERS,
    )


async def fetch(url: str, client: httpx.AsyncClient) -> Any:
    received = Received(url)
    try:
        async with client.stream("GET", url) as response:
            async for chunk in response.aiter_bytes():
                received.add(chunk)
            return received.answer(response.status_code)
    except httpx.HTTPError as error:
        return received.failed(error)


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with event_loop() as runner:
        yield lambda work, urls: runner.run(run_all(replace(work, coroutine=fetch, open_on_loop=client), urls, workers))
