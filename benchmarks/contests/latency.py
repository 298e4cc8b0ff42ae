"""Waiting: pages that are long in coming, against the time that no client can beat."""

from collections.abc import Iterator
from contextlib import contextmanager

from contestants import downloads, names

from concurrency.workloads.download import replay
from concurrency.workloads.download.sites import Site

from . import Contest, Goal, Size


@contextmanager
def contest(size: Size) -> Iterator[Contest]:
    pages, in_flight, wait_ms = size.latency_pages, size.latency_in_flight, 50
    sites = [Site(f"http://replay.test/{i}", 10_000, "length", wait_ms, connect_ms=0) for i in range(pages)]
    ideal = pages * wait_ms / 1000 / in_flight
    with replay.serve(sites, seed=1) as urls:
        ours = downloads.strategies(urls, 10_000, in_flight)
        yield Contest(
            "latency",
            f"Waiting: {pages:,} pages of 10 kB × {wait_ms} ms, {in_flight} in flight, ideal {ideal:.2f} s",
            "time / ideal",
            ours + downloads.peers(urls, 10_000, in_flight, size.loop_pages),
            lambda name, others: others[name].lasted / ideal,
            [
                Goal("best strategy at most 1.10", names(ours), 1.10, at_most=True),
                Goal("`asyncio` at most 1.15", ("asyncio",), 1.15, at_most=True),
            ],
        )
