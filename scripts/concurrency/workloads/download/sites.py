"""Site lists: which pages there are, and how a replay should play them."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from concurrency.errors import UserError, shown


@dataclass(frozen=True)
class Site:
    """A page. What a list does not tell about its timing keeps these defaults, so a bare list of URLs can be replayed.

    `wire_bytes` is the size of the body as sent; `framing` is `length` (with a Content-Length) or `chunked`;
    `latency_ms` is the time to the first byte on a warm connection, `connect_ms` what a new connection adds.
    """

    url: str
    wire_bytes: int = 60_000
    framing: str = "length"
    latency_ms: float = 100.0
    connect_ms: float = 30.0


def read(source: Path | list[str], origin: str = "sites") -> list[Site]:
    """The sites of a CSV file (with a `url` column) or of a list of URLs, in order, duplicates included.

    Raises UserError naming the file and line (or `origin`, for a list) of the first thing that is wrong.
    """
    if isinstance(source, list):
        places = [f"{origin}: entry {i}" for i in range(1, len(source) + 1)]
        return _checked_logins(
            [(place, Site(_checked_url(url, place))) for place, url in zip(places, source, strict=True)]
        )
    try:
        sites = _checked_logins(_read_csv(source))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{source}: cannot be read as a UTF-8 CSV file: {error}") from error
    if not sites:
        raise UserError(
            f"{source}: no sites in it; add one row per page, or set `download.sites: []` to switch downloads off"
        )
    return sites


def fast(sites: Sequence[Site]) -> list[Site]:
    """The same sites as if they were next door: the first byte and a new connection take 1 ms each."""
    return [replace(site, latency_ms=1.0, connect_ms=1.0) for site in sites]


def _checked_logins(sites: Iterable[tuple[str, Site]]) -> list[Site]:
    """The sites, of which each comes with its place, if the tables, which show no logins, can tell them apart."""
    known: dict[str, str] = {}
    found = []
    for place, site in sites:
        if known.setdefault(shown(site.url), site.url) != site.url:
            raise UserError(f"{place}: {shown(site.url)} is there already with another login; keep one of them")
        found.append(site)
    return found


def _read_csv(path: Path) -> Iterator[tuple[str, Site]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if "url" not in (reader.fieldnames or []):
            raise UserError(f"{path}: line 1: no column `url`; the header must name it")
        for row in reader:
            place = f"{path}: line {reader.line_num}"
            known: dict[str, str | int | float] = {"url": _checked_url(row["url"], place)}
            if row.get("wire_bytes"):
                known["wire_bytes"] = int(_checked_number(row["wire_bytes"], f"{place}: wire_bytes"))
            for column in ("latency_ms", "connect_ms"):
                if row.get(column):
                    known[column] = _checked_number(row[column], f"{place}: {column}")
            if row.get("framing"):
                if row["framing"] not in ("length", "chunked"):
                    raise UserError(f"{place}: framing: {row['framing']!r} is neither `length` nor `chunked`")
                known["framing"] = row["framing"]
            yield place, Site(**known)  # type: ignore[arg-type]


def _checked_url(url: str | None, place: str) -> str:
    url = (url or "").strip()
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  (reading it checks it)
    except ValueError as error:
        why = "" if "@" in url else f": {error}"  # which may quote the login
        raise UserError(f"{place}: {shown(url)!r} is not a URL{why}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or any(c.isspace() for c in url):
        raise UserError(f"{place}: {shown(url)!r} is not a URL of the form http(s)://host/path")
    return url


def _checked_number(text: str, place: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UserError(f"{place}: {text!r} is not a number of at least 0")
    return number
