"""A page on its way: the job of having it, and the trip that one try of it is."""

from dataclasses import dataclass, field
from typing import Any

import tenacity

from concurrency.downloader.connection import Connection
from concurrency.downloader.cookies import Cookies
from concurrency.downloader.failures import FetchError
from concurrency.downloader.page import Page
from concurrency.downloader.part import Part
from concurrency.schedule import Host


@dataclass(slots=True, eq=False)
class Job:
    """A page on its way, or the robots.txt that pages wait for: where it is fetched from next, and what it took."""

    page: Page
    start: str
    address: str  # where redirects have led
    part: Part
    began: float
    hops: int = 0
    trip: "Trip" = field(init=False)
    alone: bool = False  # it is to have connections of its own
    failure: FetchError | None = None  # how it ended
    retry: tenacity.RetryCallState | None = None
    holds: Host[Any] | None = None  # the host whose pages wait for this robots.txt

    def __post_init__(self) -> None:
        self.trip = Trip(self)

    def set_out_again(self) -> None:
        """Back to where it started."""
        self.trip.job = None
        self.address, self.hops, self.failure, self.trip = self.start, 0, None, Trip(self)

    @property
    def tries(self) -> int:
        """Which try of the page this is, but for those that came of doubt."""
        return self.retry.attempt_number if self.retry else 1

    @property
    def is_to_doubt(self) -> bool:
        """Whether what became of the page, a failure too, may come of another one's reply. Its own connection's failure
        is its own."""
        if not self.trip.in_doubt:
            return False
        return self.failure is None or not (self.alone or self.failure.kind == "page_timeout")


@dataclass(slots=True, eq=False)
class Trip:
    """What one try of a page, redirects included, has been through.

    As long as it is not known whether the `connections` that it came over kept their order, it is not certain that what
    came is the page's; it is `in_doubt` once one of them turned out not to have, or could not be read to its end.
    """

    job: Job | None  # as long as this is its latest
    connections: set[Connection] = field(default_factory=set)
    in_doubt: bool = False
    is_put: bool = False  # into the journal, or on the way there, as a page that came over these connections
    is_written: bool = False
    cookies: Cookies = field(default_factory=Cookies)
