"""One job in several: which pages and which terms are a shard's, and the shards' tables put together again.

A shard is named as Snakemake's scatter–gather does it: `2-of-4`. Each shard deals the whole job by itself and keeps
what is its own, so all of them agree without a word between them.
"""

import csv
import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concurrency.downloader.schedule import Portion
from concurrency.work import Split, Work


def pages_of(
    shard: str, urls: Sequence[str], hosts: Sequence[str], in_flight_per_host: int | None
) -> tuple[list[int], dict[str, Portion]]:
    """Which of `urls` (their places in the list) are the shard's, and its portion of each host that it shares.

    `hosts` has the host of each URL. Shards get about the same number of pages. A host's pages stay together, those
    of `www.` with it, so that its limits hold without a word between shards. Only a host with more than a fair share
    of all pages is split, among no more shards than the requests that it may have in flight.
    """
    number, count = _parsed(shard)
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


@dataclass(frozen=True)
class Piece:
    """A share of the work for the number at `index` of the list: its terms `start` … `stop` - 1."""

    index: int
    start: int
    stop: int
    whole: bool


def pieces_of(shard: str, numbers: Sequence[int], split: Split | None) -> list[Piece]:
    """The shard's share of the work for `numbers`, in their order.

    With a `split` all shards cost the same: the terms of all numbers lie in a row that is cut into equal lengths. What
    cannot be split is dealt out number by number.
    """
    number, count = _parsed(shard)
    if split is None:
        return [Piece(i, 0, n, whole=True) for i, n in enumerate(numbers) if i % count == number - 1]
    costs = [split.cost(n) for n in numbers]
    total, done, current, mine = math.fsum(costs), 0.0, 1, []
    for i, (n, cost) in enumerate(zip(numbers, costs, strict=True)):
        start = 0
        while current < count and done + cost > (bound := total * current / count):
            stop = max(start, min(n, round(n * (bound - done) / cost)))
            if current == number and stop > start:
                mine.append(Piece(i, start, stop, whole=stop - start == n))
            start, current = stop, current + 1
        if current == number and (n > start or n == 0):
            mine.append(Piece(i, start, n, whole=start == 0))
        done += cost
    return mine


def divided(pieces: Iterable[Piece], split: Split | None, workers: int) -> list[Piece]:
    """`pieces` with the large ones cut, so that even a single one keeps all `workers` busy to about the same end."""
    pieces = list(pieces)
    if split is None or workers == 1:
        return pieces
    longest = math.ceil(sum(piece.stop - piece.start for piece in pieces) / (4 * workers))
    found = []
    for piece in pieces:
        cuts = split.cut(piece.stop - piece.start, longest)
        found += [
            Piece(piece.index, piece.start + start, piece.start + stop, whole=piece.whole and len(cuts) == 1)
            for start, stop in cuts
        ]
    return found


def compute(work: Work, piece: Piece) -> Any:
    """What `work` gives for `piece`: its function for a whole number, else the share that its split does."""
    if piece.whole:
        return work.call(piece.stop)
    assert work.split
    return work.split.part(piece.start, piece.stop)


def merged(paths: Iterable[str | Path]) -> Iterator[list[str]]:
    """The rows of the shards' tables, whose first column is the place in the whole list, in the order of that."""

    def rows(path: str | Path) -> Iterator[list[str]]:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            yield from reader

    return heapq.merge(*map(rows, paths), key=lambda row: int(row[0]))


def _parsed(shard: str) -> tuple[int, int]:
    number, _, count = shard.partition("-of-")
    return int(number), int(count)
