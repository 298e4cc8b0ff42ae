"""The recording of a live download: what each exchange took, so that the path to its servers can be replayed.

A line of `recorded.jsonl` in the store's state is one exchange as JSON, whatever became of it: a page's, where each hop
of a redirect has its own; a robots.txt's; one of the probe's. A page that is kept from an earlier run has its line from
then; where there are several, the last one that brought the page is the one to believe.
"""

import asyncio
import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, cast

from concurrency.downloader import addresses
from concurrency.downloader.connection import Connection
from concurrency.downloader.disk import append, disk
from concurrency.downloader.exchange import Exchange
from concurrency.downloader.reception import Reception, round_trips_ms
from concurrency.downloader.store import STATE

RECORDED = "recorded.jsonl"
RUN = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}"  # this process; a later one's is greater

NO_REQUEST = dict.fromkeys(
    ("burst", "sent", "first", "connection", "connect_ms", "tls", "resumed", "h2", "status", "bytes", "closes",
     "rtt_ms", "min_rtt_ms")
) | dict.fromkeys(("url", "address", "http", "error", "framing", "coding"), "") | {
    "is_new": False, "wire_bytes": 0, "attempt": 1, "arrivals": (),
}  # fmt: skip


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """All exchanges recorded in `folder`, that of a download, whole or in shards; of one URL the latest come last.

    Lines that were cut off, for whoever wrote them was killed, are left out.
    """
    state = folder / STATE
    files = [*state.glob(RECORDED), *state.glob(f"*/{RECORDED}")]
    for path in sorted(files, key=lambda path: path.stat().st_mtime_ns):
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    found = json.loads(line)
                except ValueError:
                    continue
                if isinstance(found, dict):
                    yield found


class Recording:
    """Appends to the recording in the folder `state`: use it with `with`. Raises UserError where the disk fails."""

    def __init__(self, state: Path) -> None:
        self._path = state / RECORDED
        self._connections = 0

    def __enter__(self) -> "Recording":
        with disk(self._path):
            self._file = io.FileIO(self._path, "a+")
            if size := self._file.seek(0, os.SEEK_END):
                self._file.seek(size - 1)
                if self._file.read(1) != b"\n":  # an earlier run was killed; its last line shall not spoil the next
                    append(self._file, b"\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def observe(self, exchange: Exchange, connection: Connection) -> None:
        """The next reply that comes on `connection` is that of `exchange`."""
        before = connection.reception
        if before:
            now = Reception(before.connection, False, before.tls, before.resumed)
        else:
            self._connections += 1
            tls = connection.transport and connection.transport.get_extra_info("ssl_object")
            now = Reception(self._connections, True, *((tls.version(), tls.session_reused) if tls else ()))
        exchange.reception = connection.reception = now

    def add(self, exchange: Exchange, error: str) -> None:
        """`exchange` has ended, well or with this class of failure."""
        request, page = exchange.request, exchange.request.page
        reply = exchange.reception or Reception(0, False)
        if exchange.connection:
            reply.end(exchange.connection.transport)
        framing, wire_bytes = reply.framing, exchange.received or reply.body_bytes
        coding = ", ".join(framing.codings) if framing else ""
        kind = "probe" if request.burst is not None else "robots" if request.is_robots else "page"
        is_asked_on_new = exchange.sent is not None and reply.is_new
        is_whole = page.status == 200 and not error
        self.write(
            url=page.url,
            address=addresses.without_login(request.address),
            origin=addresses.origin(request.address),
            kind=kind,
            burst=request.burst,
            began=exchange.began,
            sent=exchange.sent,
            first=reply.first,
            ended=reply.ended or monotonic(),
            connection=reply.connection or None,
            is_new=reply.is_new,
            connect_ms=_ms(cast(float, exchange.sent) - exchange.began - exchange.lookup_s)
            if is_asked_on_new
            else None,
            tls=reply.tls,
            resumed=reply.resumed,
            http=reply.http,
            h2=None,
            status=page.status,
            error=error,
            wire_bytes=wire_bytes,
            bytes=wire_bytes if is_whole and not coding else None,
            framing=""
            if framing is None
            else "chunked"
            if framing.chunked
            else "close"
            if framing.length is None
            else "length",
            coding=coding,
            closes=None if exchange.asks_to_close else reply.closes,
            attempt=request.trip.job.tries if request.trip.job else 1,
            rtt_ms=reply.rtt_ms,
            min_rtt_ms=reply.min_rtt_ms,
            arrivals=[[_ms(at - cast(float, exchange.sent)), came] for at, came in reply.body(wire_bytes)],
        )

    def handshake(self, origin: str, began: float, transport: asyncio.BaseTransport) -> None:
        """A connection over TLS was made to see whether the server takes HTTP/2, which was offered."""
        tls, ended = transport.get_extra_info("ssl_object"), monotonic()
        rtt_ms, min_rtt_ms = round_trips_ms(transport)
        self.write(**NO_REQUEST | {
            "origin": origin, "kind": "probe", "began": began, "ended": ended,
            "is_new": True, "connect_ms": _ms(ended - began),
            "tls": tls.version(), "resumed": tls.session_reused, "h2": tls.selected_alpn_protocol() == "h2",
            "rtt_ms": rtt_ms, "min_rtt_ms": min_rtt_ms,
        })  # fmt: skip

    def crawl_delay(self, address: str, seconds: float) -> None:
        """As the robots.txt at `address` asks, so long passes between two requests to its host."""
        now = monotonic()
        self.write(
            **NO_REQUEST | {"origin": addresses.origin(address), "kind": "robots", "began": now, "ended": now},
            crawl_delay_s=seconds,
        )

    def write(self, **fields: Any) -> None:
        """A line; times in s are rounded to µs."""
        rounded = {name: round(value, 6) if isinstance(value, float) else value for name, value in fields.items()}
        with disk(self._path):
            append(self._file, json.dumps({"run": RUN} | rounded, separators=(",", ":")).encode() + b"\n")


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
