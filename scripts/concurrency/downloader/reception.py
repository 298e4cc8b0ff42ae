"""A reply on its way, as it is recorded: when its bytes came, and what the kernel knows of the path by then."""

import asyncio
import socket
import struct
import sys
from dataclasses import dataclass, field
from time import monotonic

from aiohttp.http import RawResponseMessage

from concurrency.downloader.framing import Framing

MOST_POINTS = 128
_RTT_AT, _MIN_RTT_AT = 68, 148  # in Linux's tcp_info, both in µs
_INFO_BYTES = _MIN_RTT_AT + 4


@dataclass(slots=True, eq=False)
class Reception:
    """The reply to one request. Times are those of `monotonic`; `arrivals` has when how many bytes had come, those of
    headers and chunks' sizes included."""

    connection: int  # its number
    is_new: bool
    tls: str = ""
    resumed: bool = False
    first: float | None = None  # the header is complete
    ended: float | None = None
    head_bytes: int = 0
    framing: Framing | None = None
    http: str = ""
    closes: bool = False
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    rtt_ms: float | None = None
    min_rtt_ms: float | None = None

    def came(self, size: int) -> None:
        """So many bytes more."""
        came = self.arrivals[-1][1] if self.arrivals else 0
        self.arrivals.append((monotonic(), came + size))
        if len(self.arrivals) > 8 * MOST_POINTS:  # of a large body, every other one tells as much
            del self.arrivals[-2::-2]

    def begin(self, message: RawResponseMessage, framing: Framing, head_bytes: int) -> None:
        """This header is complete, the first of the reply that is no 1xx."""
        self.first, self.framing, self.head_bytes = monotonic(), framing, head_bytes
        self.http = f"{message.version.major}.{message.version.minor}"
        self.closes = message.should_close

    def end(self, transport: asyncio.BaseTransport | None) -> None:
        """It is complete, or will never be."""
        if self.ended is None:
            self.ended = monotonic()
            self.rtt_ms, self.min_rtt_ms = round_trips_ms(transport)

    @property
    def body_bytes(self) -> int:
        """How much came behind the header."""
        return max(0, self.arrivals[-1][1] - self.head_bytes) if self.arrivals else 0

    def body(self, size: int) -> list[list[float]]:
        """When its body's bytes, `size` in all, had come: in s, at most MOST_POINTS of them, the first and last among
        these. Sizes of chunks are not told from what they contain, but taken as spread over it."""
        raw = [(at, came - self.head_bytes) for at, came in self.arrivals if came > self.head_bytes]
        if len(raw) > MOST_POINTS:
            raw = [raw[round(i * (len(raw) - 1) / (MOST_POINTS - 1))] for i in range(MOST_POINTS)]
        return [[at, round(came * size / raw[-1][1])] for at, came in raw]


def round_trips_ms(transport: asyncio.BaseTransport | None) -> tuple[float | None, float | None]:
    """The smoothed and the least round trip that TCP has seen on a connection, where the system tells."""
    connection = transport.get_extra_info("socket") if transport else None
    if connection is None or sys.platform != "linux":
        return None, None
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
    except OSError:  # it is closed already, or no TCP
        return None, None
    rtt, least = (struct.unpack_from("=I", info, at)[0] if len(info) >= at + 4 else 0 for at in (_RTT_AT, _MIN_RTT_AT))
    return rtt / 1000 or None, least / 1000 if 0 < least < 0xFFFFFFFF else None
