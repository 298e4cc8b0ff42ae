"""What all pages of a list share of the path to them, and what a recording of it leaves open."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from concurrency.workloads.download.sites import Site


@dataclass(frozen=True)
class NetworkPath:
    """The user's link, and how steady it is.

    `mbit_per_s` is the rate that all connections share (None: no limit). The latency of a page in a round is its own
    and one of `spread_ms`, the end of its body late by one of `stalls_ms`; empty: nothing is drawn. `in_flight` is, by
    origin, up to how many requests at once a server's ways are known (None: they are given). `recordings` are others
    that might have been made instead, each with `mbit_per_s`, `rtt_ms` and `slots` by origin, and `latency_ms` by page.
    """

    mbit_per_s: float | None = None
    spread_ms: Sequence[float] = ()
    stalls_ms: Sequence[float] = ()
    in_flight: Mapping[str, int] | None = None
    recordings: Sequence[Mapping[str, Any]] = field(default=(), repr=False)

    @classmethod
    def read(cls, file: Path) -> "NetworkPath":
        """That of a path.json."""
        told = json.loads(file.read_text(encoding="utf-8"))
        return cls(
            told["mbit_per_s"],
            told["spread_ms"],
            told["stalls_ms"],
            {origin: host["in_flight"] for origin, host in told["hosts"].items()},
            told["recordings"],
        )

    def drawn(self, sites: Sequence[Site], key: str) -> list[Site]:
        """The `sites` as they are when `key` is the case: the same for the same key, whoever asks."""
        if not self.spread_ms and not self.stalls_ms:
            return list(sites)
        return [self._drawn(site, random.Random(f"{key} {site.url}")) for site in sites]

    def _drawn(self, site: Site, chance: random.Random) -> Site:
        late_ms = chance.choice(self.spread_ms or [0.0])
        stall_ms = chance.choice(self.stalls_ms or [0.0])
        return replace(site, latency_ms=max(site.rtt_s * 1000, site.latency_ms + late_ms), stall_ms=stall_ms)
