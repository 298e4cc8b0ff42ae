"""The replay server: `python -m concurrency.workloads.download.replay.server`, started by `replay`.

It reads one JSON line from standard input (the sites, the link, the seed, where to take notes), answers with one that
has the local URL of each site and the authority behind its certificates, serves on 127.0.0.1, and ends when standard
input does.

It is what every download is measured with, so it must cost next to nothing beside the time that it plays: it speaks no
more of HTTP than a client needs that gets whole pages.
"""

import asyncio
import json
import select
import selectors
import signal
import sys
from collections import Counter, defaultdict
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from concurrency.workloads.download.replay.connection import Connection
from concurrency.workloads.download.replay.world import World
from concurrency.workloads.download.sites import Site

if TYPE_CHECKING:
    from concurrency.workloads.download.replay.tls import Authority

MAX_PORTS = 250
HAS_HTTP2 = find_spec("h2") is not None


class PunctualSelector(selectors.DefaultSelector):
    """epoll counts in whole milliseconds, rounded up; select(2) on it in microseconds."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout and timeout > 0:
            select.select([self.fileno()], [], [], timeout)
            timeout = 0
        return super().select(timeout)


async def _serve() -> None:
    order = json.loads(sys.stdin.readline())
    asked = [Site(**site) for site in order["sites"]]
    sites = list(dict.fromkeys(asked))
    world = World(sites, order["seed"], order["mbit_per_s"], order["trace"])
    authority = _authority(sites)
    world.bodies.prepare(sites)
    ports = await _listen(world, authority)
    schemes = {site: "http" if site.tls_version == "none" else "https" for site in sites}
    local = {site: f"{schemes[site]}://127.0.0.1:{ports[_kind(site), site.origin]}/{i}" for i, site in enumerate(sites)}
    answer = {"urls": [local[site] for site in asked], "authority": authority and authority.pem}
    print(json.dumps(answer), flush=True)
    await asyncio.get_running_loop().run_in_executor(
        None, sys.stdin.read
    )  # returns when the job has closed it, or died
    world.note_rest()


def _kind(site: Site) -> tuple[str, str]:
    """What is the same for all connections to a port: TLS, and the HTTP that is offered with it."""
    return site.tls_version, site.http if HAS_HTTP2 else "1.1"


def _authority(sites: list[Site]) -> "Authority | None":
    """One for the certificates, where there are to be any."""
    if all(site.tls_version == "none" for site in sites):
        return None
    from concurrency.workloads.download.replay.tls import Authority  # noqa: PLC0415  (takes long to import)

    return Authority()


async def _listen(world: World, authority: "Authority | None") -> dict[tuple[tuple[str, str], str], int]:
    """The ports of all hosts, by kind and origin: one each, but for those beyond the first 250 of a kind."""
    loop = asyncio.get_running_loop()
    ports: dict[tuple[tuple[str, str], str], int] = {}
    of_kind: dict[tuple[str, str], list[int]] = defaultdict(list)
    hosts: Counter[tuple[str, str]] = Counter()
    for site in world.sites:
        kind = tls, http = _kind(site)
        if (kind, site.origin) in ports:
            continue
        if hosts[kind] < MAX_PORTS:
            context = None if authority is None or tls == "none" else authority.context(tls, http == "2")
            new = partial(Connection, world, site, context)
            listening = await loop.create_server(new, "127.0.0.1", 0, backlog=4096)
            of_kind[kind].append(listening.sockets[0].getsockname()[1])
        ports[kind, site.origin] = of_kind[kind][hosts[kind] % MAX_PORTS]
        hosts[kind] += 1
    return ports


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the job's to handle; its end is ours
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(PunctualSelector())) as runner:
        runner.run(_serve())
