"""Addresses: what can be requested, whose it is, and where a redirect leads."""

from collections.abc import Collection
from functools import lru_cache

from yarl import URL

from concurrency.failures import FetchError


def parsed(address: str) -> URL:
    """Raises FetchError where that cannot be requested."""
    try:
        url = URL(address)
    except ValueError as error:
        raise FetchError("url", str(error)) from error
    if url.scheme not in ("http", "https") or not url.raw_host:
        raise FetchError("url", f"{address!r} is not of the form http(s)://host/path")
    return url


def hostname(address: str) -> str:
    """The host that `address` names; empty where it names none."""
    return _host_in(address.partition("://")[2].partition("/")[0])


@lru_cache
def _host_in(authority: str) -> str:
    try:
        return URL(f"http://{authority}").host or ""
    except ValueError:
        return ""


def redirected(address: str, status: int, locations: Collection[str], *, allow_downgrade: bool) -> str:
    """Where a reply to `address` with these Location headers leads. Raises FetchError where we do not follow."""
    if len(locations) != 1:
        raise FetchError("redirect", f"status {status} with {len(locations) or 'no'} Location")
    here, [location] = parsed(address), locations
    try:
        target = URL(location)
        there = here.join(target).with_fragment(None)
    except ValueError as error:
        raise FetchError("redirect", f"to {location[:200]!r}: {error}") from error
    if there.scheme not in ("http", "https") or not there.host or (target.scheme and not target.host):
        raise FetchError("redirect", f"to {location[:200]!r}")
    if here.scheme == "https" and there.scheme == "http" and not allow_downgrade:
        raise FetchError("redirect", f"from https to {location[:200]!r}")
    there = there.with_user(None)  # a server does not choose whom we log in as …
    if there.origin() == here.origin() and here.user is not None:
        there = there.with_user(here.user).with_password(here.password)  # … and no other one learns it
    return str(there)
