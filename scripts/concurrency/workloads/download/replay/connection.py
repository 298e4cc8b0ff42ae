"""A client's connection to the replay: what is asked on it, over TLS and HTTP/2 too, and what the path lets through."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from concurrency import notes
from concurrency.errors import shown
from concurrency.workloads.download.path.model import SYN_BYTES, Flow, set_up
from concurrency.workloads.download.replay.world import TICK_S, World
from concurrency.workloads.download.sites import Site

if TYPE_CHECKING:
    import ssl

    from concurrency.workloads.download.replay.http2 import Http2
    from concurrency.workloads.download.replay.tls import Tls

MAX_HEAD_BYTES = 1 << 16
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def _tls(context: "ssl.SSLContext") -> "Tls":
    from concurrency.workloads.download.replay.tls import Tls  # noqa: PLC0415  (only where there is TLS)

    return Tls(context)


def _http2() -> "Http2":
    from concurrency.workloads.download.replay.http2 import Http2  # noqa: PLC0415  (h2 is an extra)

    return Http2()


@dataclass(eq=False)
class Exchange:
    """A request and its reply, of which `data` is what goes over the wire; `stream` is that of HTTP/2."""

    site: Site
    stream: int | None
    is_last: bool
    asked: float
    connected: float = 0.0
    data: bytes = b""
    sent: int = 0
    receiving: list[list[float]] = field(default_factory=list)  # begin and end of each time that bytes came


class Connection(asyncio.Protocol):
    """One request after the other, or with HTTP/2 several at once, each answered when its server and the path have it
    so. On a new one the first waits until it would be set up.

    `typical` is a site of the host (or of the first of those that share the port), from which the handshake takes its
    round trip.
    """

    numbers = itertools.count(1)

    def __init__(self, world: World, typical: Site, context: "ssl.SSLContext | None") -> None:
        self.world, self.number = world, next(self.numbers)
        self.flow = Flow(world.agenda, world.link, typical.rtt_s)
        self.leg_s = typical.leg_s
        self.is_new = True  # nothing was played of its set-up
        self.tls, self.tls_version = _tls(context) if context else None, typical.tls_version
        self.http2: Http2 | None = None
        self.unread, self.delayed = b"", b""
        self.served = 0
        self.busy: Exchange | None = None  # over HTTP/1.1
        self.is_gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.made = transport, perf_counter()

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_gone = True

    def data_received(self, data: bytes) -> None:
        now = perf_counter()
        if self.tls is None:
            self.read(now, data)
        elif self.tls.is_ready:
            self.take_in(now, data)
        elif self.delayed:
            self.delayed += data
        else:
            self.delayed = data
            if self.is_new:
                self.is_new = False
                self.connect(now, lambda at: self.world.agenda.at(at + self.leg_s, self.shake_hands))
            else:
                is_answered = self.tls_version == "1.3" or self.tls.is_resumed
                self.world.agenda.at(now + (0 if is_answered else self.leg_s), self.shake_hands)
        self.world.look()

    def connect(self, when: float, then: Callable[[float], None]) -> None:
        """Play the first round trip: then(time) when the client would know of its connection."""
        set_up(self.world.agenda, self.world.link, when, self.leg_s, [SYN_BYTES], then)

    def shake_hands(self, when: float) -> None:
        """What the client has said of TLS is there, and would have been answered."""
        data, self.delayed = self.delayed, b""
        if not self.is_gone:
            self.take_in(when, data)

    def take_in(self, when: float, data: bytes) -> None:
        """What came of TLS."""
        assert self.tls
        was_ready = self.tls.is_ready
        plain = self.tls.receive(data)
        answer = self.tls.outgoing()
        if answer and not self.tls.is_ready and not self.tls.is_over:
            self.world.agenda.at(self.world.link.carry(len(answer), when), lambda _: self.write(answer))
        else:
            self.write(answer)
        if self.tls.is_ready and not was_ready and self.tls.protocol == "h2":
            self.http2 = _http2()
            self.send(self.http2.outgoing())
        if plain:
            self.read(when, plain)
        if self.tls.is_over:
            self.transport.close()

    def read(self, when: float, data: bytes) -> None:
        """Take in what the client has asked for."""
        if self.http2:
            requests, credit = self.http2.receive(data)
            for stream, path in requests:
                self.ask(when, path, stream=stream, is_last=False, compressed=True)
            if credit:  # of which a real server would hear later
                self.world.agenda.at(when + self.flow.rtt_s, self.allow, credit)
            self.send(self.http2.outgoing())
            if self.http2.is_over:
                self.close()
            return
        self.unread += data
        if self.busy is None:
            self.take_request(when)

    def take_request(self, when: float) -> None:
        """Ask for the page that the bytes read so far name; do nothing while they are not a request."""
        head, end, rest = self.unread.partition(b"\r\n\r\n")
        if not end and len(head) <= MAX_HEAD_BYTES:
            return
        method, _, path = head.partition(b"\r\n")[0].rpartition(b" ")[0].partition(b" ")
        self.unread, head = rest, head.lower() + b"\r\n"
        if method != b"GET":
            path = b""
        self.ask(
            when,
            path.decode("latin-1"),
            stream=None,
            is_last=b"\r\nconnection: close\r\n" in head,
            compressed=b"gzip" in head.partition(b"\r\naccept-encoding:")[2].partition(b"\r\n")[0],
        )

    def ask(self, when: float, path: str, *, stream: int | None, is_last: bool, compressed: bool) -> None:
        index = path.removeprefix("/")
        if not index.isascii() or not index.isdigit() or int(index) >= len(self.world.sites):
            self.refuse(stream)
            return
        site = self.world.sites[int(index)]
        self.served += 1
        exchange = Exchange(
            site,
            stream,
            is_last or (0 < site.requests_per_connection <= self.served),
            asked=self.made if self.served == 1 and self.tls else when,
        )
        exchange.data = self.reply(exchange, compressed)
        if stream is None:
            self.busy = exchange
        if self.is_new:
            self.is_new = False
            self.connect(when, lambda at: self.pass_on(at, exchange))
        else:
            self.pass_on(when, exchange)

    def pass_on(self, when: float, exchange: Exchange) -> None:
        """The request is on its way to its server."""
        site, exchange.connected = exchange.site, when
        if self.served == 1 and self.tls_version == "1.3":
            self.flow.issue_tickets(when)
        self.world.servers[site.origin].ask(when, site.rtt_s, site.think_s, lambda at: self.answer(at, exchange))

    def refuse(self, stream: int | None) -> None:
        """There is no such page."""
        if stream is None:
            self.send(NOT_FOUND)
            self.close()
            return
        assert self.http2
        self.http2.send_head(stream, [(":status", "404")])
        self.http2.send(stream, b"", end=True)

    def reply(self, exchange: Exchange, compressed: bool) -> bytes:
        """All that goes over the wire for it; over HTTP/2, the body."""
        site = exchange.site
        is_coded = site.coding == "gzip" and compressed
        body = self.world.bodies.of(site) if is_coded else self.world.bodies.plain(site)
        if exchange.stream is not None:
            return body
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
        if is_coded:
            head += b"Content-Encoding: gzip\r\n"
        if exchange.is_last:
            head += b"Connection: close\r\n"
        if site.framing == "length":
            return b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body)
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return b"%bTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % (head, chunk)

    def answer(self, when: float, exchange: Exchange) -> None:
        """The first byte of the reply would be there."""
        site = exchange.site
        if exchange.stream is not None:
            assert self.http2
            headers = [(":status", "200"), ("content-type", "text/html")]
            self.http2.send_head(
                exchange.stream, headers + ([("content-encoding", "gzip")] if site.coding == "gzip" else [])
            )
        self.flow.rtt_s = site.rtt_s
        self.flow.send(
            when,
            max(len(exchange.data), 1),
            lambda at, size, is_end: self.arrive(at, exchange, size, is_end),
            site.stall_ms / 1000,
        )

    def arrive(self, when: float, exchange: Exchange, size: int, is_end: bool) -> None:
        """The next `size` bytes of the reply would be there."""
        if self.is_gone:
            return
        piece = memoryview(exchange.data)[exchange.sent : exchange.sent + size]
        exchange.sent += size
        if exchange.stream is None:
            self.send(piece)
        else:
            assert self.http2
            self.http2.send(exchange.stream, bytes(piece), is_end)
            self.send(self.http2.outgoing())
        if self.world.trace:
            self.trace_piece(when, exchange)
        if is_end:
            self.end(when, exchange)

    def end(self, when: float, exchange: Exchange) -> None:
        """The reply has been sent: on to the next request."""
        if self.world.trace:
            self.trace(exchange, self.world.trace)
        if self.http2:
            if exchange.is_last and self.http2.is_idle:
                self.http2.goodbye()
                self.send(self.http2.outgoing())
                self.close()
            return
        self.busy = None
        if exchange.is_last:
            self.close()
        elif self.unread:
            self.take_request(when)

    def allow(self, _when: float, credit: dict[int, int]) -> None:
        """The server of HTTP/2 has heard that it may send more."""
        if self.http2 and not self.is_gone:
            self.http2.allow(credit)
            self.send(self.http2.outgoing())

    def send(self, data: bytes | memoryview) -> None:
        self.write(self.tls.send(bytes(data)) if self.tls and data else data)

    def write(self, data: bytes | memoryview) -> None:
        if data and not self.is_gone:
            self.transport.write(data)

    def close(self) -> None:
        if self.tls:
            self.write(self.tls.close())
        self.transport.close()

    def trace_piece(self, when: float, exchange: Exchange) -> None:
        spans = exchange.receiving
        if spans and when - spans[-1][1] < max(2 * TICK_S, exchange.site.rtt_s / 4):
            spans[-1][1] = when
        else:
            spans.append([when, when])

    def trace(self, exchange: Exchange, file: str) -> None:
        """Note when it was connecting, when waiting for the first byte, and between which times its bytes came."""
        is_new = exchange.connected > exchange.asked
        spans: list[list[Any]] = [["connecting", exchange.asked, exchange.connected]] if is_new else []
        last, state = exchange.connected, "waiting for the first byte"
        for begin, end in exchange.receiving:
            spans += [[state, last, begin], ["receiving", begin, end]]
            last, state = end, "waiting for acknowledgements"
        name = shown(exchange.site.url)
        notes.note(file, what="page", item=name, lane=f"connection {self.number}", spans=spans)
