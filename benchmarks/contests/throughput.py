"""Moving bytes: pages that are there at once, against the command `curl --parallel`."""

from collections.abc import Iterator
from contextlib import contextmanager

import nginx
from contestants import downloads, names

from . import Contest, Goal, Size


@contextmanager
def contest(size: Size) -> Iterator[Contest]:
    pages, in_flight = size.throughput_pages, size.throughput_in_flight
    with nginx.serve(60_000) as url:
        urls = [f"{url}?{i}" for i in range(pages)]
        ours = downloads.strategies(urls, 60_000, in_flight)
        yield Contest(
            "throughput",
            f"Moving bytes: {pages:,} pages of 60 kB without latency from nginx, {in_flight} in flight",
            "pages/s against curl -Z",
            ours + downloads.peers(urls, 60_000, in_flight, size.loop_pages),
            lambda name, others: others["curl --parallel"].lasted / others[name].lasted,
            [Goal("best strategy at least 1.5", names(ours), 1.5, at_most=False)],
        )
