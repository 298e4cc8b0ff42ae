"""What the strategies built on aiohttp share: a session, and reading one page to its end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp


async def new_session() -> aiohttp.ClientSession:
    """A session without limits of its own: how many requests are in flight is the strategy's business."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


@contextmanager
def open_session(run: Callable[[Any], Any]) -> Iterator[aiohttp.ClientSession]:
    """A session on the loop that `run` runs coroutines on, closed at the end."""
    session = run(new_session())
    try:
        yield session
    finally:
        run(session.close())


async def fetch(session: aiohttp.ClientSession, url: str) -> tuple[int, int]:
    """GET `url`, read all of its body, and return its status and size in bytes; (0, 0) if the transfer failed."""
    size = 0
    try:
        async with session.get(url) as response:
            async for chunk in response.content.iter_any():
                size += len(chunk)
            return response.status, size
    except aiohttp.ClientError:
        return 0, 0
