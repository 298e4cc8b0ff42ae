"""The replay server: `python -m concurrency.replay_server`, started by `concurrency.replay`.

It reads one JSON line from standard input (the sites, the seed, where to take notes), answers with one that has the
local URL of each site, serves on 127.0.0.1, and ends when standard input does.
"""

import asyncio
import base64
import html
import itertools
import json
import random
import signal
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from concurrency import tracing
from concurrency.sites import Site

MAX_PORTS = 250
NOISE_BYTES = 1 << 20


def page_body(site: Site, index: int, noise: bytes) -> bytes:
    """The body of a site: exactly `wire_bytes` bytes of HTML, the same for the same noise and index."""
    head = f"<!doctype html><title>{html.escape(site.url)}</title><p>Replayed.<pre>\n".encode()
    start = index * 7919 % len(noise)
    missing = site.wire_bytes - len(head)
    filling = noise[start : start + missing]
    while len(filling) < missing:
        filling += noise[: missing - len(filling)]
    return (head + filling)[: site.wire_bytes]


def _application(sites: list[Site], seed: int, trace: str | None) -> "_Server":
    noise = base64.encodebytes(random.Random(seed).randbytes(NOISE_BYTES))

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        asked = time.perf_counter()
        index = int(request.path[1:])
        site = sites[index]
        connection, is_new = server.connection(request.protocol)
        connected = asked + (site.connect_ms / 1000 if is_new else 0)
        if (wait := connected - asked + site.latency_ms / 1000) > 0:
            await asyncio.sleep(wait)
        body = page_body(site, index, noise)
        answered = time.perf_counter()
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        if site.framing == "length":
            response.content_length = len(body)
        else:
            response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(body)
        await response.write_eof()
        if trace:
            spans = [["waiting for the first byte", connected, answered], ["receiving", answered, time.perf_counter()]]
            if is_new:
                spans.insert(0, ["connecting", asked, connected])
            tracing.note(trace, what="page", item=site.url, lane=f"connection {connection}", spans=spans)
        return response

    server = _Server(handle)
    return server


class _Server(web.Server):
    """An aiohttp server that numbers its connections and knows which of them have paid for being set up."""

    def __init__(self, handle: Any) -> None:
        super().__init__(handle)
        self._numbers: dict[Any, int] = {}
        self._count = itertools.count(1)

    def connection(self, handler: Any) -> tuple[int, bool]:
        """The number of a connection, and whether this is its first request."""
        if handler in self._numbers:
            return self._numbers[handler], False
        self._numbers[handler] = next(self._count)
        return self._numbers[handler], True

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        self._numbers.pop(handler, None)
        super().connection_lost(handler, exc)


async def _main() -> None:
    order = json.loads(sys.stdin.readline())
    sites = list(dict.fromkeys(Site(**site) for site in order["sites"]))
    server = _application(sites, order["seed"], order["trace"])
    loop = asyncio.get_running_loop()
    ports: dict[str, int] = {}
    listening: list[asyncio.Server] = []
    for site in sites:
        host = urlsplit(site.url).netloc
        if host not in ports:
            if len(listening) < MAX_PORTS:
                listening.append(await loop.create_server(server, "127.0.0.1", 0, backlog=4096))
            ports[host] = listening[len(ports) % len(listening)].sockets[0].getsockname()[1]
    local = {site: f"http://127.0.0.1:{ports[urlsplit(site.url).netloc]}/{i}" for i, site in enumerate(sites)}
    print(json.dumps([local[Site(**site)] for site in order["sites"]]), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # returns when the job has closed it, or died


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the job's to handle; its end is ours
    asyncio.run(_main())
