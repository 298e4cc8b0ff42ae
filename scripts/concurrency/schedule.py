"""Whose turn it is: hosts take turns, each within its limits; knows no HTTP and does not wait itself."""

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Job = TypeVar("Job")


@dataclass(frozen=True)
class Portion:
    """What is ours of a host that `sharers` downloads fetch from at once: so many in flight, and of its rate an even
    share."""

    in_flight: int
    sharers: int


@dataclass(slots=True, eq=False)
class Host(Generic[Job]):
    """One host's share. `queue` ends with what comes first; `urgent` comes before it, even while `held`."""

    in_flight_limit: float
    spacing_s: float
    queue: list[Job] = field(default_factory=list)
    urgent: list[Job] = field(default_factory=list)
    held: bool = False
    listed: bool = False
    in_flight: int = 0
    next_start: float = 0.0
    sharers: int = 1

    def space(self, seconds: float) -> None:
        """Let at least `seconds` pass between two starts, of whichever of its sharers."""
        self.spacing_s = max(self.spacing_s, seconds * self.sharers)


class Schedule(Generic[Job]):
    """Jobs waiting for their hosts. Times are those of one clock that the caller reads."""

    def __init__(self, in_flight_per_host: float, requests_per_second: float) -> None:
        self.hosts: dict[str, Host[Job]] = {}
        self._in_flight_per_host = in_flight_per_host
        self._spacing_s = 1 / requests_per_second
        self._ready: deque[Host[Job]] = deque()
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._ticket = itertools.count()

    def host(self, name: str) -> Host[Job]:
        """The share of the host called `name`."""
        if (host := self.hosts.get(name)) is None:
            host = self.hosts[name] = Host(self._in_flight_per_host, self._spacing_s)
        return host

    def share(self, name: str, portion: Portion) -> None:
        """Keep to a portion of the limits of the host called `name`."""
        host = self.host(name)
        host.in_flight_limit, host.sharers = portion.in_flight, portion.sharers
        host.space(self._spacing_s)

    def offer(self, host: Host[Job]) -> None:
        """Line `host` up if it has something to do and room for it; call it after each change of either."""
        waiting = host.urgent or (host.queue and not host.held)
        if waiting and not host.listed and host.in_flight < host.in_flight_limit:
            host.listed = True
            self._ready.append(host)

    def take(self, now: float) -> tuple[Host[Job], Job] | None:
        """The next job that may start now; its host counts it as in flight until `leave`."""
        while self._later and self._later[0][0] <= now:
            heapq.heappop(self._later)[2]()
        while self._ready:
            host = self._ready.popleft()
            if host.next_start > now:
                self._at(host.next_start, lambda host=host: self._ready.append(host))  # type: ignore[misc]
                continue
            host.listed = False
            if not host.urgent and (host.held or not host.queue):
                continue
            job = (host.urgent or host.queue).pop()
            host.in_flight += 1
            host.next_start = now + host.spacing_s
            self.offer(host)
            return host, job
        return None

    def leave(self, host: Host[Job]) -> None:
        """One of the host's jobs is no longer in flight."""
        host.in_flight -= 1
        self.offer(host)

    def put(self, host: Host[Job], job: Job, at: float, *, urgent: bool = False) -> None:
        """Let `job` be the host's next, from the time `at` on."""

        def arrive() -> None:
            (host.urgent if urgent else host.queue).append(job)
            self.offer(host)

        self._at(at, arrive)

    def block(self, host: Host[Job], until: float) -> None:
        """Start nothing on `host` before the time `until`."""
        host.next_start = max(host.next_start, until)

    def _at(self, time: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._later, (time, next(self._ticket), act))

    def next_change(self) -> float | None:
        """The time at which `take` may have something again by itself."""
        return self._later[0][0] if self._later else None
