"""What a replay played, in words: the pages, the servers, the link; where that is known from, and how true it was."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from concurrency.deciding import recording
from concurrency.workloads.download.sites import Site

NAMED = 8  # hosts, at most


def facts(
    sites: Sequence[Site], mbit_per_s: float | None, path: Mapping[str, Any], check: Mapping[str, Any]
) -> dict[str, str]:
    """By what each is about. `path` and `check` are those of a live download (path.json, check.json), else empty."""
    found = {"pages": _pages(sites), "link": _link(mbit_per_s, path)}
    servers = list({site.origin: site for site in sites}.values())
    recorded: Mapping[str, Mapping[str, Any]] = path.get("hosts", {})
    for server in servers[:NAMED]:
        found[urlsplit(server.origin).netloc] = ", ".join(_server(server, recorded.get(server.origin)))
    if len(servers) > NAMED:
        found["…"] = f"and {len(servers) - NAMED} other hosts"
    if path:
        is_drawn = path.get("spread_ms") or path.get("stalls_ms")
        found["chance"] = "latencies and ends of bodies vary as they were seen to" if is_drawn else "none was seen"
    found["known from"] = _source(path)
    for kind, share in recording.differences(check).items():
        real_s, replayed_s = check[kind]["real_s"], check[kind]["replayed_s"]
        found[f"the pages' times added up, {recording.KINDS[kind]}"] = (
            f"{replayed_s:.3g} s in the replay, really {real_s:.3g} s ({100 * share:+.0f} %)"
        )
    return found


def _pages(sites: Sequence[Site]) -> str:
    wire, size = sum(site.wire_bytes for site in sites), sum(site.size for site in sites)
    decoded = f", {amount(size)} decoded" if size != wire else ""
    return f"{len(sites)} page{'s' * (len(sites) > 1)}, {amount(wire)} on the wire{decoded}"


def amount(count: float) -> str:
    """Of bytes."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1000:.0f} kB"


def _link(mbit_per_s: float | None, path: Mapping[str, Any]) -> str:
    if mbit_per_s:
        return f"{mbit_per_s:.3g} Mbit/s, shared by all connections"
    if not path:
        return "without a limit"
    return (
        "no limit seen; played without one"
        if path.get("rate_known")
        else "its rate is not known; replayed without a limit"
    )


def _server(site: Site, recorded: Mapping[str, Any] | None) -> Iterator[str]:
    yield f"{site.rtt_s * 1000:.3g} ms round trip"
    yield "no TLS" if site.tls_version == "none" else f"TLS {site.tls_version}"
    yield "offers HTTP/2" if site.http == "2" else "HTTP/1.1"
    if site.slots:
        yield f"works on {site.slots} at once"
    elif recorded is None:
        yield "works on all requests at once"
    elif recorded.get("slots") is None:
        under_way = f"{recorded['in_flight']} were under way"
        yield f"how many requests it works on at once is not known ({under_way}); no limit is played"
    else:
        yield f"no limit seen with {recorded['in_flight']} requests at once"
    if site.requests_per_connection:
        yield f"closes a connection after {site.requests_per_connection}"


def _source(path: Mapping[str, Any]) -> str:
    if not path:
        return "the list of sites and download.path"
    return "the polite download" + (" and the probe after it" if path.get("probed") else "")
