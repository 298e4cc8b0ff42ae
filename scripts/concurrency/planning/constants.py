"""What a page and a term take on this machine: constants, measured on small jobs.

A page takes `page_s` at k requests in flight, whatever bounds it: its own time over k, or the CPU of the one process
that downloads. A term takes `term_s`. Everything grows in proportion to the number of pages or terms;
`benchmarks/scale.py` checks that up to 100,000 pages.
"""

import itertools
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from concurrency import processes
from concurrency.downloader import fetch
from concurrency.downloader.failures import KINDS
from concurrency.errors import UserError
from concurrency.measuring import usage
from concurrency.workloads.download import replay
from concurrency.workloads.download.sites import Site
from concurrency.workloads.squares.sums import sum_of_squares

TRIAL_S = 1.5
TRIALS = 5
LIMITS = fetch.Limits()
TINY = [Site(f"http://host-{i}.test/", wire_bytes=100, latency_ms=0, connect_ms=0) for i in range(100)]


@dataclass(frozen=True)
class Pages:
    """What pages take at `in_flight` requests: `start_s` once and `page_s` each, `cpu_s` of it on the processor, and
    `disk_bytes` each."""

    in_flight: int
    start_s: float
    page_s: float
    cpu_s: float
    disk_bytes: float

    def seconds(self, pages: int) -> float:
        return self.start_s + pages * self.page_s


@dataclass(frozen=True)
class Memory:
    """Peak memory of the downloading process: `base_bytes`, and `page_bytes` for each page of the list."""

    base_bytes: float
    page_bytes: float

    def peak(self, pages: int) -> float:
        return self.base_bytes + pages * self.page_bytes


@dataclass(frozen=True)
class Terms:
    """Seconds per term of a sum: on one core, and on all `cores` at once."""

    cores: int
    one_core_s: float
    all_cores_s: float


def repeated(sites: Sequence[Site], count: int) -> list[Site]:
    """`count` different pages like those of `sites`, on their hosts."""
    return [
        replace(site, url=f"{site.url.partition('#')[0]}{'&' if '?' in site.url else '?'}page={i}")
        for i, site in zip(range(count), itertools.cycle(sites), strict=False)
    ]


@dataclass(frozen=True)
class Run:
    """What one download took."""

    wall_s: float
    cpu_s: float
    peak_bytes: int
    disk_bytes: int


def download(
    sites: Sequence[Site], in_flight: int, seed: int, within: Path | None = None, limits: fetch.Limits = LIMITS
) -> Run:
    """Download `sites`, replayed, into a temporary folder (below `within`). Raises UserError if a page fails."""
    urls = [site.url for site in sites]
    with replay.serve(sites, seed) as local, tempfile.TemporaryDirectory(dir=within) as folder:
        began, cpu_began = time.perf_counter(), time.process_time()
        pages = fetch.fetch_all(
            urls,
            local,
            Path(folder),
            "capacity",
            fetch.Manners(in_flight),
            limits,
            lambda _page, _detail: None,
        )
        size = 0
        for page in pages:
            if page.error:
                raise UserError(f"capacity: {page.url}: {page.error}; {KINDS[page.error].remedy}")
            size += page.bytes
        wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    return Run(wall_s, cpu_s, usage.peak_rss(psutil.Process()), size)


def measure_pages(
    sites: Sequence[Site], in_flight: int, seed: int, within: Path | None = None, limits: fetch.Limits = LIMITS
) -> Pages:
    """The constants of pages like `sites`, from downloads of two sizes, in turns; about twenty seconds.

    They go into a temporary folder below `within`, for the disk has its part in them; `limits` are those of a page.
    """
    few = max(4 * in_flight, 40)
    pilot = download(repeated(sites, few), in_flight, seed, within, limits)
    many = max(4 * few, int(few * TRIAL_S * 2 / pilot.wall_s))
    small, large = zip(
        *(
            [download(repeated(sites, count), in_flight, seed, within, limits) for count in (few, many)]
            for _ in range(TRIALS)
        ),
        strict=True,
    )

    def slope(of: Callable[[Run], float]) -> float:
        return max(0.0, (statistics.median(map(of, large)) - statistics.median(map(of, small))) / (many - few))

    page_s = slope(lambda run: run.wall_s)
    return Pages(
        in_flight=in_flight,
        start_s=max(0.0, statistics.median(run.wall_s for run in small) - few * page_s),
        page_s=page_s,
        cpu_s=slope(lambda run: run.cpu_s),
        disk_bytes=large[0].disk_bytes / many,
    )


def measure_memory(seed: int) -> Memory:
    """What the lists of many small pages take, whatever their size; to be measured first, for peaks never fall."""
    few, many = 2_000, 20_000
    small, large = (download(repeated(TINY, count), 100, seed).peak_bytes for count in (few, many))
    page_bytes = (large - small) / (many - few)
    return Memory(small - few * page_bytes, page_bytes)


def measure_terms(number: int, cores: int) -> Terms:
    """The constants of sums of about `number` terms, or of 10 million if that is more; a quarter of a minute."""
    number = min(max(number, 10_000), 10_000_000)
    one = statistics.median(_timed_sums(number) for _ in range(TRIALS))
    with ProcessPoolExecutor(cores, multiprocessing.get_context(), initializer=processes.follow_parent) as pool:
        together = statistics.median(max(pool.map(_timed_sums, [number] * cores)) for _ in range(TRIALS))
    return Terms(cores, one, together / cores)


def _timed_sums(number: int) -> float:
    """Seconds per term, from a second or two of sums of `number` terms."""
    began, terms = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < TRIAL_S:
        sum_of_squares(number)
        terms += number
    return elapsed / terms
