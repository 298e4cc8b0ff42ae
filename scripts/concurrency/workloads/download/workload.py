"""Downloads as a workload: pages of a site list, from a server that replays them and the path to them."""

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar

from concurrency.strategies._catalogue import Strategy
from concurrency.workloads.download import replay, sites
from concurrency.workloads.download.path import simulation
from concurrency.workloads.download.path.network import NetworkPath
from concurrency.workloads.download.sites import Site
from concurrency.workloads.download.work import NEEDS
from concurrency.workloads.workload import Bound, Workload


@dataclass(frozen=True)
class Download(Workload):
    """The first `measure_items` sites of `source` (a file, or a list of URLs), replayed; `seed` makes their bodies.

    `path` is what `download.path` of a configuration tells of the path to them, or the path.json of a recording.
    """

    source: Path | list[str]
    measure_items: int | None = None
    seed: int = 1
    path: Mapping[str, Any] | Path | None = None

    name: ClassVar[str] = "download"
    title: ClassVar[str] = "Downloads (waiting for others)"
    results: ClassVar[str] = "pages"
    setting: ClassVar[str] = "download"
    units: ClassVar[tuple[str, str]] = ("in flight", "in flight")
    axis: ClassVar[str] = "requests in flight"
    bound: ClassVar[Bound] = "io"
    awaits: ClassVar[bool] = True
    work: ClassVar[str] = "concurrency.workloads.download.work"
    needs: ClassVar[Mapping[str, tuple[str, ...]]] = NEEDS
    folders: ClassVar[tuple[Path, ...]] = (Path(__file__).parent / "clients",)

    @cached_property
    def sites(self) -> list[Site]:
        """What is downloaded, as the replay plays it but for what is drawn in each round."""
        given = sites.given_by(self.path) if isinstance(self.path, Mapping) else {}
        return sites.read(self.source, given=given)[: self.measure_items]

    @cached_property
    def network(self) -> NetworkPath:
        """What the sites share of the path to them."""
        if isinstance(self.path, Mapping):
            return NetworkPath(self.path.get("mbit_per_s"))
        return NetworkPath.read(self.path) if self.path else NetworkPath()

    def drawn(self, number: int) -> list[Site]:
        """The sites as they are in round `number`; 0: as they are typically."""
        return self.network.drawn(self.sites, f"{self.seed} {self.name} {number}") if number else self.sites

    def spec(self) -> dict[str, Any]:
        return {}

    @property
    def count(self) -> int:
        return len(self.sites)

    def expected(self) -> list[Any]:
        """Status 200 and every byte."""
        return [[200, site.size] for site in self.sites]

    @contextmanager
    def at_hand(self, number: int = 0, notes: str | None = None) -> Iterator[list[Any]]:
        """The URLs at which the sites are replayed."""
        with replay.serve(self.drawn(number), self.seed, self.network.mbit_per_s, notes) as urls:
            yield urls

    def least_s(self, workers: int, number: int = 0) -> float:
        return simulation.least_s(self.drawn(number), self.network.mbit_per_s, workers)

    def limit(self, workers: int, number: int = 0) -> str:
        return simulation.limit(self.drawn(number), self.network.mbit_per_s, workers)

    def estimate_s(self, strategy: Strategy, workers: int, cores: int, gil: bool) -> float:
        return simulation.seconds(self.sites, self.network.mbit_per_s, workers)

    def recording_sd(self, workers: int) -> float | None:
        gains = [math.log(_seconds(*other, 1) / _seconds(*other, workers)) for other in self._recordings]
        return statistics.stdev(gains) if len(gains) > 1 else None

    @property
    def known_workers(self) -> int | None:
        """As many as the least known of those hosts that have more pages than were ever under way there."""
        if (known := self.network.in_flight) is None:
            return None
        pages = Counter(site.origin for site in self.sites)
        most = {origin: max(1, known.get(origin, 0)) for origin in pages}
        return min((most[origin] for origin, count in pages.items() if count > most[origin]), default=None)

    @cached_property
    def _recordings(self) -> list[tuple[tuple[Site, ...], float | None]]:
        """The sites and the link as other recordings might have had them."""
        return [
            (
                tuple(
                    replace(
                        site,
                        latency_ms=latency,
                        rtt_ms=other["rtt_ms"].get(site.origin, site.rtt_ms),
                        slots=other["slots"].get(site.origin, site.slots) or 0,
                    )
                    for site, latency in zip(self.sites, other["latency_ms"], strict=False)
                ),
                other["mbit_per_s"],
            )
            for other in self.network.recordings
        ]


@cache
def _seconds(of: tuple[Site, ...], mbit_per_s: float | None, workers: int) -> float:
    """What they take an ideal client with so many in flight."""
    return simulation.seconds(of, mbit_per_s, workers)


class FastDownload(Download):
    """The same pages as if they were next door: nothing of the path to them is left, nor open."""

    name = "download_fast"
    title = "Fast downloads (the same pages at 1 ms)"
    is_fast = True

    @cached_property
    def sites(self) -> list[Site]:
        return sites.fast(super().sites)

    @cached_property
    def network(self) -> NetworkPath:
        return NetworkPath()
