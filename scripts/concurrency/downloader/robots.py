"""robots.txt: asked for once per origin, and obeyed."""

import asyncio

from protego import Protego

from concurrency.downloader import addresses
from concurrency.downloader.failures import FetchError
from concurrency.downloader.limits import PRODUCT
from concurrency.downloader.part import Part

LONG = 1000  # characters of an address; to match a longer one with thousands of rules is not for the event loop
MOST_PAIRS = 1_000_000  # of agents and rules; Protego may keep each, in some hundred bytes
MOST_BYTES = 500 * 1024  # RFC 9309, section 2.5: what is beyond need not be read


class Robots:
    """What the origins asked so far allow."""

    def __init__(self) -> None:
        self._rules: dict[str, Protego | FetchError] = {}

    async def ask_first(self, address: str) -> str:
        """The robots.txt to read before `address` may be requested, or nothing if that is known to be allowed.

        Raises FetchError where it is not allowed.
        """
        origin = addresses.origin(address)
        rules = self._rules.get(origin)
        if rules is None:
            return f"{origin}/robots.txt"
        if isinstance(rules, FetchError):
            raise rules.again()
        asked = addresses.requestable(address), PRODUCT
        is_allowed = (
            await asyncio.to_thread(rules.can_fetch, *asked) if len(address) > LONG else rules.can_fetch(*asked)
        )
        if not is_allowed:
            raise FetchError("robots", f"{origin}/robots.txt forbids it")
        return ""

    async def came(self, address: str, part: Part) -> float:
        """From now on the pages beside `address`, a robots.txt, follow it; the seconds it wants between requests.

        Raises FetchError where it is corrupt.
        """
        return await asyncio.to_thread(self._read, address, part)  # to decode and parse it may take long

    def _read(self, address: str, part: Part) -> float:
        text = part.read(MOST_BYTES).decode("utf-8-sig", errors="replace")
        lines = [line.lstrip().lower() for line in text.splitlines()]
        agents = sum(line.startswith("user") for line in lines)
        if agents * (len(lines) - agents) > MOST_PAIRS:
            raise FetchError("robots", f"robots.txt has {agents} user agents and {len(lines) - agents} other lines")
        rules = Protego.parse(text)
        self._rules[_origin(address)] = rules
        return rules.crawl_delay(PRODUCT) or 0.0

    def failed(self, address: str, status: int, failure: FetchError) -> None:
        """`address`, a robots.txt, could not be had: where there is none all is allowed, otherwise nothing is."""
        if failure.kind == "status" and 400 <= status < 500 and status not in (408, 425, 429):
            self._rules[_origin(address)] = Protego.parse("")
            return
        kind = "robots" if failure.kind in ("status", "encoding", "robots") else failure.kind
        self._rules[_origin(address)] = FetchError(kind, f"robots.txt could not be read: {failure}", passing=False)


def _origin(address: str) -> str:
    return address.removesuffix("/robots.txt")
