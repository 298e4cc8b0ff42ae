"""What a recording tells of a host: its round trip, and how it keeps connections."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from concurrency.workloads.download.path.window import SEGMENT_BYTES
from concurrency.workloads.download.sites import HANDSHAKES

JITTER_MS, JITTER = 1.0, 0.1  # beyond both, the latter of the round trip, its scatter counts
CONNECT_MS, CONNECT = 5.0, 0.2  # the same where it is that of connecting, which takes CPU time as well
MOSTLY = 0.9


@dataclass(frozen=True)
class Host:
    """Of an origin; `rtts_ms` are what its round trip was found as, connection by connection, and `jitters` tells
    whether it scatters; `crawl_delay_s` is what its robots.txt asks for between two requests."""

    connect_ms: float
    rtts_ms: Sequence[float] = field(repr=False)
    jitters: bool
    tls: str
    resumed: bool
    http: str
    requests_per_connection: int
    crawl_delay_s: float

    @property
    def rtt_ms(self) -> float:
        return self.round_trip_ms(self.rtts_ms)

    def round_trip_ms(self, samples: Sequence[float]) -> float:
        """The least of them, which is without queues; where they scatter, the median."""
        return (median if self.jitters else min)(samples) if samples else 0.0


def known(lines: Sequence[Mapping[str, Any]]) -> dict[str, Host]:
    """The hosts of all recorded `lines`, by origin."""
    by_origin: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for line in lines:
        by_origin[line["origin"]].append(line)
    queued = _queued(lines)
    return {origin: _host(own, queued) for origin, own in by_origin.items()}


def _scatter(samples: Sequence[float], most_ms: float, most: float) -> bool:
    least = min(samples, default=0.0)
    return bool(samples) and median(samples) - least > max(most_ms, most * least)


def _queued(lines: Sequence[Mapping[str, Any]]) -> set[tuple[str, int]]:
    """The connections that were made while bodies came: they may have waited for these."""
    came: dict[str, list[list[float]]] = defaultdict(list)  # by run: spans in which something came, one after another
    bodies = [line for line in lines if line["first"] is not None and line["wire_bytes"] > SEGMENT_BYTES]
    for line in sorted(bodies, key=lambda line: line["first"]):
        spans = came[line["run"]]
        if spans and line["first"] <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], line["ended"])
        else:
            spans.append([line["first"], line["ended"]])
    queued = set()
    for line in lines:
        if line["is_new"] and line["connect_ms"] is not None and line["sent"] is not None:
            spans, began = came[line["run"]], line["sent"] - line["connect_ms"] / 1000
            before = bisect_left(spans, line["sent"], key=lambda span: span[0])
            if before and spans[before - 1][1] > began:
                queued.add(_connection(line))
    return queued


def _host(lines: Sequence[Mapping[str, Any]], queued: Collection[tuple[str, int]]) -> Host:
    connects = [line["connect_ms"] for line in lines if line["is_new"] and line["connect_ms"] is not None]
    versions = Counter(line["tls"] for line in lines if line["sent"] is not None)
    tls = versions.most_common(1)[0][0].removeprefix("TLSv") if versions else ""
    tls = tls if tls in HANDSHAKES else "none"
    rtts_ms, jitters = _round_trips_ms(lines, 1 + HANDSHAKES[tls], queued)
    return Host(
        connect_ms=median(connects) if connects else 0.0,
        rtts_ms=rtts_ms,
        jitters=jitters,
        tls=tls,
        resumed=any(line["resumed"] for line in lines),
        http="2" if any(line["h2"] for line in lines) else "1.1",
        requests_per_connection=_requests_per_connection(lines),
        crawl_delay_s=_crawl_delay_s(lines),
    )


def _round_trips_ms(
    lines: Sequence[Mapping[str, Any]], round_trips: int, queued: Collection[tuple[str, int]]
) -> tuple[list[float], bool]:
    """Of each connection one, and whether they scatter.

    Connections that were made in a burst wait for each other, and those that were made while bodies came for these: the
    former are left out, the latter unless more than one reply came over them, if there are others. The kernel's is
    without anybody's CPU time, but the least of several: where it scatters, or connecting does, connecting tells more.
    """
    lines = [line for line in lines if not line["burst"]] or lines
    alone = [line for line in lines if _connection(line) not in queued] or lines
    connects = [line["connect_ms"] / round_trips for line in alone if line["is_new"] and line["connect_ms"] is not None]
    carried = Counter(map(_connection, lines))
    least: dict[tuple[str, int], float] = {}
    for line in [line for line in lines if carried[_connection(line)] > 1 or _connection(line) not in queued] or lines:
        if line["min_rtt_ms"]:
            of = _connection(line)
            least[of] = min(least.get(of, float("inf")), line["min_rtt_ms"])
    kernels = list(least.values())
    jitters = _scatter(kernels, JITTER_MS, JITTER) or _scatter(connects, CONNECT_MS, CONNECT)
    return connects if not kernels or (jitters and len(connects) > 1) else kernels, jitters


def _connection(line: Mapping[str, Any]) -> tuple[str, int]:
    return line["run"], line["connection"]


def _requests_per_connection(lines: Sequence[Mapping[str, Any]]) -> int:
    """1 where each reply closes, n where connections were closed after n replies each time, 0 for all else."""
    replies = [line for line in lines if line["first"] is not None and line["closes"] is not None]
    if not any(line["closes"] for line in replies):
        return 0
    if sum(line["closes"] for line in replies) >= MOSTLY * len(replies):
        return 1
    served: Counter[tuple[str, int]] = Counter((line["run"], line["connection"]) for line in replies)
    closed = [served[line["run"], line["connection"]] for line in replies if line["closes"]]
    is_steady = len(closed) > 1 and len(set(closed)) == 1 and max(served.values()) == closed[0]
    return closed[0] if is_steady else 0


def _crawl_delay_s(lines: Sequence[Mapping[str, Any]]) -> float:
    """What the robots.txt that was read last asks for; 0 where it asks for none, and in recordings before it was
    noted."""
    robots = [line for line in lines if line["kind"] == "robots"]
    latest = max((line["run"] for line in robots), default="")
    return max((line.get("crawl_delay_s", 0.0) for line in robots if line["run"] == latest), default=0.0)
