"""niquests, requests' API continued: asynchronous, and HTTP/2 where a server offers it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import niquests

from ._queue import fetch_all

RANK = 3
NEEDS = ["niquests"]
# left to itself, pip puts niquests' urllib3 in the place of that of `requests`, and changes what those measure
INSTALL = "URLLIB3_NO_OVERRIDE=1 pip install --no-binary urllib3-future niquests"


async def fetch(session: niquests.AsyncSession, url: str) -> tuple[int, int]:
    size = 0
    try:
        response = await session.get(url, stream=True)
        async for chunk in await response.iter_content(65536):
            size += len(chunk)
        return response.status_code, size
    except niquests.RequestException:
        return 0, 0


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    with asyncio.Runner() as runner:
        session = niquests.AsyncSession(pool_connections=workers, pool_maxsize=workers, disable_http3=True)
        session.trust_env = False
        try:
            yield lambda urls: runner.run(fetch_all(partial(fetch, session), urls, workers))
        finally:
            runner.run(session.close())
