"""What a job of a given size will take, from the constants of this machine, as a page of Markdown.

Beyond the size that `benchmarks/scale.py` checks, it is extrapolation.
"""

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence

from concurrency.downloader import addresses
from concurrency.planning.constants import Memory, Pages, Terms
from concurrency.workloads.download.path import simulation
from concurrency.workloads.download.sites import Site

SIZES = [10**exponent for exponent in range(3, 10)]
CHECKED = 100_000  # pages, by benchmarks/scale.py
DAY_S = 86_400
LINK_MBIT_PER_S = 1000  # where the path has none: what a link can carry is not to be measured politely
ALIKE = 100  # pages of the list that the model of the path is asked for
NODES = 100  # of a cluster; as many jobs as profiles/slurm submits at once
SNAKEMAKES = 3  # that start one within the other for a job on SLURM


def describe(
    sites: Sequence[Site],
    pages: Sequence[Pages],
    memory: Memory | None,
    terms: Terms | None,
    numbers: Sequence[int],
    job_s: float,
    rate: float,
    mbit_per_s: float | None = None,
) -> str:
    """The constants and what follows from them, as Markdown.

    `pages` are the constants at several numbers in flight, the smallest first, of this machine alone: what the path to
    `sites` adds (the link's `mbit_per_s`, and how many requests a host works on at once) bounds them; `job_s` is what a
    Snakemake job takes before it works, `rate` the requests per second that a host may get.
    """
    parts = ["# Capacity of this machine", f"A Snakemake job takes {_duration(job_s)} before it works."]
    if memory:
        parts += list(_of_pages(sites, pages, memory, job_s, rate, mbit_per_s))
    if terms:
        parts += list(_of_terms(terms, numbers, job_s))
    parts.append(
        f"* Rows above {CHECKED:,} are extrapolated, in proportion to constants that were measured on smaller jobs. "
        f"A cluster is {NODES} nodes like this one; a job there also waits {SNAKEMAKES} times for Snakemake to start, "
        "and in the queue, which is not counted."
    )
    return "\n\n".join(parts) + "\n"


def _of_pages(
    sites: Sequence[Site],
    pages: Sequence[Pages],
    memory: Memory,
    job_s: float,
    rate: float,
    mbit_per_s: float | None,
) -> Iterator[str]:
    few = sites[:ALIKE]
    alone_s = simulation.seconds(few, mbit_per_s, 1) / len(few)
    latency_s = statistics.mean(site.latency_ms for site in sites) / 1000
    link_mbit_per_s = mbit_per_s or LINK_MBIT_PER_S
    wire = statistics.mean(site.wire_bytes for site in sites)
    hosts = Counter(addresses.hostname(site.url) for site in sites)
    largest = max(hosts.values()) / len(sites)
    link_s, slots_s = wire * 8 / (link_mbit_per_s * 1e6), _slots_s(sites)
    path_s = max(link_s, slots_s)  # that no number in flight makes less

    def seconds(count: int, at: Pages) -> float:
        return max(at.seconds(count), at.start_s + count * path_s)

    slow, best = pages[0], min(pages, key=lambda constants: constants.page_s)
    yield (
        f"## Pages\n\nLike those configured: {wire / 1000:.0f} kB each, first byte after {latency_s * 1000:.0f} ms, "
        f"{alone_s * 1000:.0f} ms each one by one, {len(hosts)} host{'s' if len(hosts) > 1 else ''}, the largest with "
        f"{largest:.0%} of the pages. Memory: {memory.base_bytes / 1e6:.0f} MB and {memory.page_bytes:,.0f} bytes per "
        "page of the list."
    )
    yield _table(
        ["in flight", "s per page", "of it CPU", "start, s", "one by one / in flight"],
        [
            [
                f"{at.in_flight}",
                f"{at.page_s:.6f}",
                f"{at.cpu_s:.6f}",
                f"{at.start_s:.2f}",
                f"{alone_s / at.in_flight:.6f}",
            ]
            for at in pages
        ],
    )
    rows = []
    for size in SIZES:
        one_by_one = size * (alone_s + best.cpu_s)
        nodes = max(1, math.ceil(seconds(size, best) / DAY_S))
        cluster = max(
            SNAKEMAKES * job_s + seconds(math.ceil(size / NODES), best), size * slots_s, size * largest / rate
        )
        rows.append(
            [
                f"{size:,}" + ("" if size <= CHECKED else " *"),
                _duration(one_by_one),
                _duration(seconds(size, slow)),
                _duration(seconds(size, best)),
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
        f"the pages' own time at {slow.in_flight} in flight": alone_s / slow.in_flight,
        f"the pages' own time at {best.in_flight} in flight": alone_s / best.in_flight,
        "one process' CPU": best.cpu_s,
        f"all of this machine, its disk included, as measured at {best.in_flight} in flight": best.page_s,
        f"a link of {link_mbit_per_s:g} Mbit/s": link_s,
        "what the hosts work on at once": slots_s,
        f"the hosts' manners ({rate:g} requests/s each, hosts as configured)": largest / rate,
    }
    yield "Which bound bites first, in pages per second:\n\n" + "\n".join(
        f"- {1 / bound:,.0f}: {name}" for name, bound in sorted(bounds.items(), key=lambda item: -item[1]) if bound
    )
    one_machine_s = max(best.page_s, path_s)
    yield (
        "Enough for a day's work: one request at a time up to "
        f"{_round(DAY_S / (alone_s + best.cpu_s))} pages; one process on one machine {_round(DAY_S / one_machine_s)}; "
        f"{NODES} nodes {_round(DAY_S / max(one_machine_s / NODES, slots_s))}; and, however many nodes, as many as the "
        f"hosts take: {_round(rate * DAY_S)} per host, {_round(rate * DAY_S / largest)} with the hosts as configured."
    )


def _slots_s(sites: Sequence[Site]) -> float:
    """Seconds per page that the busiest host takes, for it works on so many at once; 0 where none is so limited."""
    work_s: dict[str, float] = {}
    for site in sites:
        if site.slots:
            work_s[site.origin] = work_s.get(site.origin, 0.0) + site.think_s / site.slots
    return max(work_s.values(), default=0.0) / len(sites)


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
    if not size:
        return  # numbers that are 0 take no time
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
