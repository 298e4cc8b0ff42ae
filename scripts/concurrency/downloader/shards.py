"""One download in several: which pages are a shard's.

Each shard deals out the whole list by itself and keeps what is its own, so all of them agree without a word between
them.
"""

import heapq
import math
from collections.abc import Sequence

from concurrency.files import number_and_count
from concurrency.schedule import Portion


def pages_of(
    shard: str, urls: Sequence[str], hosts: Sequence[str], in_flight_per_host: int | None
) -> tuple[list[int], dict[str, Portion]]:
    """Which of `urls` (their places in the list) are the shard's, and its portion of each host that it shares.

    `hosts` has the host of each URL. Shards get about the same number of pages. A host's pages stay together, those
    of `www.` with it, so that its limits hold without a word between shards. Only a host with more than a fair share
    of all pages is split, among no more shards than the requests that it may have in flight.
    """
    number, count = number_and_count(shard)
    sites: dict[str, dict[str, None]] = {}  # the distinct URLs of each host
    names: dict[str, set[str]] = {}
    for url, host in zip(urls, hosts, strict=True):
        site = host.removeprefix("www.")
        sites.setdefault(site, {})[url] = None
        names.setdefault(site, set()).add(host)
    fair = math.ceil(sum(map(len, sites.values())) / count) if sites else 0
    parts = {site: min(math.ceil(len(own) / fair), count, in_flight_per_host or count) for site, own in sites.items()}
    loads = [(0, i) for i in range(1, count + 1)]
    mine: set[str] = set()
    portions: dict[str, Portion] = {}
    for site in sorted(sites, key=lambda site: -len(sites[site]) / parts[site]):  # the largest first, to the emptiest
        own, sharers = list(sites[site]), parts[site]
        for j, (load, i) in enumerate([heapq.heappop(loads) for _ in range(sharers)]):
            share = own[len(own) * j // sharers : len(own) * (j + 1) // sharers]
            heapq.heappush(loads, (load + len(share), i))
            if i == number:
                mine.update(share)
                if sharers > 1 and in_flight_per_host:
                    portion = Portion(in_flight_per_host // sharers + (j < in_flight_per_host % sharers), sharers)
                    portions |= dict.fromkeys(names[site], portion)
    return [i for i, url in enumerate(urls) if url in mine], portions
