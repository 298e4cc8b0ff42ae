"""The proxies of the environment, checked once, before the first page."""

import asyncio
import urllib.request

from yarl import URL

from concurrency.downloader import addresses
from concurrency.downloader.failures import FetchError


class Proxies:
    """What http_proxy, https_proxy and no_proxy say."""

    def __init__(self) -> None:
        self._found: dict[str, str | FetchError] = {
            scheme: place for scheme, place in urllib.request.getproxies().items() if scheme in ("http", "https")
        }

    async def check(self) -> None:
        """Find out which of them cannot be used."""
        for scheme, place in self._found.items():
            try:
                await _check(str(place))
            except FetchError as failure:
                self._found[scheme] = FetchError(
                    "proxy", f"{scheme}_proxy={str(place).rpartition('@')[2]}: {failure}", passing=False
                )

    def of(self, url: URL) -> str | None:
        """The proxy for `url`, if it is to have one. Raises FetchError where that cannot be used."""
        place = self._found.get(url.scheme)
        if place is None or urllib.request.proxy_bypass(url.raw_host or ""):
            return None
        if isinstance(place, FetchError):
            raise place.again()
        return place


async def _check(place: str) -> None:
    if not place.lower().startswith(("http://", "https://")):
        raise FetchError("url", "only proxies of the form http://host:port can be used")
    url = addresses.parsed(place)
    try:
        await asyncio.get_running_loop().getaddrinfo(url.raw_host, url.port)
    except (OSError, ValueError) as error:  # ValueError: a name that no look-up can be made of
        raise FetchError("dns", str(error)) from error
