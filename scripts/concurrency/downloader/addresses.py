"""Addresses: a URL as given, made fit to be requested and nothing more; whose it is; where a redirect leads."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from yarl import URL

from concurrency.downloader.failures import FetchError

# RFC 3986, appendix B
_PARTS = re.compile(rb"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(?:#.*)?", re.DOTALL)
_ILLEGAL = re.compile(rb"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]")  # in a path or query
# What needs no reading byte by byte
_PLAIN = re.compile(r"(https?)://([^/?#]+)(/[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*)")
MOST_AUTHORITY = 1000  # characters; a name has at most 253, and yarl takes long over longer ones
_HOST = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=%:]+")


@dataclass(frozen=True, slots=True)
class _Site:
    """What comes before an address's path, read once for all addresses that share it."""

    url: URL
    host: str  # without what marks an IPv6 address as one
    origin: str  # without a login


def requestable(url: str | bytes) -> str:
    """The address that `url`, text or raw bytes of a header, is requested as.

    Escapes stay as they are, what a path or query may not hold is escaped byte by byte, the fragment goes, the host
    gets its ASCII form, and nothing else changes. Raises FetchError where it is not an http(s) URL.
    """
    site, target = _read(url)
    return f"{site.url.scheme}://{site.url.raw_authority}{target}"


def parsed(url: str) -> URL:
    """The same for aiohttp. The query is in its path: yarl drops an empty one. Raises FetchError."""
    site, target = _read(url)
    return site.url.with_path(target, encoded=True)


def origin(url: str) -> str:
    """Scheme, host and port of `url`. Raises FetchError."""
    return _read(url)[0].origin


def without_login(url: str) -> str:
    """`requestable`, for others to read. Raises FetchError."""
    site, target = _read(url)
    return f"{site.origin}{target}"


def hostname(url: str) -> str:
    """The host that `url` names; empty where it names none."""
    try:
        return _read(url)[0].host
    except FetchError:
        return ""


def redirected(address: str, status: int, locations: Collection[bytes], *, allow_downgrade: bool) -> str:
    """Where a reply to `address` with these Location headers leads. Raises FetchError where we do not follow."""
    if len(locations) != 1 or not all(locations):
        raise FetchError("redirect", f"status {status} with {len([*filter(None, locations)]) or 'no'} Location")
    [location] = locations
    here, target = _read(address)
    try:
        there, target = _resolved(here, target, location)
    except FetchError as failure:
        raise FetchError("redirect", f"to {_text(location)!r}: {failure}") from failure
    if here.url.scheme == "https" and there.url.scheme == "http" and not allow_downgrade:
        raise FetchError("redirect", f"from https to {_text(location)!r}")
    site = there.url.with_user(None)  # a server does not choose whom we log in as …
    if there.origin == here.origin:
        site = here.url  # … and no other one learns it
    return f"{site.scheme}://{site.raw_authority}{target}"


def _resolved(here: _Site, target: str, reference: bytes) -> tuple[_Site, str]:
    """Site and target of what `reference` means where `target` of `here` was asked for: RFC 3986, section 5.2."""
    scheme, authority, path, query = _split(reference)
    if scheme or authority is not None:
        return _site(scheme or here.url.scheme, authority or ""), (path or "/") + query
    base, mark, base_query = target.partition("?")
    if not path:
        return here, base + (query or mark + base_query)
    return here, _without_dots(path if path.startswith("/") else base[: base.rindex("/") + 1] + path) + query


def _without_dots(path: str) -> str:
    """`path` with its dot segments resolved: RFC 3986, section 5.2.4."""
    kept: list[str] = []
    *segments, last = path.split("/")[1:]
    for segment in [*segments, last]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if last in (".", "..") and kept else "")


def _read(url: str | bytes) -> tuple[_Site, str]:
    if isinstance(url, str) and (plain := _PLAIN.fullmatch(url)):
        return _site(plain[1], plain[2]), plain[3]
    scheme, authority, path, query = _split(url if isinstance(url, bytes) else url.encode("utf-8", "surrogateescape"))
    return _site(scheme, authority or ""), (path or "/") + query


def _split(reference: bytes) -> tuple[str, str | None, str, str]:
    """Scheme, authority (None: there is none), path and query, with what is illegal in the last two escaped."""
    found = _PARTS.fullmatch(reference)
    assert found  # it takes anything
    scheme, authority, path, query = found.groups(b"")
    named = None if found[2] is None else authority.decode("utf-8", "replace")
    return scheme.decode().lower(), named, _escaped(path), _escaped(query)


def _escaped(part: bytes) -> str:
    return _ILLEGAL.sub(lambda found: b"%%%02X" % found[0][0], part).decode()


@lru_cache(maxsize=4096)
def _site(scheme: str, authority: str) -> _Site:
    if scheme not in ("http", "https") or not authority:
        raise FetchError("url", "it is not of the form http(s)://host/path")
    if len(authority) > MOST_AUTHORITY:
        raise FetchError("url", f"a host and login of {len(authority)} characters")
    try:
        url = URL(f"{scheme}://{authority}")
        host, site_origin = url.raw_host or "", str(url.origin())
    except (ValueError, IndexError) as error:  # yarl raises either where there is no host
        why = "" if "@" in authority else f": {error}"  # which may quote the login
        raise FetchError("url", f"{scheme}://{authority} names no host{why}") from None
    if not _HOST.fullmatch(host):
        raise FetchError("url", f"{scheme}://{authority} names no host")
    return _Site(url, host, site_origin)


def _text(location: bytes) -> str:
    return location[:200].decode("latin-1")
