"""Recordings as a live download would make them, of a path that is known: its model, with chance and a client's CPU."""

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from concurrency.workloads.download.path.model import Agenda, Flow, Link, Server
from concurrency.workloads.download.path.simulation import HEAD_BYTES
from concurrency.workloads.download.path.window import SEGMENT_BYTES
from concurrency.workloads.download.sites import Site

BURSTS = (4, 8, 16)


class Recorder:
    """A polite download of `sites`, and a probe if asked for: `lines` are those of recorded.jsonl.

    Each latency has one of `spread_ms` more, each body one of `stalls_ms`, each time up to some `cpu_ms`.
    """

    def __init__(
        self,
        sites: Sequence[Site],
        mbit_per_s: float | None,
        probe: bool = True,
        spread_ms: Sequence[float] = (0.0,),
        stalls_ms: Sequence[float] = (0.0,),
        cpu_ms: float = 0.5,
        seed: int = 1,
    ) -> None:
        self._chance = random.Random(seed)
        self._spread_ms, self._stalls_ms, self._cpu_ms = spread_ms, stalls_ms, cpu_ms
        self._per_byte_s = 8 / (mbit_per_s * 1e6) if mbit_per_s else 0.0
        self._agenda, self._link = Agenda(), Link(mbit_per_s)
        self._servers = {site.origin: Server(self._agenda, site.slots) for site in sites}
        self._idle: dict[str, list[tuple[int, Flow, int]]] = defaultdict(list)
        self._connections, self._in_flight = 0, 0
        self.lines: list[dict[str, Any]] = []
        self._polite(list(sites))
        self._agenda.run()
        if probe:
            self._probe(list(sites))

    def _polite(self, left: list[Site]) -> None:
        def turn(when: float) -> None:
            if left and self._in_flight < 3:
                self._ask(when, left.pop(0), "page", None)
            if left:
                self._agenda.at(when + 0.2, turn)

        self._agenda.at(1.0, turn)

    def _probe(self, sites: list[Site]) -> None:
        now = max(line["ended"] for line in self.lines) + 0.2
        own = [site for site in sites if site.origin == sites[0].origin]
        self._idle.clear()
        for site in own[:2] * 6:
            self._ask(now, site, "probe", 0)
            self._agenda.run()
            now = self.lines[-1]["ended"] + 0.2
        for number, size in enumerate(BURSTS, 1):
            self._idle.clear()
            for place in range(size):
                self._ask(now, own[place % len(own)], "probe", number)
            self._agenda.run()
            now = max(line["ended"] for line in self.lines) + 0.2

    def _ask(self, when: float, site: Site, kind: str, burst: int | None) -> None:
        idle = self._idle[site.origin]
        if is_new := not idle:
            self._connections += 1
            idle.append((self._connections, Flow(self._agenda, self._link, site.rtt_s), 0))
        number, flow, served = idle.pop()
        sent = when + (site.set_up_s if is_new else 0.0)
        if is_new and site.tls_version == "1.3":
            flow.issue_tickets(sent)
        latency_s = max(site.rtt_s, (site.latency_ms + self._chance.choice(self._spread_ms)) / 1000)
        stall_s = self._chance.choice(self._stalls_ms) / 1000
        size = site.wire_bytes + HEAD_BYTES
        arrivals: list[tuple[float, int]] = []
        self._in_flight += 1

        def arrive(at: float, got: int, is_last: bool) -> None:
            for end in range(SEGMENT_BYTES, got + SEGMENT_BYTES, SEGMENT_BYTES):  # a segment is there before its piece
                left = max(0, got - end)
                arrivals.append((at - left * self._per_byte_s + self._late_s(), min(got - end, 0) + SEGMENT_BYTES))
            if is_last:
                self._in_flight -= 1
                if served + 1 != site.requests_per_connection:
                    idle.append((number, flow, served + 1))
                note()

        def note() -> None:
            times = [at for at, _ in arrivals]
            for place in range(1, len(times)):
                times[place] = max(times[place], times[place - 1])
            came, points = 0, []
            for at, (_, got) in zip(times, arrivals, strict=True):
                came += got
                points.append([round((at - sent) * 1000, 3), max(0, came - HEAD_BYTES)])
            self.lines.append(
                {
                    "run": "1", "url": site.url, "origin": site.origin, "kind": kind, "burst": burst,
                    "began": when, "sent": sent, "first": times[0], "ended": times[-1],
                    "connection": number, "is_new": is_new,
                    "connect_ms": site.set_up_s * 1000 + self._late_s() * 2000 if is_new else None,
                    "tls": "" if site.tls_version == "none" else f"TLSv{site.tls_version}", "resumed": False,
                    "http": "1.1", "h2": None, "status": 200, "error": "",
                    "wire_bytes": site.wire_bytes, "bytes": site.wire_bytes, "framing": site.framing, "coding": "",
                    "closes": served + 1 == site.requests_per_connection, "attempt": 1,
                    "rtt_ms": None, "min_rtt_ms": site.rtt_s * 1000 + self._chance.uniform(0, 0.1),
                    "arrivals": points[:: len(points) // 128 + 1] + points[-1:],
                }
            )  # fmt: skip

        self._servers[site.origin].ask(
            sent, site.rtt_s, latency_s - site.rtt_s, lambda at: flow.send(at, size, arrive, stall_s)
        )

    def _late_s(self) -> float:
        return min(self._chance.expovariate(1.0), 6.0) * self._cpu_ms / 1000


def rows(sites: Sequence[Site]) -> list[dict[str, str]]:
    """Of pages.csv."""
    return [
        {
            "url": site.url,
            "wire_bytes": str(site.wire_bytes),
            "bytes": str(site.size),
            "content_length": str(site.wire_bytes) if site.framing == "length" else "",
            "latency_ms": str(site.latency_ms),
            "error": "",
        }
        for site in sites
    ]
