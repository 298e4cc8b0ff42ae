"""An HTTPS server on the replay's own TLS and HTTP/2, in a thread: /<coding>/<size> is a page of that many bytes."""

import asyncio
import gzip
import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from concurrency.workloads.download.replay.tls import HTTP2, Authority, Tls


@dataclass
class Seen:
    """What clients did: their connections, and (protocol, path, Accept-Encoding) of each request."""

    url: str = ""
    connections: list[Tls] = field(default_factory=list)
    requests: list[tuple[str, str, str]] = field(default_factory=list)


def page(path: str) -> tuple[str, bytes]:
    """The coding of a page, and its body as sent."""
    _, coding, size = path.split("/")
    body = bytes(int(size))
    return coding, {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}[coding](body)


class Connection(asyncio.Protocol):
    def __init__(self, context, seen):
        self.tls, self.http2, self.seen, self.unread = Tls(context), None, seen, b""
        seen.connections.append(self.tls)

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        plain = self.tls.receive(data)
        if self.tls.is_ready and self.tls.protocol == HTTP2:
            self.over_http2(plain)
        elif plain:
            self.over_http1(plain)
        self.transport.write(self.tls.outgoing())
        if self.tls.is_over or (self.http2 and self.http2.is_over):
            self.transport.write(self.tls.close())
            self.transport.close()

    def over_http2(self, plain):
        from concurrency.workloads.download.replay.http2 import Http2  # noqa: PLC0415  (its package may be absent)

        self.http2 = self.http2 or Http2()
        requests, credit = self.http2.receive(plain)
        self.http2.allow(credit)
        for stream, path in requests:
            self.seen.requests.append((HTTP2, path, ""))
            coding, body = page(path)
            self.http2.send_head(stream, [(":status", "200"), ("content-encoding", coding)])
            self.http2.send(stream, body, end=True)
        self.transport.write(self.tls.send(self.http2.outgoing()))

    def over_http1(self, plain):
        *heads, self.unread = (self.unread + plain).split(b"\r\n\r\n")
        for head in map(bytes.decode, heads):
            [path] = re.findall(r"^GET (\S+)", head)
            self.seen.requests.append(("http/1.1", path, *re.findall(r"(?im)^accept-encoding: (.*?)\r?$", head)))
            coding, body = page(path)
            answer = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
            self.transport.write(self.tls.send(answer.encode() + body))


@contextmanager
def serving(authority: Authority, version: str = "1.3", http2: bool = False) -> Iterator[Seen]:
    """The server, while it is there; a host of its own each time."""
    seen, loop, context = Seen(), asyncio.new_event_loop(), authority.context(version, http2)
    server = loop.run_until_complete(loop.create_server(lambda: Connection(context, seen), "127.0.0.1", 0))
    seen.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield seen
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.close()
