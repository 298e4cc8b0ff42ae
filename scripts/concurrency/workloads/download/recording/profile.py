"""The profile of the pages and the path to them, as a recording tells them."""

import csv
import json
import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from operator import add
from pathlib import Path
from typing import Any

from concurrency.errors import shown
from concurrency.files import writing
from concurrency.workloads.download.recording import exchanges, fitting, hosts, latencies, link, observing
from concurrency.workloads.download.recording.exchanges import Exchange
from concurrency.workloads.download.recording.fitting import Fit
from concurrency.workloads.download.recording.latencies import Latencies
from concurrency.workloads.download.sites import Site

RECORDINGS = 20
REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Recorded:
    """`sites` are the pages' in their order; `more` has for each what is for information only."""

    sites: Sequence[Site]
    more: Sequence[Mapping[str, Any]]
    path: Mapping[str, Any]


def profile(lines: Iterable[Mapping[str, Any]], pages: Sequence[Mapping[str, str]], seed: int = 1) -> Recorded:
    """Of the lines that were recorded, and the rows of pages.csv that have no error."""
    full, condensed = link.Full(), []
    for line in lines:
        full.add(line)
        condensed.append(exchanges.condensed(line))
    condensed = _of_hosts(condensed, {page["url"] for page in pages})
    known = hosts.known(condensed)
    # Where packets wait for others that are late, bodies come more slowly than the link is; but not in each stretch.
    unsteady = [origin for origin, host in known.items() if host.jitters]
    least_mbit_per_s = full.mbit_per_s or 0.0 if unsteady else 0.0
    rtts_ms = {origin: host.rtt_ms for origin, host in known.items()}
    recorded = observing.released(exchanges.answered(condensed), rtts_ms)
    origins = {exchange.url: exchange.origin for exchange in recorded if exchange.is_whole}

    @cache
    def leads_ms(mbit_per_s: float | None) -> list[float]:
        return observing.leads_ms(recorded, rtts_ms, mbit_per_s)

    def fitted(queues_ms: Sequence[float], unqueued: set[int]) -> tuple[Fit, Latencies]:
        @cache
        def at(mbit_per_s: float | None) -> Latencies:
            seen = observing.latencies_ms(recorded, leads_ms(mbit_per_s), queues_ms, unqueued, rtts_ms)
            return latencies.estimated(seen, origins)

        misfits = fitting.Misfits(recorded, at, leads_ms, rtts_ms, least_mbit_per_s, unsteady)
        fit = fitting.fitted(misfits).with_rate(full.mbit_per_s)
        return fit, at(fit.setting.mbit_per_s)

    queues_ms = [0.0] * len(recorded)
    fit, own = fitted(queues_ms, observing.unqueued(recorded, queues_ms))
    if fit.slots or fit.setting.mbit_per_s:  # so that one may know who met a queue
        own_leads_ms = leads_ms(fit.setting.mbit_per_s)
        queues_ms = observing.queues_ms(recorded, own.typical_ms, own_leads_ms, rtts_ms, fit.setting)
        fit, own = fitted(queues_ms, observing.unqueued(recorded, queues_ms, fit.setting.slots))
    waited_ms = list(map(add, queues_ms, leads_ms(fit.setting.mbit_per_s)))
    told = _Told(known, own, fit, recorded, pages)
    path = {
        "mbit_per_s": fit.setting.mbit_per_s,
        "rate_known": fit.rate_known,
        "probed": any(line["kind"] == "probe" for line in condensed),
        "redirects": len({line["url"] for line in condensed if line["status"] in REDIRECTS}),
        "hosts": {asked: told.host(origin) for asked, origin in sorted(told.answering.items())},
        "spread_ms": [round(ms, 1) for ms in own.spread_ms],
        "stalls_ms": observing.stalls_ms(recorded, rtts_ms, fit.setting),
        "unsteady": observing.unsteady(recorded, own.typical_ms, waited_ms, rtts_ms, fit.setting),
        "recordings": _recordings(told, pages, seed),
    }
    return Recorded([told.site(page) for page in pages], [told.more(page) for page in pages], path)


def rows(pages_csv: str | Path) -> list[dict[str, str]]:
    """Those of a pages.csv that have no error."""
    with open(pages_csv, encoding="utf-8", newline="") as table:
        return [row for row in csv.DictReader(table) if not row["error"]]


def write(recorded: Recorded, profile_csv: str | Path, path_json: str | Path) -> None:
    """Both files."""
    columns = [field.name for field in fields(Site) if field.name != "stall_ms"]
    with writing(profile_csv) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*columns, *(recorded.more[0] if recorded.more else ())])
        for site, more in zip(recorded.sites, recorded.more, strict=True):
            table.writerow([*(_cell(getattr(site, column)) for column in columns), *map(_cell, more.values())])
    with writing(path_json) as file:
        json.dump(recorded.path, file, indent=1)


def of_list(sites: Sequence[Site], mbit_per_s: float | None) -> Recorded:
    """The same for a list that is given, of which all is known; it shows no logins."""
    path: dict[str, Any] = {
        "mbit_per_s": mbit_per_s,
        "rate_known": True,
        "probed": False,
        "redirects": 0,
        "hosts": {},
        "spread_ms": [],
        "stalls_ms": [],
        "unsteady": None,
        "recordings": [],
    }
    return Recorded([replace(site, url=shown(site.url)) for site in sites], [{} for _ in sites], path)


def _of_hosts(lines: Sequence[dict[str, Any]], urls: Collection[str]) -> list[dict[str, Any]]:
    """Those of the `lines`, which may be of other lists as well, that are of hosts of pages at `urls`."""
    origins = {line["origin"] for line in lines if line["url"] in urls}
    return [line for line in lines if line["origin"] in origins]


def _cell(value: object) -> object:
    return "" if value is None else f"{value:.1f}" if isinstance(value, float) else value


class _Told:
    """`answering` has, by the origin that pages are asked for at, that of the host which answers, after a redirect,
    too: what is a host's is the same for all pages that are asked for there."""

    def __init__(
        self,
        known: Mapping[str, hosts.Host],
        own: Latencies,
        fit: Fit,
        recorded: Sequence[Exchange],
        pages: Sequence[Mapping[str, str]],
    ) -> None:
        self.known, self.own, self.fit = known, own, fit
        self._in_flight: dict[str, int] = {}  # by URL, as of the exchange in `_latest`
        self._latest: dict[str, Exchange] = {}
        self._most_in_flight: dict[str, int] = defaultdict(int)
        for exchange, count in zip(recorded, exchanges.in_flight(recorded), strict=True):
            self._most_in_flight[exchange.origin] = max(self._most_in_flight[exchange.origin], count)
            if exchange.is_whole:
                self._latest[exchange.url], self._in_flight[exchange.url] = exchange, count
        urls = [page["url"] for page in pages if page["url"] in self._latest]
        self.answering = {Site(url).origin: self._latest[url].origin for url in urls}

    def host(self, origin: str) -> dict[str, Any]:
        """What path.json says of it."""
        host = self.known[origin]
        return {
            "rtt_ms": round(host.rtt_ms, 2),
            "connect_ms": round(host.connect_ms, 2),
            "tls": host.tls,
            "resumed": host.resumed,
            "http": host.http,
            "slots": None if host.jitters else self.fit.setting.slots.get(origin),
            "requests_per_connection": host.requests_per_connection,
            "in_flight": self._most_in_flight[origin],
            "crawl_delay_s": host.crawl_delay_s,
        }

    def site(self, page: Mapping[str, str]) -> Site:
        """As the row of pages.csv and the recording have it; without a recording, as the row alone has it."""
        size: dict[str, Any] = {
            "url": page["url"], "wire_bytes": int(page["wire_bytes"]), "bytes": int(page["bytes"]),
        }  # fmt: skip
        framing = "length" if page["content_length"] else "chunked"
        is_coded = size["bytes"] != size["wire_bytes"]
        if exchange := self._latest.get(page["url"]):
            framing, is_coded = "chunked" if exchange.framing == "chunked" else "length", bool(exchange.coding)
        site = Site(
            **size, framing=framing, latency_ms=round(self.latency_ms(page), 1), coding="gzip" if is_coded else "none"
        )
        if (origin := self.answering.get(site.origin)) is None:
            return site
        host = self.known[origin]
        return replace(
            site,
            connect_ms=round(host.connect_ms, 1),
            rtt_ms=round(host.rtt_ms, 1),
            tls=host.tls,
            http=host.http,
            slots=self.fit.setting.slots.get(origin, 0),
            requests_per_connection=host.requests_per_connection,
        )

    def latency_ms(self, page: Mapping[str, str], off_ms: float = 0.0) -> float:
        """As it is played, if what is known of it was off by so much."""
        exchange = self._latest.get(page["url"])
        if exchange is None:
            return float(page["latency_ms"] or 0)
        return max(self.known[exchange.origin].rtt_ms, self.own.typical_ms[page["url"]] + off_ms)

    def more(self, page: Mapping[str, str]) -> dict[str, Any]:
        """What a reader may want to know of it."""
        exchange = self._latest.get(page["url"])
        if exchange is None:
            return {"think_ms": None, "transfer_ms": None, "in_flight": None}
        return {
            "think_ms": self.latency_ms(page) - self.known[exchange.origin].rtt_ms,
            "transfer_ms": observing.transfer_s(exchange) * 1000,
            "in_flight": self._in_flight[page["url"]],
        }


def _recordings(told: _Told, pages: Sequence[Mapping[str, str]], seed: int) -> list[dict[str, Any]]:
    """Others that might have been made: of the samples of the round trip, of times and of latencies drawn anew."""
    chance = random.Random(seed)
    found = []
    for _ in range(RECORDINGS):
        setting = told.fit.resampled(chance)
        rtts_ms = {
            origin: host.round_trip_ms(chance.choices(host.rtts_ms, k=len(host.rtts_ms))) if host.rtts_ms else 0.0
            for origin, host in told.known.items()
        }
        off_ms = {url: chance.gauss(0.0, unsure_ms) for url, unsure_ms in told.own.unsure_ms.items()}
        found.append(
            {
                "mbit_per_s": setting.mbit_per_s,
                "rtt_ms": {asked: round(rtts_ms[origin], 2) for asked, origin in told.answering.items()},
                "slots": {asked: setting.slots.get(origin, 0) for asked, origin in told.answering.items()},
                "latency_ms": [round(told.latency_ms(page, off_ms.get(page["url"], 0.0)), 1) for page in pages],
            }
        )
    return found
