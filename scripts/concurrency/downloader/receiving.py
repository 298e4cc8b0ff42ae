"""Receiving a reply: its body into the part, to the last byte and not one too many."""

import asyncio
from contextlib import suppress
from time import monotonic

import aiohttp

from concurrency.downloader import decode, replies
from concurrency.downloader.exchange import Exchange
from concurrency.downloader.failures import FetchError
from concurrency.downloader.part import Origin, Part

# What is worth reading of a reply that is no page, so that its connection can serve again.
LEFT_BYTES, LEFT_S = 262_144, 1.0


def is_begun(exchange: Exchange, reply: aiohttp.ClientResponse) -> bool:
    """Whether the reply is a success, so that its body, or the rest of it, is to be received.

    Raises FetchError where that body cannot be used.
    """
    now = monotonic()
    assert exchange.sent is not None
    request, page, part = exchange.request, exchange.request.page, exchange.request.part
    page.latency_ms = round((now - exchange.sent) * 1000, 3)
    total = exchange.framing.length
    whole = replies.continues(part, reply.headers, exchange.framing) if reply.status == 206 else None
    if whole is not None and replies.is_ranged(reply):
        total = whole
    elif reply.status == 200:
        codings = decode.known(exchange.framing.codings)
        validator = replies.strong_validator(reply.headers)
        # A reply that may be another page's is no part to continue, and a robots.txt is read from memory.
        is_sure = validator and exchange.is_first and not request.is_robots
        part.begin(Origin(request.address, validator, total, codings) if is_sure else None, codings)
    elif reply.status == 204 and request.is_robots:
        part.begin(None, [])
    else:
        return False
    page.content_length = total
    if total and total > request.most and not request.is_robots:
        raise FetchError("too_large", f"{total} bytes announced, {request.most} allowed")
    exchange.body_begins(now)
    return True


async def receive(exchange: Exchange, reply: aiohttp.ClientResponse) -> None:
    """All of the body into the part. Raises FetchError where it is too large, or not whole."""
    request, page, part = exchange.request, exchange.request.page, exchange.request.part
    while data := await reply.content.readany():
        exchange.last_byte = monotonic()
        exchange.received += len(data)
        if part.size + len(data) > request.most:
            if not request.is_robots:
                raise FetchError("too_large", f"more than {request.most} bytes")
            part.add(data[: request.most - part.size])
            break
        if part.add(data):
            await _spill(part, request.most)
    else:
        if part.on_disk and part.in_memory:
            await _spill(part, request.most)
    page.wire_bytes = part.size
    total = page.content_length
    if total is not None and part.size > total:
        part.drop()
        raise FetchError("protocol", f"more than the {total} bytes that were announced")
    if total is not None and part.size != total and not request.is_robots:
        raise FetchError("truncated", f"{part.size} of {total} bytes")


async def read_rest(exchange: Exchange, reply: aiohttp.ClientResponse) -> None:
    """Read what is left of a reply that is no page, unless that is much."""
    if reply.content.is_eof() or (exchange.framing.length or 0) > LEFT_BYTES:
        return
    left = LEFT_BYTES
    with suppress(TimeoutError, aiohttp.ClientError, OSError, FetchError):  # whatever it was: it is no page
        async with asyncio.timeout(LEFT_S):
            while left > 0 and (data := await reply.content.readany()):
                left -= len(data)


async def _spill(part: Part, most: int) -> None:
    """Relieve the memory, in a thread; whatever ends the request waits until that is done, for it will use the part."""
    spilling, cancelled = asyncio.get_running_loop().run_in_executor(None, _spill_if_good, part, most), None
    while not spilling.done():
        try:
            await asyncio.wait([spilling])
        except asyncio.CancelledError as error:  # a second Ctrl-C comes as a second one
            cancelled = error
    spilling.result()
    if cancelled:
        raise cancelled


def _spill_if_good(part: Part, most: int) -> None:
    if not part.on_disk and part.codings and (failure := decode.corruption(part.latest(), part.codings, most)):
        raise failure
    part.spill()
