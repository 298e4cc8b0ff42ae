"""A page read with aiohttp: the coroutine of the downloads, and the session that it shares on a loop."""

import aiohttp

from concurrency.codings import ACCEPTED


def session() -> aiohttp.ClientSession:
    """A session without limits of its own: how many requests are in flight is the strategy's business.

    Whom it trusts, OpenSSL has read from SSL_CERT_FILE when aiohttp was imported.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Accept-Encoding": ACCEPTED},
    )


async def fetch(url: str, session: aiohttp.ClientSession) -> tuple[int, int]:
    """GET `url`, read all of its body, and return its status and size in bytes; (0, 0) if the transfer failed."""
    size = 0
    try:
        async with session.get(url) as response:
            async for chunk in response.content.iter_any():
                size += len(chunk)
            return response.status, size
    except aiohttp.ClientError:
        return 0, 0
