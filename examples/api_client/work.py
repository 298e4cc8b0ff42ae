"""A client of an API, as a coroutine: waiting."""

import os
from typing import Any

import aiohttp

API = os.environ.get("API", "http://127.0.0.1:8765")


def session() -> aiohttp.ClientSession:
    """Entered once by each event loop: connections are kept between the calls."""
    return aiohttp.ClientSession(API, raise_for_status=True)


async def user(number: int, session: aiohttp.ClientSession) -> dict[str, Any]:
    """What the API knows of a user."""
    async with session.get(f"/users/{number}") as reply:
        return await reply.json()
