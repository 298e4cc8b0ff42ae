"""What manners cost an ideal client: one that asks hosts no more at once, and no more often, than they allow.

Whose turn it is says the schedule that the downloader has, so that both space their requests alike. What only the
downloader has to do is left out: robots.txt, which it reads before a host's first page, redirects and retries.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from concurrency.schedule import Host, Schedule
from concurrency.workloads.download.path.simulation import Client, Visit
from concurrency.workloads.download.sites import Site


@dataclass(frozen=True)
class Manners:
    """How each host is treated: so many requests under way at once, so many started per second, and `crawl_delays_s`
    between two of them, by host name, where that is longer. By themselves, no limits."""

    in_flight_per_host: float = float("inf")
    requests_per_second: float = float("inf")
    crawl_delays_s: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def live(cls, given: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]]) -> "Manners":
        """Those for real sites: `given` is `download.live` of a configuration, `hosts` those of a path.json."""
        delays_s: dict[str, float] = {}
        for origin, host in hosts.items():
            name = urlsplit(origin).hostname or ""
            delays_s[name] = max(delays_s.get(name, 0.0), host.get("crawl_delay_s", 0.0))
        return cls(given["in_flight_per_host"], given["requests_per_second"], delays_s if given["robots"] else {})

    @property
    def longest_delay_s(self) -> float:
        """Of the crawl-delays that are longer than requests are apart without; 0 if none is."""
        longest_s = max(self.crawl_delays_s.values(), default=0.0)
        return longest_s if longest_s > 1 / self.requests_per_second else 0.0

    def schedule(self, sites: Sequence[Site]) -> Schedule[Site]:
        """The sites in their order, each once, and waiting for its host."""
        schedule: Schedule[Site] = Schedule(self.in_flight_per_host, self.requests_per_second)
        for site in reversed(dict.fromkeys(sites)):
            schedule.host(site.hostname).queue.append(site)
        for name in dict.fromkeys(site.hostname for site in sites):
            host = schedule.host(name)
            host.space(self.crawl_delays_s.get(name, 0.0))
            schedule.offer(host)
        return schedule


def in_turn(sites: Sequence[Site], mbit_per_s: float | None, in_flight: int, manners: Manners) -> list[Visit]:
    """The visits of a client that takes the pages of each host in their order, hosts in turns, and always as many in
    flight as `manners` allow, up to `in_flight` in all."""
    client, schedule, visits = Client(sites, mbit_per_s), manners.schedule(sites), list[Visit]()
    busy, awaited = 0, 0.0

    def fill(when: float) -> None:
        nonlocal busy, awaited
        while busy < in_flight:
            if turn := schedule.take(when):
                busy += 1
                host, site = turn
                visits.append(client.get(when, site, partial(leave, host)))
                continue
            if (change := schedule.next_change()) and change != awaited:
                awaited = change
                client.agenda.at(change, fill)
            return

    def leave(host: Host[Site], when: float) -> None:
        nonlocal busy
        busy -= 1
        schedule.leave(host)
        fill(when)

    fill(0.0)
    client.agenda.run()
    return visits


def seconds(sites: Sequence[Site], mbit_per_s: float | None, in_flight: int, manners: Manners) -> float:
    """What the pages take such a client."""
    return max(visit.ended for visit in in_turn(sites, mbit_per_s, in_flight, manners))


def least(sites: Sequence[Site], mbit_per_s: float | None, manners: Manners, worthwhile: float) -> tuple[float, int]:
    """The seconds that pages take where nothing but `manners` limits how many are in flight, and how few are enough for
    that: with these, it takes longer by no more than `worthwhile`, a share."""
    all_at_once = len(sites)
    least_s = seconds(sites, mbit_per_s, all_at_once, manners)
    in_flight = 1 + bisect_left(
        range(1, all_at_once),
        True,
        key=lambda few: seconds(sites, mbit_per_s, few, manners) <= (1 + worthwhile) * least_s,
    )
    return least_s, in_flight


def is_free(
    sites: Sequence[Site], mbit_per_s: float | None, in_flight: int, manners: Manners, worthwhile: float
) -> bool:
    """Whether so many in flight take no longer with `manners` than without, but for `worthwhile`, a share."""
    free_s = seconds(sites, mbit_per_s, in_flight, Manners())
    return seconds(sites, mbit_per_s, in_flight, manners) <= (1 + worthwhile) * free_s
