"""What a job of a given size will take: constants measured on this machine, and what follows from them.

A page takes `page_s` at k requests in flight, whatever bounds it: latency over k, or the CPU of the one process that
downloads. A term takes `term_s`. Everything grows in proportion to the number of pages or terms; `benchmarks/scale.py`
checks that up to 100,000 pages, beyond it is extrapolation.
"""

import itertools
import math
import multiprocessing
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from concurrency.downloader import addresses, fetch
from concurrency.downloader.failures import KINDS
from concurrency.errors import UserError
from concurrency.measuring import usage
from concurrency.workloads.download import replay
from concurrency.workloads.download.sites import Site
from concurrency.workloads.squares.sums import sum_of_squares

SIZES = [10**exponent for exponent in range(3, 10)]
CHECKED = 100_000  # pages, by benchmarks/scale.py
DAY_S = 86_400
LINK_BYTES_PER_S = 125e6  # 1 Gbit/s: what a link can carry is not to be measured politely
NODES = 100  # of a cluster; as many jobs as profiles/slurm submits at once
SNAKEMAKES = 3  # that start one within the other for a job on SLURM
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
    """Seconds a term of a sum: on one core, and on all `cores` at once."""

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
    """The constants of sums of about `number` terms; a quarter of a minute."""
    number = max(number, 10_000)
    one = statistics.median(_timed_sums(number) for _ in range(TRIALS))
    with ProcessPoolExecutor(cores, multiprocessing.get_context()) as pool:
        together = statistics.median(max(pool.map(_timed_sums, [number] * cores)) for _ in range(TRIALS))
    return Terms(cores, one, together / cores)


def _timed_sums(number: int) -> float:
    """Seconds a term, from a second or two of sums of `number` terms."""
    began, terms = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < TRIAL_S:
        sum_of_squares(number)
        terms += number
    return elapsed / terms


def describe(
    sites: Sequence[Site],
    pages: Sequence[Pages],
    memory: Memory | None,
    terms: Terms | None,
    numbers: Sequence[int],
    job_s: float,
    rate: float,
) -> str:
    """The constants and what follows from them, as Markdown.

    `pages` are the constants at several numbers in flight, the smallest first; `job_s` is what a Snakemake job takes
    before it works, `rate` the requests per second that a host may get.
    """
    parts = ["# Capacity of this machine", f"A Snakemake job takes {_duration(job_s)} before it works."]
    if memory:
        parts += list(_of_pages(sites, pages, memory, job_s, rate))
    if terms:
        parts += list(_of_terms(terms, numbers, job_s))
    parts.append(
        f"* Rows above {CHECKED:,} are extrapolated, in proportion to constants that were measured on smaller jobs. "
        f"A cluster is {NODES} nodes like this one; a job there also waits {SNAKEMAKES} times for Snakemake to start, "
        "and in the queue, which is not counted."
    )
    return "\n\n".join(parts) + "\n"


def _of_pages(
    sites: Sequence[Site], pages: Sequence[Pages], memory: Memory, job_s: float, rate: float
) -> Iterator[str]:
    latency_s = statistics.mean(site.latency_ms for site in sites) / 1000
    wire = statistics.mean(site.wire_bytes for site in sites)
    hosts = Counter(addresses.hostname(site.url) for site in sites)
    largest = max(hosts.values()) / len(sites)
    slow, best = pages[0], min(pages, key=lambda constants: constants.page_s)
    yield (
        f"## Pages\n\nLike those configured: {wire / 1000:.0f} kB each, first byte after {latency_s * 1000:.0f} ms, "
        f"{len(hosts)} host{'s' if len(hosts) > 1 else ''}, the largest with {largest:.0%} of the pages. Memory: "
        f"{memory.base_bytes / 1e6:.0f} MB and {memory.page_bytes:,.0f} bytes a page of the list."
    )
    yield _table(
        ["in flight", "s a page", "of it CPU", "start, s", "latency / in flight"],
        [
            [
                f"{at.in_flight}",
                f"{at.page_s:.6f}",
                f"{at.cpu_s:.6f}",
                f"{at.start_s:.2f}",
                f"{latency_s / at.in_flight:.6f}",
            ]
            for at in pages
        ],
    )
    rows = []
    for size in SIZES:
        one_by_one = size * (latency_s + best.cpu_s)
        nodes = max(1, math.ceil(best.seconds(size) / DAY_S))
        cluster = max(SNAKEMAKES * job_s + best.seconds(math.ceil(size / NODES)), size * largest / rate)
        rows.append(
            [
                f"{size:,}" + ("" if size <= CHECKED else " *"),
                _duration(one_by_one),
                _duration(slow.seconds(size)),
                _duration(best.seconds(size)),
                _bytes(memory.peak(size)),
                _bytes(size * best.disk_bytes),
                f"{nodes:,}",
                f"{math.ceil(size / (rate * DAY_S)):,}",
                _duration(size * largest / rate),
                _duration(cluster),
            ]
        )
    yield _table(
        [
            "pages",
            "one by one",
            f"{slow.in_flight} in flight",
            f"{best.in_flight} in flight",
            "memory",
            "disk",
            "nodes for a day",
            f"hosts for a day at {rate:g}/s",
            "politely, hosts as configured",
            f"{NODES} nodes, politely",
        ],
        rows,
    )
    bounds = {
        f"latency at {slow.in_flight} in flight": latency_s / slow.in_flight,
        f"latency at {best.in_flight} in flight": latency_s / best.in_flight,
        "one process' CPU": best.cpu_s,
        f"all of this machine, its disk included, as measured at {best.in_flight} in flight": best.page_s,
        "a link of 1 Gbit/s": wire / LINK_BYTES_PER_S,
        f"the hosts' manners ({rate:g} requests/s each, hosts as configured)": largest / rate,
    }
    yield "Which bound bites first, in pages per second:\n\n" + "\n".join(
        f"- {1 / bound:,.0f}: {name}" for name, bound in sorted(bounds.items(), key=lambda item: -item[1]) if bound
    )
    yield (
        "Enough for a day's work: one request at a time up to "
        f"{_round(DAY_S / (latency_s + best.cpu_s))} pages; one process on one machine {_round(DAY_S / best.page_s)}; "
        f"{NODES} nodes {_round(NODES * DAY_S / best.page_s)}; and, however many nodes, as many as the hosts take: "
        f"{_round(rate * DAY_S)} a host, {_round(rate * DAY_S / largest)} with the hosts as configured."
    )


def _of_terms(terms: Terms, numbers: Sequence[int], job_s: float) -> Iterator[str]:
    size = statistics.mean(numbers)
    yield (
        f"## Numbers\n\nLike those configured, {size:,.0f} terms each. A term takes {terms.one_core_s * 1e9:.1f} ns "
        f"on one core, {terms.all_cores_s * 1e9:.1f} ns on all {terms.cores} together."
    )
    rows = []
    for count in SIZES:
        one, machine = count * size * terms.one_core_s, job_s + count * size * terms.all_cores_s
        rows.append(
            [
                f"{count:,}" + ("" if count <= CHECKED else " *"),
                _duration(one),
                _duration(machine),
                f"{max(1, math.ceil(machine / DAY_S)):,}",
                _duration(SNAKEMAKES * job_s + count * size * terms.all_cores_s / NODES),
            ]
        )
    yield _table(["numbers", "one core", f"{terms.cores} cores", "nodes for a day", f"{NODES} nodes"], rows)
    day = DAY_S / size
    yield (
        f"Enough for a day's work: one core up to {_round(day / terms.one_core_s)} numbers, this machine "
        f"{_round(day / terms.all_cores_s)}, {NODES} nodes like it {_round(NODES * day / terms.all_cores_s)}. The only "
        "bound is CPU."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---:"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _round(count: float) -> str:
    digits = 10 ** max(0, math.floor(math.log10(count)) - 1) if count >= 1 else 1
    return f"{round(count / digits) * digits:,}"


def _duration(seconds: float) -> str:
    for unit, name in ((365 * DAY_S, "years"), (DAY_S, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.3g} {name}" if seconds < 1000 * unit else f"{seconds / unit:,.0f} {name}"
    return f"{seconds:.3g} s"


def _bytes(count: float) -> str:
    for power, name in ((15, "PB"), (12, "TB"), (9, "GB"), (6, "MB")):
        if count >= 10**power:
            return f"{count / 10**power:.3g} {name}"
    return f"{count / 1000:.0f} kB"
