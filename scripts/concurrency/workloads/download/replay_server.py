"""The replay server: `python -m concurrency.workloads.download.replay_server`, started by `replay`.

It reads one JSON line from standard input (the sites, the seed, where to take notes), answers with one that has the
local URL of each site, serves on 127.0.0.1, and ends when standard input does.

It is what every download is measured with, so it must cost next to nothing beside the latency that it plays: it speaks
no more of HTTP than a client needs that gets whole pages over connections that stay open.
"""

import asyncio
import base64
import html
import itertools
import json
import random
import select
import selectors
import signal
import sys
import time
import zlib
from urllib.parse import urlsplit

from concurrency import notes
from concurrency.errors import shown
from concurrency.workloads.download.sites import Site

MAX_PORTS = 250
MAX_HEAD_BYTES = 1 << 16
NOISE_BYTES = 1 << 20


def page_body(site: Site, noise: bytes) -> bytes:
    """The body of a site: exactly `wire_bytes` bytes of HTML, the same for the same noise and site."""
    head = f"<!doctype html><title>{html.escape(site.url)}</title><p>Replayed.<pre>\n".encode()
    start = zlib.crc32(site.url.encode()) % len(noise)
    missing = site.wire_bytes - len(head)
    filling = noise[start : start + missing]
    while len(filling) < missing:
        filling += noise[: missing - len(filling)]
    return (head + filling)[: site.wire_bytes]


def response(site: Site, noise: bytes) -> bytes:
    """All that goes over the wire for a site, with a Content-Length or as one chunk, as its framing says."""
    body = page_body(site, noise)
    status = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    if site.framing == "length":
        return b"%bContent-Length: %d\r\n\r\n%b" % (status, len(body), body)
    chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
    return b"%bTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % (status, chunk)


class Connection(asyncio.Protocol):
    """A client's connection: one request after the other, each answered when its site's latency is over.

    The first one waits for the site's connection set-up as well.
    """

    numbers = itertools.count(1)

    def __init__(self, sites: list[Site], noise: bytes, trace: str | None) -> None:
        self.sites, self.noise, self.trace = sites, noise, trace
        self.number, self.is_new = next(self.numbers), True
        self.unread = b""
        self.is_last = False  # the client wants the connection closed after this request
        self.answering: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=0)  # resume_writing comes when all is with the kernel
        self.transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        if self.answering:
            self.answering.cancel()

    def data_received(self, data: bytes) -> None:
        self.unread += data
        if self.answering is None:
            self.take_request()

    def take_request(self) -> None:
        """Start the wait for the page that the bytes read so far ask for; do nothing while they are not a request."""
        head, end, rest = self.unread.partition(b"\r\n\r\n")
        if not end and len(head) <= MAX_HEAD_BYTES:
            return
        method, _, path = head.partition(b"\r\n")[0].rpartition(b" ")[0].partition(b" /")
        if method != b"GET" or not path.isdigit() or int(path) >= len(self.sites):
            self.transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self.transport.close()
            return
        self.unread = rest
        self.is_last = b"\r\nconnection: close\r\n" in head.lower() + b"\r\n"
        index = int(path)
        site = self.sites[index]
        self.asked = time.perf_counter()
        self.connected = self.asked + (site.connect_ms / 1000 if self.is_new else 0)
        wait = self.connected - self.asked + site.latency_ms / 1000
        self.answering = asyncio.get_running_loop().call_later(wait, self.answer, index)

    def answer(self, index: int) -> None:
        self.answered = time.perf_counter()
        self.site = self.sites[index]
        self.transport.write(response(self.site, self.noise))
        if not self.transport.get_write_buffer_size():
            self.resume_writing()

    def resume_writing(self) -> None:
        """The page has been sent: on to the next request."""
        if self.trace:
            spans = [
                ["connecting", self.asked, self.connected],
                ["waiting for the first byte", self.connected, self.answered],
                ["receiving", self.answered, time.perf_counter()],
            ]
            lane = f"connection {self.number}"
            notes.note(self.trace, what="page", item=shown(self.site.url), lane=lane, spans=spans[not self.is_new :])
        self.is_new = False
        self.answering = None
        if self.is_last:
            self.transport.close()
            return
        if self.unread:
            self.take_request()


class PunctualSelector(selectors.DefaultSelector):
    """epoll counts in whole milliseconds, rounded up; select(2) on it in microseconds."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout and timeout > 0:
            select.select([self.fileno()], [], [], timeout)
            timeout = 0
        return super().select(timeout)


async def _serve() -> None:
    order = json.loads(sys.stdin.readline())
    sites = list(dict.fromkeys(Site(**site) for site in order["sites"]))
    noise = base64.encodebytes(random.Random(order["seed"]).randbytes(NOISE_BYTES))
    loop = asyncio.get_running_loop()
    ports: dict[str, int] = {}
    listening: list[asyncio.Server] = []
    for site in sites:
        host = urlsplit(site.url).netloc
        if host not in ports:
            if len(listening) < MAX_PORTS:
                listening.append(
                    await loop.create_server(
                        lambda: Connection(sites, noise, order["trace"]), "127.0.0.1", 0, backlog=4096
                    )
                )
            ports[host] = listening[len(ports) % len(listening)].sockets[0].getsockname()[1]
    local = {site: f"http://127.0.0.1:{ports[urlsplit(site.url).netloc]}/{i}" for i, site in enumerate(sites)}
    print(json.dumps([local[Site(**site)] for site in order["sites"]]), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # returns when the job has closed it, or died


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the job's to handle; its end is ours
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(PunctualSelector())) as runner:
        runner.run(_serve())
