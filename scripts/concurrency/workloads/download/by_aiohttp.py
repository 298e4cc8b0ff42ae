"""A page read with aiohttp: the coroutine of the downloads, and the session that it shares on a loop."""

from typing import Any

import aiohttp

from concurrency.workloads.download.received import HEADERS, SILENCE_S, TRUST_ENV, Received


def session() -> aiohttp.ClientSession:
    """A session without limits of its own: how many requests are in flight is the strategy's business.

    Whom it trusts, OpenSSL has read from SSL_CERT_FILE when aiohttp was imported.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=SILENCE_S, sock_read=SILENCE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=HEADERS,
        trust_env=TRUST_ENV,
    )


async def fetch(url: str, session: aiohttp.ClientSession) -> Any:
    """GET `url` and read all of its body; what `Received` makes of that."""
    received = Received(url)
    try:
        async with session.get(url) as response:
            async for chunk in response.content.iter_any():
                received.add(chunk)
            return received.answer(response.status)
    except aiohttp.ClientError as error:
        return received.failed(error)
