"""One exchange: what is asked for, how far its reply has come, and when that takes too long."""

import asyncio
from dataclasses import dataclass
from typing import Any

from concurrency.downloader.connection import Connection
from concurrency.downloader.failures import FetchError
from concurrency.downloader.framing import Framing
from concurrency.downloader.jobs import Trip
from concurrency.downloader.limits import Limits
from concurrency.downloader.page import Page
from concurrency.downloader.part import Part
from concurrency.downloader.reception import Reception


@dataclass(slots=True, eq=False)
class Request:
    """What to ask for, and how; what comes of it is noted on `page` and `part`.

    `trip` gets each connection that is asked on, and holds the cookies that go along. `began` is when the page's first
    try did. `most` bytes may come; of a robots.txt, what is beyond them is not read. With `last`, nothing will follow
    for this host. With `alone`, the request has a connection of its own; so has one that continues a part, for a reply
    that may be another page's must add nothing to it. Of the probe's requests, `burst` is the number (0: one by one).
    """

    address: str
    page: Page
    part: Part
    trip: Trip
    began: float
    most: int
    is_robots: bool = False
    last: bool = False
    alone: bool = False
    burst: int | None = None


@dataclass(slots=True, eq=False)
class Exchange:
    """A request and its reply, with the times that its deadlines are measured from."""

    request: Request
    began: float
    task: "asyncio.Task[Any]"
    connection: Connection | None = None
    is_first: bool = False  # of what its connection brings and is not certain
    sent: float | None = None
    last_byte: float | None = None  # of the body; its header counts as one
    received: int = 0
    looked_at: int = 0
    window_began: float = 0.0
    window_received: int = 0
    overdue: FetchError | None = None
    # Only of use where it is recorded:
    reception: Reception | None = None
    lookup_s: float = 0.0  # of that, looking the name up took
    asks_to_close: bool = False

    @property
    def framing(self) -> Framing:
        """How the reply's body ends, once its header has come."""
        assert self.connection is not None
        assert self.connection.framing is not None
        return self.connection.framing

    def body_begins(self, now: float) -> None:
        """From now on the deadlines are those of a body."""
        self.last_byte = self.window_began = now

    def check(self, now: float, limits: Limits) -> str:
        """The class of failure that this has become by taking too long, or nothing."""
        phase_s, allowed_s, kind = now - self.began, limits.connect_s, "connect_timeout"
        if self.last_byte is not None:
            phase_s, allowed_s, kind = now - self.last_byte, limits.idle_s, "idle_timeout"
        elif self.sent is not None:
            phase_s, allowed_s, kind = now - self.sent, limits.first_byte_s, "first_byte_timeout"
        if now - self.request.began > limits.page_s:
            return "page_timeout"
        if now - self.began > limits.attempt_s:
            return "attempt_timeout"
        if phase_s > allowed_s:
            return kind
        if self.last_byte is not None and (lasted := now - self.window_began) >= limits.min_speed_over_s:
            if self.received - self.window_received < limits.min_bytes_per_s * lasted:
                return "too_slow"
            self.window_began, self.window_received = now, self.received
        return ""

    def end(self, failure: FetchError) -> None:
        """Let it fail so."""
        if self.overdue is None:
            self.overdue = failure
            self.task.cancel()
