"""The exchanges of a recording, on one clock, and which of them were by themselves."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

MARKS = (0.25, 0.5, 0.75, 1.0)  # the shares of a body whose arrival is looked at
_BETWEEN_RUNS_S = 600.0  # so far apart that nothing of one is left in the next


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was sent, and its reply. Times are in seconds; `marks` are when the shares MARKS of the body were
    there. `burst` is 0 for what was asked one by one, however many of these were under way; `is_whole` tells a page
    that came with status 200 and to its end."""

    url: str
    origin: str
    burst: int
    sent: float
    first: float
    ended: float
    marks: tuple[float, ...]
    connection: tuple[str, int]
    wire_bytes: int
    framing: str
    coding: str
    is_whole: bool
    is_first_try: bool

    @property
    def latency_ms(self) -> float:
        """From the request to the first byte of its reply."""
        return (self.first - self.sent) * 1000


def answered(lines: Iterable[Mapping[str, Any]]) -> list[Exchange]:
    """Those of the recorded `lines` that had a reply, in the order in which they were sent, run after run."""
    found: list[Exchange] = []
    usable = [line for line in lines if line["sent"] is not None and line["first"] is not None]
    for _, run in groupby(sorted(usable, key=lambda line: (line["run"], line["sent"])), key=lambda line: line["run"]):
        own = list(run)
        later_s = (found[-1].ended + _BETWEEN_RUNS_S if found else 0.0) - own[0]["sent"]
        found += [_exchange(line, later_s) for line in own]
    return found


def _exchange(line: Mapping[str, Any], later_s: float) -> Exchange:
    sent, first = line["sent"] + later_s, line["first"] + later_s
    ended = max(first, line["ended"] + later_s)
    return Exchange(
        url=line["url"],
        origin=line["origin"],
        burst=line["burst"] or 0,
        sent=sent,
        first=first,
        ended=ended,
        marks=_marks(line, sent, first, ended),
        connection=(line["run"], line["connection"] or 0),
        wire_bytes=line["wire_bytes"],
        framing=line["framing"],
        coding=line["coding"],
        is_whole=line["status"] == 200 and not line["error"] and line["kind"] != "robots",
        is_first_try=line["attempt"] == 1,
    )


def _marks(line: Mapping[str, Any], sent: float, first: float, ended: float) -> tuple[float, ...]:
    arrivals = line["arrivals"] or []
    found = []
    for share in MARKS[:-1]:
        wanted = share * line["wire_bytes"]
        at = next((sent + ms / 1000 for ms, came in arrivals if came >= wanted), ended)
        found.append(min(max(at, first), ended))
    return (*found, ended)


def undisturbed(exchanges: Sequence[Exchange]) -> set[int]:
    """The places of those that met nothing else: from the request to the end no other of the same host was under way,
    and no other body was coming."""
    by_time = sorted(range(len(exchanges)), key=lambda place: exchanges[place].sent)
    disturbed: set[int] = set()
    open_ones: list[int] = []
    for place in by_time:
        this = exchanges[place]
        open_ones = [other for other in open_ones if exchanges[other].ended > this.sent]
        for other in open_ones:
            that = exchanges[other]
            if that.origin == this.origin or (this.first < that.ended and that.first < this.ended):
                disturbed |= {place, other}
            elif this.sent < that.ended and that.first < this.ended:
                disturbed.add(place)
        open_ones.append(place)
    return set(by_time) - disturbed


def bursts(exchanges: Sequence[Exchange]) -> list[list[int]]:
    """The places of the requests of each burst."""
    found: dict[tuple[str, str, int], list[int]] = {}
    for place, exchange in enumerate(exchanges):
        if exchange.burst and exchange.is_whole:
            found.setdefault((exchange.connection[0], exchange.origin, exchange.burst), []).append(place)
    return list(found.values())


def most_in_flight(exchanges: Collection[Exchange]) -> int:
    """How many of them were under way at once."""
    changes = sorted([(x.sent, 1) for x in exchanges] + [(x.ended, -1) for x in exchanges])
    count = most = 0
    for _, change in changes:
        count += change
        most = max(most, count)
    return most


def in_flight_at(exchanges: Sequence[Exchange], this: Exchange) -> int:
    """How many were under way at the host of `this`, itself included, when it was asked for."""
    return sum(x.origin == this.origin and x.sent <= this.sent < x.ended for x in exchanges)
