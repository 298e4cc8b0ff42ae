"""Cookies, for the length of a page's chain of redirects: each origin gets back what it set, and nobody else."""

from aiohttp import ClientResponse, CookieJar, hdrs
from yarl import URL

from concurrency.downloader import addresses


class Cookies:
    """Those that a chain of redirects has collected so far."""

    __slots__ = ("_jars",)

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] | None = None  # by origin

    def keep(self, address: str, reply: ClientResponse) -> None:
        """Keep what the reply to `address` sets."""
        if set_there := reply.headers.getall(hdrs.SET_COOKIE, []):
            self._jars = self._jars or {}
            jar = self._jars.setdefault(addresses.origin(address), CookieJar(unsafe=True))
            jar.update_cookies_from_headers(set_there, _without_query(address))

    def of(self, address: str) -> str:
        """What the Cookie header of a request for `address` should hold; empty if there is nothing for it."""
        if not self._jars or (jar := self._jars.get(addresses.origin(address))) is None:
            return ""
        known = jar.filter_cookies(_without_query(address)).values()
        return "; ".join(f"{cookie.key}={cookie.coded_value}" for cookie in known)


def _without_query(address: str) -> URL:
    url = addresses.parsed(address)
    return url.with_path(url.raw_path.partition("?")[0], encoded=True)
