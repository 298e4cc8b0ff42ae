"""An ideal client on the model of a path: what pages take where only the path and the servers take time."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, log2

from concurrency.workloads.download.path.model import SYN_BYTES, TICKETS, Agenda, Flow, Link, Server, set_up
from concurrency.workloads.download.path.window import FIRST_WINDOW, SEGMENT_BYTES
from concurrency.workloads.download.sites import Site

HEAD_BYTES = 150  # of a reply before its body, about
FLIGHTS = {"none": (SYN_BYTES,), "1.3": (SYN_BYTES, 1_500), "1.2": (SYN_BYTES, 1_500, 300)}  # of a server's set-up
BEST_WINDOW = FIRST_WINDOW + TICKETS * SEGMENT_BYTES  # at first: what a server's tickets made room for is there as well


@dataclass
class Visit:
    """When a page was asked for, when its first byte came and when its last, in seconds; `is_new`: over a new
    connection, whose set-up is part of it."""

    began: float
    is_new: bool
    first: float = 0.0
    ended: float = 0.0


class Client:
    """It keeps connections, as many as it needs, and takes the latest of those that are idle."""

    def __init__(self, sites: Sequence[Site], mbit_per_s: float | None) -> None:
        self.agenda = Agenda()
        self._link = Link(mbit_per_s)
        self._servers = {site.origin: Server(self.agenda, site.slots) for site in sites}
        self._idle: dict[str, list[tuple[Flow, int]]] = defaultdict(list)

    def get(self, when: float, site: Site, then: Callable[[float], None] = lambda _: None) -> Visit:
        """Ask for a page; then(time) once all of it is there."""
        idle = self._idle[site.origin]
        flow, served = idle.pop() if idle else (Flow(self.agenda, self._link, site.rtt_s), 0)
        visit = Visit(when, is_new=not served)

        def arrive(at: float, size: int, is_last: bool) -> None:
            visit.first = visit.first or at
            if is_last:
                visit.ended = at
                if served + 1 != site.requests_per_connection:
                    idle.append((flow, served + 1))
                then(at)

        def answer(at: float) -> None:
            flow.send(at, site.wire_bytes + HEAD_BYTES, arrive, site.stall_ms / 1000)

        def ask(at: float) -> None:
            if not served and site.tls_version == "1.3":
                flow.issue_tickets(at)
            self._servers[site.origin].ask(at, site.rtt_s, site.think_s, answer)

        if served:
            ask(when)
        else:
            set_up(self.agenda, self._link, when, site.leg_s, FLIGHTS[site.tls_version], ask)
        return visit


def in_turn(sites: Sequence[Site], mbit_per_s: float | None, in_flight: int) -> list[Visit]:
    """The visits of a client that takes the pages in their order, always with as many in flight."""
    client, left, visits = Client(sites, mbit_per_s), iter(sites), list[Visit]()

    def following(when: float) -> None:
        if site := next(left, None):
            visits.append(client.get(when, site, following))

    for _ in range(in_flight):
        following(0.0)
    client.agenda.run()
    return visits


def at_times(sites: Sequence[Site], mbit_per_s: float | None, times: Sequence[float]) -> list[Visit]:
    """The visits of a client that asks for each page at its time, whatever else is under way."""
    client, visits = Client(sites, mbit_per_s), dict[int, Visit]()

    def go(when: float, place: int) -> None:
        visits[place] = client.get(when, sites[place])

    for place, when in enumerate(times):
        client.agenda.at(when, go, place)
    client.agenda.run()
    return [visits[place] for place in range(len(sites))]


def seconds(sites: Sequence[Site], mbit_per_s: float | None, in_flight: int) -> float:
    """What the pages take an ideal client with as many in flight."""
    return max(visit.ended for visit in in_turn(sites, mbit_per_s, in_flight))


def least_s(sites: Sequence[Site], mbit_per_s: float | None, in_flight: int) -> float:
    """What no client can beat, in whatever order it takes the pages and however it uses its connections."""
    return max(_bounds_s(sites, mbit_per_s, in_flight).values())


def limit(sites: Sequence[Site], mbit_per_s: float | None, in_flight: int) -> str:
    """What sets that, in words; of several that do, the first which more in flight would not change."""
    bounds = _bounds_s(sites, mbit_per_s, in_flight)
    return max(bounds, key=lambda name: round(bounds[name], 9))  # sums of the same times differ by less


def _bounds_s(sites: Sequence[Site], mbit_per_s: float | None, in_flight: int) -> dict[str, float]:
    """What the pages take at least, by what sees to that.

    All bytes share the link, the pages of a host its slots. Each page keeps one of those in flight for its latency and
    for its bytes' time on the link, and no connection's window grows faster than it can: more in flight are more
    windows, up to one for each page.
    """
    per_byte = 8 / (mbit_per_s * 1e6) if mbit_per_s else 0.0
    alone = [_least_alone_s(site, per_byte) for site in sites]
    first_s = min(0 if site.requests_per_connection == 1 else site.set_up_s for site in sites)
    soonest_s = first_s + min(site.latency_ms for site in sites) / 1000
    wire = sum(site.wire_bytes for site in sites)
    windows = ceil(log2(wire / (in_flight * BEST_WINDOW) + 1))
    growing_s = soonest_s + (windows - 1) * min(site.rtt_s for site in sites)
    of_hosts = [(0.0, 0)]  # what the pages of each host with slots take at least, and how many it has
    for host in {site.origin for site in sites if site.slots}:
        own = [site for site in sites if site.origin == host]
        working_s = sum(site.think_s for site in own) / own[0].slots
        of_hosts.append((first_s + min(site.rtt_s for site in own) + working_s, own[0].slots))
    slots_s, slots = max(of_hosts)
    return {
        "the slowest page": max(first_s + max(alone), growing_s if in_flight >= len(sites) else 0.0),
        f"the server's {slots} slot{'s' * (slots != 1)}": slots_s,
        "the link": soonest_s + wire * per_byte,
        "what is in flight": max(first_s + sum(alone) / in_flight, growing_s),
    }


def _least_alone_s(site: Site, per_byte: float) -> float:
    """From a page's request to its end, where nothing else is under way and its connection knows the path well; with a
    connection for each page, its set-up and slow start as well."""
    least = (site.latency_ms + site.stall_ms) / 1000 + site.wire_bytes * per_byte
    if site.requests_per_connection != 1:
        return least
    windows = ceil(log2(site.wire_bytes / BEST_WINDOW + 1)) if site.wire_bytes else 1
    slow_s = (site.latency_ms + site.stall_ms) / 1000 + (windows - 1) * site.rtt_s
    return site.set_up_s + max(least, slow_s)
