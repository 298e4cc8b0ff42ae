"""What the strategies built on aiohttp share: a session, and reading one page to its end."""

import aiohttp


async def new_session() -> aiohttp.ClientSession:
    """A session without limits of its own: how many requests are in flight is the strategy's business."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def fetch(session: aiohttp.ClientSession, url: str) -> tuple[int, int]:
    """GET `url`, read all of its body, and return its status and size in bytes; status 0 if the transfer failed."""
    size = 0
    try:
        async with session.get(url) as response:
            async for chunk in response.content.iter_any():
                size += len(chunk)
            return response.status, size
    except aiohttp.ClientError:
        return 0, size
