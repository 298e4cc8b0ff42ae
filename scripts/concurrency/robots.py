"""robots.txt: asked for once an origin, and obeyed."""

from protego import Protego

from concurrency import addresses, replies
from concurrency.failures import FetchError
from concurrency.limits import PRODUCT

MOST_BYTES = 512_000  # RFC 9309 asks for 500 KiB at least


class Robots:
    """What the origins asked so far allow."""

    def __init__(self) -> None:
        self._rules: dict[str, Protego | FetchError] = {}

    def ask_first(self, address: str) -> str:
        """The robots.txt to read before `address` may be requested, or nothing if that is known to be allowed.

        Raises FetchError where it is not allowed.
        """
        origin = str(addresses.parsed(address).origin())
        rules = self._rules.get(origin)
        if rules is None:
            return f"{origin}/robots.txt"
        if isinstance(rules, FetchError):
            raise rules.again()
        if not rules.can_fetch(address, PRODUCT):
            raise FetchError("robots", f"{origin}/robots.txt forbids it")
        return ""

    def came(self, address: str, body: bytes) -> float:
        """From now on the pages beside `address`, a robots.txt, follow it; the seconds it wants between requests."""
        rules = Protego.parse(body.decode("utf-8-sig", errors="replace"))
        self._rules[_origin(address)] = rules
        return rules.crawl_delay(PRODUCT) or 0.0

    def failed(self, address: str, status: int, failure: FetchError) -> None:
        """`address`, a robots.txt, could not be had: where there is none all is allowed, otherwise nothing is."""
        if failure.kind == "status" and 400 <= status < 500 and status not in replies.PASSING_STATUS:
            self._rules[_origin(address)] = Protego.parse("")
            return
        kind = "robots" if failure.kind in ("status", "encoding", "too_large") else failure.kind
        self._rules[_origin(address)] = FetchError(kind, f"robots.txt could not be read: {failure}", passing=False)


def _origin(address: str) -> str:
    return address.removesuffix("/robots.txt")
