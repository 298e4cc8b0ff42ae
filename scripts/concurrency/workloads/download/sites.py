"""Site lists: which pages there are, and how a replay should play them."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from concurrency.errors import UserError, shown
from concurrency.files import read_text
from concurrency.workloads import rows

HANDSHAKES = {"none": 0, "1.2": 2, "1.3": 1}  # round trips that TLS takes of a new connection


@dataclass(frozen=True)
class Site:
    """A page. What a list does not tell about it keeps these defaults, so a bare list of URLs can be replayed.

    `wire_bytes` is the size of the body as sent and `bytes` that after decoding (None: the same); `coding` is `gzip` or
    `none`; `framing` is `length` (with a Content-Length) or `chunked`. `latency_ms` is the time from a request on a
    warm connection to the first byte of its reply, the round trip included; `connect_ms` what a new connection takes,
    TLS included; `rtt_ms` the round trip (None: so that `connect_ms` comes out). `tls` is the version, or `none` (None:
    1.3 for https); `http` is 1.1 or 2. Of its host: `slots` is how many requests it works on at once (0: on all), and
    `requests_per_connection` after how many it closes one (0: it never does). `stall_ms` is how late the end of the
    body comes.
    """

    url: str
    wire_bytes: int = 60_000
    framing: str = "length"
    latency_ms: float = 100.0
    connect_ms: float = 30.0
    rtt_ms: float | None = None
    bytes: int | None = None
    coding: str = "none"
    tls: str | None = None
    http: str = "1.1"
    slots: int = 0
    requests_per_connection: int = 0
    stall_ms: float = 0.0

    @property
    def origin(self) -> str:
        """Its scheme, host and port, which tell its server from others."""
        scheme, host, *_ = urlsplit(self.url)
        return f"{scheme}://{host.rpartition('@')[2]}"

    @property
    def hostname(self) -> str:
        """The host that it names, in whatever scheme and at whatever port."""
        return urlsplit(self.url).hostname or ""

    @property
    def tls_version(self) -> str:
        """The version of TLS, or `none`."""
        return self.tls or ("1.3" if self.url.startswith("https:") else "none")

    @property
    def round_trips(self) -> int:
        """How many of them a new connection takes."""
        return 1 + HANDSHAKES[self.tls_version]

    @property
    def rtt_s(self) -> float:
        """The round trip; a first byte takes at least that."""
        known_ms = self.connect_ms / self.round_trips if self.rtt_ms is None else self.rtt_ms
        return min(known_ms, self.latency_ms) / 1000

    @property
    def set_up_s(self) -> float:
        """What a new connection takes, but for the time that its handshake takes to compute."""
        return (self.connect_ms if self.rtt_ms is None else self.rtt_ms * self.round_trips) / 1000

    @property
    def leg_s(self) -> float:
        """What each of the round trips of a new connection takes."""
        return self.set_up_s / self.round_trips

    @property
    def think_s(self) -> float:
        """What the server works on it."""
        return self.latency_ms / 1000 - self.rtt_s

    @property
    def size(self) -> int:
        """Of its body, in bytes."""
        return self.wire_bytes if self.bytes is None else self.bytes


def read(source: Path | list[str], origin: str = "sites", given: Mapping[str, Any] | None = None) -> list[Site]:
    """The sites of a CSV file (with a `url` column) or of a list of URLs, in order, duplicates included.

    `given` has values for what a row does not tell. Raises UserError naming the file and line (or `origin`, for a list)
    of the first thing that is wrong.
    """
    given = given or {}
    if isinstance(source, list):
        places = [f"{origin}: entry {i}" for i in range(1, len(source) + 1)]
        return _checked_logins(
            [(place, Site(_checked_url(url, place), **given)) for place, url in zip(places, source, strict=True)]
        )
    sites = _checked_logins(_checked_hosts(_read_csv(source, given)))
    if not sites:
        raise UserError(
            f"{source}: no sites in it; add one row per page, or set `download.sites: []` to switch downloads off"
        )
    return sites


def given_by(path: Mapping[str, Any]) -> dict[str, Any]:
    """What `download.path` of a configuration gives for every row that does not tell it itself."""
    given = {key: path[key] for key in ("rtt_ms", "slots") if path.get(key) is not None}
    if (tls := path.get("tls")) is not None:
        given["tls"] = {True: "1.3", False: "none"}.get(tls, tls)
    return given


def fast(sites: Sequence[Site]) -> list[Site]:
    """The same pages as if they were next door: a round trip of 1 ms, no work, plain HTTP, and nobody else there."""
    return [
        replace(
            site, latency_ms=1.0, connect_ms=1.0, rtt_ms=1.0, tls="none", http="1.1", slots=0,
            requests_per_connection=0, stall_ms=0.0,
        )
        for site in sites
    ]  # fmt: skip


def _checked_logins(sites: Iterable[tuple[str, Site]]) -> list[Site]:
    """The sites, of which each comes with its place, if the tables, which show no logins, can tell them apart."""
    known: dict[str, str] = {}
    found = []
    for place, site in sites:
        if known.setdefault(shown(site.url), site.url) != site.url:
            raise UserError(f"{place}: {shown(site.url)} is there already with another login; keep one of them")
        found.append(site)
    return found


def _checked_hosts(sites: Iterable[tuple[str, Site]]) -> Iterator[tuple[str, Site]]:
    """The sites, of which each comes with its place, if all of a host agree in what is the host's."""
    known: dict[str, Site] = {}
    for place, site in sites:
        first = known.setdefault(site.origin, site)
        for column in OF_HOSTS:
            if (given := getattr(site, column)) != (before := getattr(first, column)):
                raise UserError(
                    f"{place}: {column}: is {given}, but {before} in an earlier row of its host; give all the same"
                )
        yield place, site


def _read_csv(path: Path, given: Mapping[str, Any]) -> Iterator[tuple[str, Site]]:
    columns, lines = rows.read(read_text(path), path, divides=",")
    _check_columns(columns, path)
    for line, row in lines:
        place = f"{path}: line {line}"
        known = {
            column: checked(row[column], f"{place}: {column}")
            for column, checked in COLUMNS.items()
            if row.get(column, "").strip()
        }
        others = {key: value for key, value in given.items() if key != "rtt_ms" or "connect_ms" not in known}
        yield place, Site(_checked_url(row["url"], place), **{**others, **known})


def _check_columns(columns: Sequence[str], path: Path) -> None:
    """A list may have columns of the user's own, but none that is nearly one of ours: `latency` is no `latency_ms`."""
    missing = [name for name in ("url", *COLUMNS) if name not in columns]
    if "url" in missing and (odd := next((mark for mark in ";\t" if mark in "".join(columns)), "")):
        hint = f"divide the cells by commas, not by {odd!r}"
        raise UserError(f"{path}: line 1: no column `url`; {hint} ({', '.join(columns)})")
    for column in columns:
        if column in ("url", *COLUMNS, *INFORMATION):
            continue
        name = re.sub("[^a-z0-9]+", "_", column.lower()).strip("_")
        near = f"{name}_ms", f"{name.rpartition('_')[0]}_ms", name.removesuffix("_version")
        if close := [known for known in missing if known in near] or difflib.get_close_matches(
            name, missing, n=1, cutoff=CLOSE
        ):
            raise UserError(f"{path}: line 1: there is no column `{column}`; did you mean {close[0]}?")
    if "url" in missing:
        raise UserError(f"{path}: line 1: no column `url`; the header must name it ({', '.join(columns)})")


def _checked_url(url: str | None, place: str) -> str:
    url = (url or "").strip()
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (reading it checks it)
    except ValueError as error:
        why = "" if "@" in url else f": {error}"  # which may quote the login
        raise UserError(f"{place}: {shown(url)!r} is not a URL{why}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in url or not url.isprintable():
        raise UserError(f"{place}: {shown(url)!r} is not a URL of the form http(s)://host/path")
    return url


def _number(most: float, whole: bool = False) -> Callable[[str, str], float]:
    def checked(text: str, place: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 <= number <= most or (whole and not number.is_integer()):
            kind = "whole number" if whole else "number"
            raise UserError(f"{place}: {text[:60]!r} is not a {kind} of at least 0 and at most {most:,}")
        return int(number) if whole else number

    return checked


def _one_of(*words: str) -> Callable[[str, str], str]:
    def checked(text: str, place: str) -> str:
        if text not in words:
            raise UserError(f"{place}: {text[:60]!r} is neither {' nor '.join(f'`{word}`' for word in words)}")
        return text

    return checked


INFORMATION = ("think_ms", "transfer_ms", "in_flight")  # in a profile
CLOSE = 0.8  # as difflib has it
MOST_BYTES, MOST_COUNT, MOST_MS = 10**12, 10**6, 10**6
OF_HOSTS = ("slots", "requests_per_connection", "http")
# What a list may tell of a page beside its URL, and how to read it: checked(text, place).
COLUMNS: dict[str, Callable[[str, str], Any]] = {
    "wire_bytes": _number(MOST_BYTES, whole=True),
    "framing": _one_of("length", "chunked"),
    "latency_ms": _number(MOST_MS),
    "connect_ms": _number(MOST_MS),
    "rtt_ms": _number(MOST_MS),
    "bytes": _number(MOST_BYTES, whole=True),
    "coding": _one_of("none", "gzip"),
    "tls": _one_of(*HANDSHAKES),
    "http": _one_of("1.1", "2"),
    "slots": _number(MOST_COUNT, whole=True),
    "requests_per_connection": _number(MOST_COUNT, whole=True),
}
