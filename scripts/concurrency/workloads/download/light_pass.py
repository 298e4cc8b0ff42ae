"""The download that was recorded, and the replay of it: what its pages take, one by one and as they were asked for."""

import asyncio
import ssl
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concurrency.codings import ACCEPTED
from concurrency.errors import shown
from concurrency.workloads.download.path import simulation
from concurrency.workloads.download.sites import Site

Line = Mapping[str, Any]
LONGEST_PAUSE_S = 3.0  # a longer one changes no connection further, unless a server closes it


@dataclass(frozen=True)
class LightPass:
    """The pages of a list that came whole in one run of the downloader, in the order in which they were asked for.

    `places` are theirs in the list, `offsets_s` when each was begun with, `took_s` how long it took from its request
    to its last byte, its own time also where others overlapped it; `connects_s` the set-ups of all connections that
    they came over, by host.
    """

    places: list[int]
    offsets_s: list[float]
    took_s: list[float]
    connects_s: dict[str, list[float]]

    @property
    def polite_s(self) -> float:
        """All pages' times together, as they were really asked for."""
        return sum(self.took_s) + sum(map(sum, self.connects_s.values()))

    def one_by_one_s(self, sites: Sequence[Site], mbit_per_s: float | None) -> float:
        """What the pages of the list `sites` would really have taken one after the other.

        Their times, as far as the model of the path says that being apart in time, and overlapping, has made them
        longer or shorter than in close order; and of each host the set-ups that it takes then, as they really took.
        """
        own = [sites[place] for place in self.places]
        in_order = sorted(range(len(own)), key=self.places.__getitem__)
        apart = simulation.at_times(own, mbit_per_s, self.offsets_s)
        close = simulation.in_turn([own[i] for i in in_order], mbit_per_s, 1)
        asked, following = (sum(map(_without_set_up, sites, visits)) for sites, visits in (
            (own, apart), ([own[i] for i in in_order], close),
        ))  # fmt: skip
        set_ups = sum(
            statistics.median(known)
            for i, visit in zip(in_order, close, strict=True)
            if visit.is_new and (known := self.connects_s.get(own[i].origin))
        )
        return sum(self.took_s) * following / asked + set_ups


def _without_set_up(site: Site, visit: simulation.Visit) -> float:
    return visit.ended - visit.began - (site.set_up_s if visit.is_new else 0)


def of(lines: Iterable[Line], sites: Sequence[Site]) -> LightPass | None:
    """The one that brought most pages of `sites` among all recorded `lines`; None if there is none.

    Each has a clock of its own, so that no two can be put together. Of a page that was tried more than once, the last
    time counts. A robots.txt may have opened the connection that a page came over.
    """
    runs: dict[str, list[Line]] = {}
    for line in lines:
        if line["kind"] != "probe" and line["sent"] is not None:
            runs.setdefault(line["run"], []).append(line)
    places = {shown(site.url): place for place, site in enumerate(sites)}
    passes = [_of_run(own, places, sites) for own in runs.values()]
    return max((one for one in passes if one.places), key=lambda one: len(one.places), default=None)


def _of_run(lines: Sequence[Line], places: Mapping[str, int], sites: Sequence[Site]) -> LightPass:
    whole = [line for line in lines if line["kind"] == "page" and line["status"] == 200 and not line["error"]]
    latest = {line["url"]: line for line in whole if line["url"] in places}
    pages = sorted(latest.values(), key=_began)
    opened = {line["connection"]: line["connect_ms"] / 1000 for line in lines if line["connect_ms"] is not None}
    connects: dict[str, dict[int, float]] = {}
    for page in pages:
        if page["connection"] in opened:
            origin = sites[places[page["url"]]].origin
            connects.setdefault(origin, {})[page["connection"]] = opened[page["connection"]]
    return LightPass(
        places=[places[page["url"]] for page in pages],
        offsets_s=list(_offsets_s(pages)),
        took_s=[page["ended"] - page["sent"] for page in pages],
        connects_s={host: list(of_host.values()) for host, of_host in connects.items()},
    )


def _offsets_s(pages: Iterable[Line]) -> Iterator[float]:
    """When each of `pages` was begun with, from the first on; pauses in which nothing was under way are cut short."""
    left_out_s, start, busy_until = 0.0, None, 0.0
    for page in pages:
        began = _began(page)
        if start is None:
            start = busy_until = began
        left_out_s += max(0.0, began - busy_until - LONGEST_PAUSE_S)
        busy_until = max(busy_until, page["ended"])
        yield began - start - left_out_s


def _began(line: Line) -> float:
    """When a client had to begin with it, that connects at once."""
    return float(line["sent"] - (line["connect_ms"] or 0) / 1000)


async def fetch_at(urls: Sequence[str], offsets_s: Sequence[float]) -> float:
    """Ask for each of `urls` at its offset from now, over connections that are kept; all their times together, set-ups
    included. Raises aiohttp.ClientError for a page that does not come.
    """
    import aiohttp  # noqa: PLC0415  (only who measures so needs it)

    trusted = ssl.create_default_context()  # here and now: who serves the replay has said whom to trust
    connector = aiohttp.TCPConnector(limit=0, ssl=trusted)
    headers = {"Accept-Encoding": ACCEPTED}
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, raise_for_status=True, timeout=aiohttp.ClientTimeout(total=None)
    ) as session:
        began = time.perf_counter()

        async def fetch(url: str, offset_s: float) -> float:
            await asyncio.sleep(began + offset_s - time.perf_counter())
            asked = time.perf_counter()
            async with session.get(url) as reply:
                await reply.read()
            return time.perf_counter() - asked

        return sum(await asyncio.gather(*map(fetch, urls, offsets_s)))
