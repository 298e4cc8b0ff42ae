"""niquests, requests' API continued: asynchronous, and HTTP/2, a connection for each page in flight, where offered."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import niquests

from concurrency.strategies._loops import event_loop
from concurrency.strategies.asyncio import run_all
from concurrency.work import Work
from concurrency.workloads.download.received import HEADERS, SILENCE_S, TRUST_ENV, Received
from concurrency.workloads.download.trust import bundle

RANK = 3
SHARES = "loop"
NEEDS = ["niquests"]
# left to itself, pip puts niquests' urllib3 in the place of that of `requests`, and changes what those measure
INSTALL = "URLLIB3_NO_OVERRIDE=1 pip install --no-binary urllib3-future niquests"


@asynccontextmanager
async def session(workers: int) -> AsyncIterator[niquests.AsyncSession]:
    opened = niquests.AsyncSession(pool_connections=workers, pool_maxsize=workers, disable_http3=True)
    opened.trust_env = TRUST_ENV
    opened.verify = bundle() or True
    opened.headers.update(HEADERS)
    try:
        yield opened
    finally:
        await opened.close()


async def fetch(url: str, session: niquests.AsyncSession) -> Any:
    received = Received(url)
    try:
        response = await session.get(url, stream=True, timeout=SILENCE_S)
        async for chunk in await response.iter_content(65536):
            received.add(chunk)
        return received.answer(response.status_code)
    except niquests.RequestException as error:
        return received.failed(error)


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with event_loop() as runner:
        yield lambda work, urls: runner.run(
            run_all(replace(work, coroutine=fetch, open_on_loop=partial(session, workers)), urls, workers)
        )
