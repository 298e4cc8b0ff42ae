"""niquests, requests' API continued: asynchronous, and HTTP/2, a connection for each page in flight, where offered."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import niquests

from concurrency.codings import ACCEPTED
from concurrency.strategies._loops import event_loop
from concurrency.strategies.asyncio import run_all
from concurrency.work import Work
from concurrency.workloads.download import trust

RANK = 3
SHARES = "loop"
NEEDS = ["niquests"]
# left to itself, pip puts niquests' urllib3 in the place of that of `requests`, and changes what those measure
INSTALL = "URLLIB3_NO_OVERRIDE=1 pip install --no-binary urllib3-future niquests"


@asynccontextmanager
async def session(workers: int) -> AsyncIterator[niquests.AsyncSession]:
    opened = niquests.AsyncSession(pool_connections=workers, pool_maxsize=workers, disable_http3=True)
    opened.trust_env = False
    opened.verify = trust.bundle() or True
    opened.headers["Accept-Encoding"] = ACCEPTED
    try:
        yield opened
    finally:
        await opened.close()


async def fetch(url: str, session: niquests.AsyncSession) -> tuple[int, int]:
    size = 0
    try:
        response = await session.get(url, stream=True)
        async for chunk in await response.iter_content(65536):
            size += len(chunk)
        return response.status_code, size
    except niquests.RequestException:
        return 0, 0


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], list[Any]]]:
    pages = Work(coroutine=fetch, open_on_loop=partial(session, workers))
    with event_loop() as runner:
        yield lambda _, urls: runner.run(run_all(pages, urls, workers))
