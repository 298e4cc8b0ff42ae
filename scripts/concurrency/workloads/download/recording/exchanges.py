"""The exchanges of a recording, on one clock, and which of them were by themselves."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import groupby
from typing import Any

SHARES = (0.25, 0.5, 0.75)  # of a body: when they came is looked at
STRETCH_S, FAST = 0.02, 0.95
_AT_ONCE_S = 0.001  # what comes with a header, comes by then
_BETWEEN_RUNS_S = 600.0  # so far apart that nothing of one is left in the next


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that was sent, and its reply.

    Of the body, so many bytes as in `came` were seen at the times in `marks`, in seconds: the first of them with the
    header (over TLS, all of a record), all of them at last. `burst` is 0 for what was asked one by one, however many of
    these were under way; `is_whole` tells a page that came with status 200 and to its end; `has_tickets` whether those
    of a TLS session came before it, if it is the first on its connection.
    """

    url: str
    origin: str
    burst: int
    sent: float
    marks: tuple[float, ...]
    came: tuple[int, ...]
    connection: tuple[str, int]
    wire_bytes: int
    framing: str
    coding: str
    is_whole: bool
    is_first_try: bool
    has_tickets: bool

    @property
    def first(self) -> float:
        """When something was seen of the reply."""
        return self.marks[0]

    @property
    def ended(self) -> float:
        """When all of it had been."""
        return self.marks[-1]

    @property
    def seen_ms(self) -> float:
        """From the request until something was seen of its reply."""
        return (self.first - self.sent) * 1000


def condensed(line: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded line with, in place of all the arrivals, `marks`: of a few of them, the seconds since `sent` and the
    bytes; and the probe, whose connections are its own, as a run of its own."""
    arrivals, wire_bytes = line["arrivals"] or [], line["wire_bytes"]
    marks = arrivals[:1] + [next((at for at in arrivals if at[1] >= share * wire_bytes), None) for share in SHARES]
    run = f"{line['run']} probe" if line["kind"] == "probe" else line["run"]
    return {name: value for name, value in line.items() if name != "arrivals"} | {
        "marks": [(ms / 1000, came) for ms, came in filter(None, marks)],
        "run": run,
    }


class Stretches:
    """How many bytes came in each stretch of time, over all connections together."""

    def __init__(self) -> None:
        self._bytes: Counter[tuple[str, int]] = Counter()

    def add(self, line: Mapping[str, Any]) -> None:
        """Count those of a recorded line."""
        before = 0
        for ms, came in line["arrivals"] or []:
            self._bytes[line["run"], int((line["sent"] + ms / 1000) / STRETCH_S)] += came - before
            before = came

    @property
    def fast_mbit_per_s(self) -> float:
        """What came in a fast one; the fastest may be bytes that had waited for a lost one."""
        found = sorted(self._bytes.values())
        return found[int(FAST * len(found))] * 8 / STRETCH_S / 1e6 if found else 0.0


def answered(lines: Iterable[Mapping[str, Any]]) -> list[Exchange]:
    """Those of the `condensed` lines that had a reply, as they were sent, run after run, those of a probe first."""

    def run_of(line: Mapping[str, Any]) -> tuple[bool, str]:
        return line["kind"] != "probe", line["run"]

    found: list[Exchange] = []
    usable = [line for line in lines if line["sent"] is not None and line["first"] is not None]
    for _, run in groupby(sorted(usable, key=lambda line: (*run_of(line), line["sent"])), key=run_of):
        own = list(run)
        over_s = max((exchange.ended for exchange in found[-1000:]), default=0.0)
        found += [_exchange(line, over_s + _BETWEEN_RUNS_S - own[0]["sent"]) for line in own]
    return found


def _exchange(line: Mapping[str, Any], later_s: float) -> Exchange:
    sent, first = line["sent"] + later_s, line["first"] + later_s
    ended = max(first, line["ended"] + later_s)
    marks = [(min(max(sent + at, first), ended), came) for at, came in line["marks"]]
    with_header = marks[0][1] if marks and marks[0][0] < first + _AT_ONCE_S else 0
    return Exchange(
        url=line["url"],
        origin=line["origin"],
        burst=line["burst"] or 0,
        sent=sent,
        marks=(first, *(at for at, _ in marks[1:]), ended),
        came=(with_header, *(came for _, came in marks[1:]), line["wire_bytes"]),
        connection=(line["run"], line["connection"] or 0),
        wire_bytes=line["wire_bytes"],
        framing=line["framing"],
        coding=line["coding"],
        is_whole=line["status"] == 200 and not line["error"] and line["kind"] != "robots",
        is_first_try=line["attempt"] == 1,
        has_tickets=line["tls"] == "TLSv1.3",
    )


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
    found: dict[tuple[str, int], list[int]] = {}
    for place, exchange in enumerate(exchanges):
        if exchange.burst and exchange.is_whole:
            found.setdefault((exchange.connection[0], exchange.burst), []).append(place)
    return list(found.values())


def largest_bursts(exchanges: Sequence[Exchange]) -> dict[str, int]:
    """How many requests of one burst each host got at most, if it got several."""
    found: dict[str, int] = {}
    for own in bursts(exchanges):
        for origin, count in Counter(exchanges[place].origin for place in own).items():
            if count > max(1, found.get(origin, 0)):
                found[origin] = count
    return found


def in_flight(exchanges: Sequence[Exchange]) -> list[int]:
    """How many were under way at its host, itself included, when each was asked for."""
    counts = [0] * len(exchanges)
    ends: dict[str, list[float]] = defaultdict(list)
    for place in sorted(range(len(exchanges)), key=lambda place: exchanges[place].sent):
        this = exchanges[place]
        under_way = ends[this.origin]
        while under_way and under_way[0] <= this.sent:
            heappop(under_way)
        heappush(under_way, this.ended)
        counts[place] = len(under_way)
    return counts
