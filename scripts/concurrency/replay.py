"""The replay server: plays a site list on 127.0.0.1 with each site's latency, size, framing and connection cost.

It runs in a process of its own (`python -m concurrency.replay`), so that it shares no GIL with the client it serves,
and lives as long as its standard input is open: when the job that started it ends, in whatever way, it ends too.
"""

import asyncio
import base64
import html
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from concurrency.sites import Site

MAX_PORTS = 250
NOISE_BYTES = 1 << 20


@contextmanager
def serve(sites: Sequence[Site], seed: int) -> Iterator[list[str]]:
    """Start a server for `sites` and yield the local URL of each, in their order; it stops on leaving.

    Equal URLs get equal local URLs. Every host has a port of its own (hosts beyond the 250th share), so that clients
    keep connections alive and apart as they would with the real hosts.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "concurrency.replay"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdin and process.stdout
    with process:
        try:
            process.stdin.write(json.dumps({"sites": [asdict(site) for site in sites], "seed": seed}) + "\n")
            process.stdin.flush()
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def page_body(site: Site, index: int, noise: bytes) -> bytes:
    """The body of a site: exactly `wire_bytes` bytes of HTML, the same for the same noise and index."""
    head = f"<!doctype html><title>{html.escape(site.url)}</title><p>Replayed.<pre>\n".encode()
    start = index * 7919 % len(noise)
    missing = site.wire_bytes - len(head)
    filling = noise[start : start + missing]
    while len(filling) < missing:
        filling += noise[: missing - len(filling)]
    return (head + filling)[: site.wire_bytes]


def _application(sites: list[Site], seed: int) -> "_Server":
    noise = base64.encodebytes(random.Random(seed).randbytes(NOISE_BYTES))

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        index = int(request.path[1:])
        site = sites[index]
        wait = site.latency_ms
        if server.is_new(request.protocol):
            wait += site.connect_ms
        if wait:
            await asyncio.sleep(wait / 1000)
        body = page_body(site, index, noise)
        if site.framing == "length":
            return web.Response(body=body, content_type="text/html")
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(body)
        await response.write_eof()
        return response

    server = _Server(handle)
    return server


class _Server(web.Server):
    """An aiohttp server that knows which connections have paid for being set up."""

    def __init__(self, handle: Any) -> None:
        super().__init__(handle)
        self._warm: set[Any] = set()

    def is_new(self, connection: Any) -> bool:
        new = connection not in self._warm
        self._warm.add(connection)
        return new

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        self._warm.discard(handler)
        super().connection_lost(handler, exc)


async def _main() -> None:
    order = json.loads(sys.stdin.readline())
    sites = list(dict.fromkeys(Site(**site) for site in order["sites"]))
    server = _application(sites, order["seed"])
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
