"""The profile of the pages and the path to them, as a recording tells them."""

import csv
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import log
from pathlib import Path
from statistics import pstdev
from typing import Any

from concurrency.files import writing
from concurrency.workloads.download.recording import exchanges, fitting, hosts, latencies
from concurrency.workloads.download.recording.exchanges import Exchange
from concurrency.workloads.download.recording.latencies import Latencies
from concurrency.workloads.download.recording.played import Played, first_segment_s, play
from concurrency.workloads.download.sites import Site

RECORDINGS = 20
MOST_PLAYED = 400  # exchanges, to tell queues and stalls by
QUEUE_MS, QUEUE = 1.0, 0.05  # up to either, the latter of the latency, an exchange met none
STALL_MS, STALL = 2.0, 0.1  # beyond both, the latter of the round trip, a body's end is late
UNSTEADY = 0.1


@dataclass(frozen=True)
class Recorded:
    """`sites` are the pages' in their order; `more` has for each what is for information only."""

    sites: Sequence[Site]
    more: Sequence[Mapping[str, Any]]
    path: Mapping[str, Any]


def profile(lines: Sequence[Mapping[str, Any]], pages: Sequence[Mapping[str, str]], seed: int = 1) -> Recorded:
    """Of the recorded `lines`, and the rows of pages.csv that have no error."""
    recorded = exchanges.answered(lines)
    origins = {exchange.url: exchange.origin for exchange in recorded if exchange.is_whole}
    known = hosts.known(lines)
    rtts_ms = {origin: host.rtt_ms for origin, host in known.items()}
    is_alone = exchanges.undisturbed(recorded)
    own = latencies.estimated(_seen(recorded, [0.0] * len(recorded), is_alone, {}), origins)
    fit = _fit(recorded, own, rtts_ms)
    for _ in range(2 if fit.slots else 1):
        queues_ms = _queues_ms(recorded, own, rtts_ms, fit)
        own = latencies.estimated(_seen(recorded, queues_ms, is_alone, fit.setting.slots), origins)
    if fit.slots:
        fit = _fit(recorded, own, rtts_ms)
    alone = [place for place in sorted(is_alone) if place < MOST_PLAYED and recorded[place].is_whole]
    played = _played(recorded, [x.latency_ms for x in recorded], rtts_ms, fit)
    late_ms = [(_transfer_s(recorded[place]) - _transfer_s(played[place])) * 1000 for place in alone]
    fits_s = [own.typical_ms[recorded[place].url] / 1000 + _transfer_s(played[place]) for place in alone]
    told = _Told(known, {exchange.url: exchange for exchange in recorded if exchange.is_whole}, own, fit, recorded)
    path = {
        "mbit_per_s": fit.setting.mbit_per_s,
        "rate_known": fit.rate_known,
        "probed": bool(fit.slots),
        "hosts": {origin: told.host(origin) for origin in sorted(known)},
        "spread_ms": [round(ms, 1) for ms in own.spread_ms],
        "stalls_ms": _stalls_ms(late_ms, [rtts_ms[recorded[place].origin] for place in alone]),
        "unsteady": _unsteady([recorded[place].ended - recorded[place].sent for place in alone], fits_s),
        "recordings": _recordings(pages, origins, known, own, fit, seed),
    }
    return Recorded([told.site(page) for page in pages], [told.more(page) for page in pages], path)


def write(recorded: Recorded, profile_csv: str | Path, path_json: str | Path) -> None:
    """Both files."""
    columns = [field.name for field in fields(Site) if field.name != "stall_ms"]
    with writing(profile_csv) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([*columns, *(recorded.more[0] if recorded.more else ())])
        for site, more in zip(recorded.sites, recorded.more, strict=True):
            rows.writerow([*(_cell(getattr(site, column)) for column in columns), *map(_cell, more.values())])
    with writing(path_json) as file:
        json.dump(recorded.path, file, indent=1)


def of_list(sites: Sequence[Site], mbit_per_s: float | None) -> Recorded:
    """The same for a list that is given, of which all is known."""
    path = {
        "mbit_per_s": mbit_per_s,
        "rate_known": True,
        "probed": False,
        "hosts": {},
        "spread_ms": [],
        "stalls_ms": [],
        "unsteady": None,
        "recordings": [],
    }
    return Recorded(sites, [{} for _ in sites], path)


def _cell(value: object) -> object:
    return "" if value is None else f"{value:.1f}" if isinstance(value, float) else value


@dataclass(frozen=True)
class _Told:
    known: Mapping[str, hosts.Host]
    latest: Mapping[str, Exchange]  # by URL
    own: Latencies
    fit: fitting.Fit
    recorded: Sequence[Exchange]

    def host(self, origin: str) -> dict[str, Any]:
        """What path.json says of it."""
        host = self.known[origin]
        return {
            "rtt_ms": round(host.rtt_ms, 2),
            "connect_ms": round(host.connect_ms, 2),
            "tls": host.tls,
            "resumed": host.resumed,
            "http": host.http,
            "slots": self.fit.setting.slots.get(origin),
            "requests_per_connection": host.requests_per_connection,
            "in_flight": exchanges.most_in_flight([x for x in self.recorded if x.origin == origin]),
        }

    def site(self, page: Mapping[str, str]) -> Site:
        """As the row of pages.csv and the recording have it; without a recording, as the row alone has it."""
        size = {"url": page["url"], "wire_bytes": int(page["wire_bytes"]), "bytes": int(page["bytes"])}
        framing = "length" if page["content_length"] else "chunked"
        exchange = self.latest.get(page["url"])
        if exchange is None:
            return Site(**size, framing=framing, latency_ms=float(page["latency_ms"] or 0))
        host = self.known[exchange.origin]
        return Site(
            **size,
            framing="chunked" if exchange.framing == "chunked" else "length",
            latency_ms=round(self.latency_ms(page), 1),
            connect_ms=round(host.connect_ms, 1),
            rtt_ms=round(host.rtt_ms, 1),
            coding="gzip" if exchange.coding else "none",
            tls=host.tls,
            http=host.http,
            slots=self.fit.setting.slots.get(exchange.origin, 0),
            requests_per_connection=host.requests_per_connection,
        )

    def latency_ms(self, page: Mapping[str, str]) -> float:
        """Of a page that was recorded, without what its first bytes take on the link."""
        exchange = self.latest[page["url"]]
        on_link_ms = first_segment_s(exchange.wire_bytes, self.fit.setting.mbit_per_s) * 1000
        return max(self.known[exchange.origin].rtt_ms, self.own.typical_ms[page["url"]] - on_link_ms)

    def more(self, page: Mapping[str, str]) -> dict[str, Any]:
        """What a reader may want to know of it."""
        exchange = self.latest.get(page["url"])
        if exchange is None:
            return {"think_ms": None, "transfer_ms": None, "in_flight": None}
        return {
            "think_ms": self.latency_ms(page) - self.known[exchange.origin].rtt_ms,
            "transfer_ms": _transfer_s(exchange) * 1000,
            "in_flight": exchanges.in_flight_at(self.recorded, exchange),
        }


def _fit(recorded: Sequence[Exchange], own: Latencies, rtts_ms: Mapping[str, float]) -> fitting.Fit:
    return fitting.fitted(fitting.Misfits(recorded, own.typical_ms, own.spread_ms, rtts_ms, own.deviation_ms))


def _played(
    recorded: Sequence[Exchange], latencies_ms: Sequence[float], rtts_ms: Mapping[str, float], fit: fitting.Fit
) -> list[Played]:
    """The first MOST_PLAYED."""
    rtts_s = {origin: ms / 1000 for origin, ms in rtts_ms.items()}
    part = recorded[:MOST_PLAYED]
    seconds = [ms / 1000 for ms in latencies_ms[:MOST_PLAYED]]
    return play(part, seconds, rtts_s, fit.setting.mbit_per_s, fit.setting.slots)


def _queues_ms(
    recorded: Sequence[Exchange], own: Latencies, rtts_ms: Mapping[str, float], fit: fitting.Fit
) -> list[float]:
    """What each exchange waited for others, as the model has it; of those that are not played, nothing."""
    typical = [own.typical_ms[x.url] if x.is_whole else x.latency_ms for x in recorded]
    played = _played(recorded, typical, rtts_ms, fit)
    waited = [
        (reply.first - exchange.sent) * 1000 - ms
        for reply, exchange, ms in zip(played, recorded, typical, strict=False)
    ]
    return waited + [0.0] * (len(recorded) - len(waited))


def _seen(
    recorded: Sequence[Exchange], queues_ms: Sequence[float], is_alone: set[int], slots: Mapping[str, int]
) -> dict[str, list[float]]:
    """By URL, the latencies that tell of the page: those of exchanges that met no queue; where there are none, what is
    left of the others' without it. Second tries and, as long as no slots are known, bursts count only where there is
    nothing else."""
    sizes = {place: len(burst) for burst in exchanges.bursts(recorded) for place in burst}
    best: dict[str, tuple[int, list[float]]] = {}
    for place, exchange in enumerate(recorded):
        if not exchange.is_whole:
            continue
        ms, queue_ms = exchange.latency_ms, queues_ms[place]
        limit = slots.get(exchange.origin)
        fits = place in is_alone or (
            limit is not None and (not limit or sizes.get(place, 1) <= limit) and place < MOST_PLAYED
        )
        if not fits or queue_ms > max(QUEUE_MS, QUEUE * ms):
            rank = 2
        else:
            rank = 0 if exchange.is_first_try else 1
        known = best.get(exchange.url)
        if known is None or rank < known[0]:
            best[exchange.url] = known = rank, []
        if rank == known[0]:
            known[1].append(ms - queue_ms)
    return {url: own if rank < 2 else [min(own)] for url, (rank, own) in best.items()}


def _transfer_s(reply: Exchange | Played) -> float:
    return reply.ended - reply.first


def _stalls_ms(late_ms: Sequence[float], rtts_ms: Sequence[float]) -> list[float]:
    """How late bodies ended; as early as some ended, others are late by chance, not by a stall."""
    early_ms = -min(sorted(late_ms)[len(late_ms) // 20 :], default=0.0)
    stalls = [
        late if late > max(STALL_MS, STALL * rtt, early_ms) else 0.0
        for late, rtt in zip(late_ms, rtts_ms, strict=True)
    ]
    return [round(ms, 1) for ms in sorted(stalls)] if any(stalls) else []


def _unsteady(took_s: Sequence[float], fits_s: Sequence[float]) -> float | None:
    scatter = pstdev(log(took / fit) for took, fit in zip(took_s, fits_s, strict=True)) if took_s else 0.0
    return round(scatter, 3) if scatter > UNSTEADY else None


def _recordings(
    pages: Sequence[Mapping[str, str]],
    origins: Mapping[str, str],
    known: Mapping[str, hosts.Host],
    own: Latencies,
    fit: fitting.Fit,
    seed: int,
) -> list[dict[str, Any]]:
    """Others that might have been made: of the samples of the round trip, of times and of latencies drawn anew."""
    chance = random.Random(seed)
    found = []
    for _ in range(RECORDINGS):
        setting = fit.resampled(chance)
        rtts_ms = {}
        for origin, host in known.items():
            samples = chance.choices(host.rtts_ms, k=len(host.rtts_ms)) if host.rtts_ms else []
            rtts_ms[origin] = round(hosts.round_trip_ms(samples), 2)
        typical = {url: ms + chance.gauss(0.0, own.unsure_ms[url]) for url, ms in own.typical_ms.items()}
        found.append(
            {
                "mbit_per_s": setting.mbit_per_s,
                "rtt_ms": rtts_ms,
                "slots": dict(setting.slots),
                "latency_ms": [
                    round(max(rtts_ms[origins[page["url"]]], typical[page["url"]]), 1)
                    if page["url"] in typical
                    else float(page["latency_ms"] or 0)
                    for page in pages
                ],
            }
        )
    return found
