"""The contests: a file for each, whose `contest(size)` is a context manager that has ready what it runs against."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from contestants import Contestant


@dataclass(frozen=True)
class Size:
    """How much work the contests are."""

    latency_pages: int = 2_000
    latency_in_flight: int = 100
    throughput_pages: int = 6_000
    throughput_in_flight: int = 50
    even: int = 10_000_000
    huge: int = 24_000_000
    small: int = 100_000
    few_pages: int = 1_000
    many_pages: int = 100_000
    loop_pages: int = 60  # loops without concurrency do this many; their time is scaled up


QUICK = Size(60, 10, 60, 10, 100_000, 400_000, 2_000, 50, 500, 10)


@dataclass
class Sample:
    """A row of peers.csv. `seconds` is empty where the contestant failed."""

    contest: str
    contestant: str
    kind: str
    round: int
    position: int
    seconds: float | None = None
    max_rss_bytes: int | None = None
    error: str = ""

    @property
    def lasted(self) -> float:
        """Its seconds, or not a number."""
        return math.nan if self.seconds is None else self.seconds


@dataclass(frozen=True)
class Goal:
    """What is to be reached: the best of `of` at most (or at least) `bound`."""

    text: str
    of: tuple[str, ...]
    bound: float
    at_most: bool

    def reached(self, values: dict[str, float]) -> tuple[str, float] | None:
        """Who of `of` comes closest to it, and with what."""
        known = {name: values[name] for name in self.of if name in values}
        if not known:
            return None
        best = (min if self.at_most else max)(known, key=lambda name: known[name])
        return best, known[best]


@dataclass(frozen=True)
class Contest:
    """Who runs on the same work, and what their times are held against.

    `figure(name, samples)` is the ratio of the contestant of that name, from the samples of one round by their
    contestants; the first of `goals` says whether less is better. `remarks` are lines below the table.
    """

    name: str
    title: str
    column: str
    contestants: list[Contestant]
    figure: Callable[[str, dict[str, Sample]], float]
    goals: list[Goal]
    remarks: Callable[[list[Sample]], list[str]] = lambda _: []
