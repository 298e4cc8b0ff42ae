"""Downloads as a workload: pages of a site list, from a server that replays them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from concurrency.strategies._catalogue import Strategy
from concurrency.workloads.download import replay, sites
from concurrency.workloads.download.sites import Site
from concurrency.workloads.download.work import NEEDS
from concurrency.workloads.workload import Bound, Workload


@dataclass(frozen=True)
class Download(Workload):
    """The first `measure_items` sites of `source` (a file, or a list of URLs), replayed; `seed` makes their bodies."""

    source: Path | list[str]
    measure_items: int | None = None
    seed: int = 1

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
        """What is downloaded, as the replay plays it."""
        return sites.read(self.source)[: self.measure_items]

    def spec(self) -> dict[str, Any]:
        return {}

    def expected(self) -> list[Any]:
        """Status 200 and every byte."""
        return [[200, site.wire_bytes] for site in self.sites]

    @contextmanager
    def at_hand(self, notes: str | None = None) -> Iterator[list[Any]]:
        """The URLs at which the sites are replayed."""
        with replay.serve(self.sites, self.seed, notes) as urls:
            yield urls

    def least_s(self, workers: int) -> float:
        """With latencies L and k in flight, max(ΣL/k, max L)."""
        latencies = [site.latency_ms / 1000 for site in self.sites]
        return max(sum(latencies) / workers, *latencies)

    def estimate_s(self, strategy: Strategy, workers: int, cores: int, gil: bool) -> float:
        connect = sum(site.connect_ms for site in self.sites) / len(self.sites) / 1000
        return self.least_s(workers) + connect


class FastDownload(Download):
    """The same sites as if they were next door."""

    name = "download_fast"
    title = "Fast downloads (the same sites at 1 ms)"
    is_fast = True

    @cached_property
    def sites(self) -> list[Site]:
        return sites.fast(sites.read(self.source)[: self.measure_items])
