"""What is emulated, as plain facts: pages, the server that has them, and the path to it."""

import math
import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Page:
    """A page: its size before it is coded, how long the application thinks about it, and at which host it is."""

    bytes: int
    think_ms: float
    coding: str = ""  # gzip, for who accepts that
    framing: str = "length"
    host: int = 0


@dataclass(frozen=True)
class World:
    """Pages, what serves them and the path to it.

    `rtt_ms` is split evenly between the ways; `mbit_per_s` (0: no limit) and `buffer_bytes` (what a way drops beyond)
    are each way's; `jitter_ms` (the standard deviation; packets stay in order) and `loss` (a share) fall on every
    packet of either way. A host works on `slots` requests at once (0: on all). What it thinks is drawn anew each time,
    with `spread` as the standard deviation of the logarithm. `requests_per_connection`: then the server closes it
    (0: never).
    """

    pages: tuple[Page, ...]
    rtt_ms: float
    mbit_per_s: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    buffer_bytes: int = 2_000_000
    tls: bool = False
    http2: bool = False
    slots: int = 0
    spread: float = 0.0
    requests_per_connection: int = 0
    seed: int = 1

    @property
    def hosts(self) -> int:
        """How many there are."""
        return 1 + max(page.host for page in self.pages)


def pages(
    count: int,
    size: tuple[int, int] = (15_000, 90_000),
    think_ms: tuple[float, float] = (20, 80),
    coding: str = "",
    framing: str = "length",
    hosts: int = 1,
    seed: int = 1,
) -> tuple[Page, ...]:
    """So many pages over so many hosts, with sizes (in bytes) and thoughts drawn evenly on a logarithmic scale."""
    chance = random.Random(f"pages {seed}")

    def between(low: float, high: float) -> float:
        return math.exp(chance.uniform(math.log(low), math.log(high)))

    return tuple(
        Page(round(between(*size)), round(between(*think_ms), 1), coding, framing, i % hosts) for i in range(count)
    )
