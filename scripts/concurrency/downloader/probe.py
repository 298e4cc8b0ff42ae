"""The probe: a few requests more than manners allow, for who consented to it.

What one polite download cannot tell is how many requests a server works on at once, what the link carries, and how much
the same page's time spreads. Bursts tell the first two, each over connections of its own, as strategies have them; the
same two pages one by one tell the third. All of it is recorded as the download is, bodies are thrown away, and anything
but a whole page ends it at once.
"""

import asyncio
import itertools
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from yarl import URL

from concurrency.downloader import addresses, recorded
from concurrency.downloader.client import Client
from concurrency.downloader.exchange import Request
from concurrency.downloader.failures import FetchError
from concurrency.downloader.jobs import Trip
from concurrency.downloader.limits import Limits, Manners
from concurrency.downloader.page import Page
from concurrency.downloader.part import Origin, Part
from concurrency.downloader.proxies import Proxies
from concurrency.downloader.store import STATE

MOST = 40  # requests in all
LEAST_REPEATS, MOST_REPEATS, REPEATED = 8, 20, 2  # one by one, of so many pages
SIZES = (4, 8, 16)
MOST_BYTES = 5_000_000  # a larger page is left out: this is about requests
MOST_HANDSHAKES, HANDSHAKE_S = 5, 10.0
PAUSE_S = 0.5  # so that one burst's queues are not the next one's


@dataclass(frozen=True)
class Target:
    """A page that came: its URL in the tables, and the address that it came from in the end."""

    url: str
    address: str


@dataclass(frozen=True)
class Plan:
    """Which pages to ask for: `repeats` one by one, then those of each burst at once."""

    repeats: list[Target]
    bursts: list[list[Target]]

    @property
    def requests(self) -> Counter[str]:
        """How many there are to each origin."""
        return Counter(_origin(target) for targets in (self.repeats, *self.bursts) for target in targets)


def plan(targets: Iterable[Target]) -> Plan:
    """What to ask for: the largest hosts get their bursts first, none of more pages than it has.

    Where no host has two, one burst over all of them still tells of the link.
    """
    by_origin: dict[str, list[Target]] = {}
    for target in targets:
        by_origin.setdefault(_origin(target), []).append(target)
    hosts = sorted(by_origin.values(), key=len, reverse=True)
    if not hosts:
        return Plan([], [])
    chosen = [target for pages in hosts for target in pages]
    left, bursts = MOST - LEAST_REPEATS, list[list[Target]]()
    for pages, sizes in [(pages, SIZES) for pages in hosts] if len(hosts[0]) > 1 else [(chosen, (left,))]:
        last = 1
        for size in sizes:
            if (fitting := min(size, len(pages), left)) > last:
                bursts.append(pages[:fitting])
                left, last = left - fitting, fitting
    repeats = itertools.cycle(chosen[:REPEATED])
    return Plan([*itertools.islice(repeats, min(LEAST_REPEATS + left, MOST_REPEATS))], bursts)


def run(
    folder: Path,
    urls: Collection[str],
    manners: Manners,
    limits: Limits,
    announce: Callable[[str], None],
) -> None:
    """Probe the servers of those of `urls` that `folder`, a download's, recorded as whole, unless that was done since.

    `announce` gets one line before it begins, and one if it is stopped. Raises UserError where the disk fails.
    """
    found, handshakes = _targets(folder, urls)
    wanted = plan(found)
    if not found:
        return
    hosts = [f"{count} to {origin.partition('://')[2]}" for origin, count in wanted.requests.most_common()]
    announce(
        f"probe (download.live.probe: true): {wanted.requests.total()} requests beyond what manners allow, up to "
        f"{max(map(len, wanted.bursts), default=1)} at once; the first error ends it: {', '.join(hosts)}"
        f"{f'; and {len(handshakes)} TLS handshakes' if handshakes else ''}"
    )
    with recorded.Recording(folder / STATE) as recording:
        try:
            asyncio.run(_probe(wanted, handshakes, manners, limits, recording))
        except FetchError as failure:
            announce(f"probe: stopped: {failure.kind}: {failure}")


def _targets(folder: Path, urls: Collection[str]) -> tuple[list[Target], list[str]]:
    """The pages to choose from, in the order of `urls`, and the largest hosts with TLS; none of servers that have ever
    asked for patience (429, 503), and nothing where the servers have been probed since."""
    came: dict[str, Target] = {}
    refused = set[str]()
    last_page = last_probe = ""
    for line in recorded.read(folder):
        if line["status"] in (429, 503):
            refused.add(line["origin"])
        match line:
            case {"kind": "probe", "run": run}:
                last_probe = max(last_probe, run)
            case {"kind": "page", "run": run, "status": 200, "error": "", "url": url}:
                last_page = max(last_page, run)
                came.pop(url, None)
                if line["wire_bytes"] <= MOST_BYTES and "***@" not in url:  # a login is not recorded
                    came[url] = Target(url, line["address"])
    if last_probe and last_probe >= last_page:
        return [], []
    targets = [came[url] for url in dict.fromkeys(urls) if url in came and _origin(came[url]) not in refused]
    over_tls = Counter(_origin(target) for target in targets if target.address.startswith("https:"))
    return targets, [origin for origin, _ in over_tls.most_common(MOST_HANDSHAKES)]


async def _probe(
    wanted: Plan, handshakes: Sequence[str], manners: Manners, limits: Limits, recording: recorded.Recording
) -> None:
    for origin in handshakes:
        await _offer_h2(URL(origin), manners, recording)
    async with Client(manners, limits, 1, _settled, recording) as client:
        left = len(wanted.repeats)
        for target in wanted.repeats:
            if left > 0:  # a kept connection that was closed under a request costs another one; a new one cannot
                left -= await _ask(client, target, 0, limits, alone=left == 1)
    for number, burst in enumerate(wanted.bursts, 1):
        await asyncio.sleep(PAUSE_S)
        async with Client(manners, limits, len(burst), _settled, recording) as client:
            try:
                async with asyncio.TaskGroup() as tasks:
                    for target in burst:
                        tasks.create_task(_ask(client, target, number, limits))
            except ExceptionGroup as failures:
                raise failures.exceptions[0] from None


async def _ask(client: Client, target: Target, burst: int, limits: Limits, *, alone: bool = False) -> int:
    """One request; how many were sent for it. Raises FetchError unless the whole page came."""
    page = Page(target.url)
    request = Request(
        target.address,
        page,
        _Discarded("", target.url, noted=False),
        Trip(None),
        monotonic(),
        limits.max_bytes,
        alone=alone,
        burst=burst,
    )
    if await client.get(request):
        raise FetchError("redirect", f"status {page.status}, where the page was")
    return page.attempts


async def _offer_h2(origin: URL, manners: Manners, recording: recorded.Recording) -> None:
    """Connect once and see whether the server takes HTTP/2 where it is offered; nothing is asked for."""
    if manners.use_proxies and Proxies().of(origin):
        return
    offer = ssl.create_default_context()
    offer.set_alpn_protocols(["h2", "http/1.1"])
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(origin.raw_host, origin.port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        began = monotonic()
        async with asyncio.timeout(HANDSHAKE_S):
            _, writer = await asyncio.open_connection(
                str(address[0]), origin.port, family=family, ssl=offer, server_hostname=origin.raw_host
            )
        recording.handshake(str(origin), began, writer.transport)
        writer.transport.abort()
    except (OSError, TimeoutError) as error:
        raise FetchError("connect", f"the handshake that offers HTTP/2: {error or type(error).__name__}") from error


class _Discarded(Part):
    """A body that is counted and thrown away."""

    def begin(self, origin: Origin | None, codings: list[str]) -> None:
        self.size = 0

    def add(self, data: bytes) -> bool:
        self.size += len(data)
        return False


def _settled(*_: Any) -> None:
    """Whose reply it was does not matter here."""


def _origin(target: Target) -> str:
    return addresses.origin(target.address)
