"""What is to be said of the recording that a live comparison replays: what it found, and what it could not tell."""

import math
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from concurrency.deciding import words
from concurrency.workloads.download.path.manners import Manners

TOLERATED = 0.10  # by how much the replay's time may differ from what was really measured
UNSTEADY = 0.15  # from this standard deviation of the log on, of latencies or transfers within the recording
OVER_HTTP2 = ("httpx_async", "niquests", "curl_multi")
NAMED = 3  # hosts, at most, in a sentence

KINDS = {"one_by_one": "one by one", "polite": "as they were downloaded"}


def notes(path: Mapping[str, Any], check: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each thing that a reader of the verdict must know: of the `path` (path.json), and of what the
    replay took against the truth (check.json). None where all is as it should be."""
    hosts: Mapping[str, Mapping[str, Any]] = path.get("hosts", {})
    if found := {host: facts["slots"] for host, facts in hosts.items() if facts.get("slots")}:
        yield _slots(found, len(hosts))
    if any(str(facts.get("http")) == "2" for facts in hosts.values()):
        who = "The server offers" if len(hosts) == 1 else "Servers offer"
        few = words.listed(OVER_HTTP2)
        yield f"{who} HTTP/2, which of all strategies only {few} use; others were compared over HTTP/1.1."
    if (path.get("unsteady") or 0) >= UNSTEADY:
        yield f"The path is unsteady: times varied by {100 * path['unsteady']:.0f} % within the recording."
    if redirects := path.get("redirects"):
        pages = "1 page redirects" if redirects == 1 else f"{redirects} pages redirect"
        yield f"{pages}: the replay goes straight to where that leads."
    if path and not path.get("rate_known") and path.get("mbit_per_s") is None:
        yield "The link's rate is not known, so that none was played."
    yield from _differences(check)


def _slots(found: Mapping[str, int], hosts: int) -> str:
    few, many = min(found.values()), max(found.values())
    if hosts == len(found) and few == many:
        return f"The server{' works' if hosts == 1 else 's work'} on {few} request{'s' * (few > 1)} at once."
    if len(found) > NAMED:
        return f"{len(found)} of {hosts} servers work on {few} to {many} requests at once."
    named = [f"{urlsplit(host).netloc} works on {slots}" for host, slots in found.items()]
    return f"{words.listed(named)} requests at once."


def differences(check: Mapping[str, Any]) -> dict[str, float]:
    """By how much the truth took longer (+) or less (-) than the replay, as a share of the replay's time, by kind."""
    return {kind: check[kind]["real_s"] / check[kind]["replayed_s"] - 1 for kind in KINDS if check.get(kind)}


def _differences(check: Mapping[str, Any]) -> Iterator[str]:
    off = {kind: share for kind, share in differences(check).items() if abs(math.log1p(share)) > math.log1p(TOLERATED)}
    if not off:
        return
    said = [
        f"the pages {KINDS[kind]} take {check[kind]['replayed_s']:.3g} s in the replay, and really took "
        f"{check[kind]['real_s']:.3g} s"
        for kind in off
    ]
    yield f"The replay is off by more than {100 * TOLERATED:.0f} %: {'; '.join(said)} (perhaps {_reason(off)})."


def verified(found: Mapping[str, Any]) -> str:
    """What the real sites took one by one and the recommended arm (verify.json), beside what the replay said."""
    if found["error"]:
        return f"Not verified: {found['error']}."
    took = [
        f"{arm['name']} {words.listed([f'{real_s:.3g}' for real_s in arm['real_s']])} s, "
        + ("failed in the replay" if arm["replayed_s"] is None else f"replayed {arm['replayed_s']:.3g} s")
        for arm in found["arms"]
    ]
    real, replayed = ([sum(arm["real_s"]) for arm in found["arms"]], [arm["replayed_s"] for arm in found["arms"]])
    gain = f": {words.number(real[0] / real[-1])}× as fast" if len(took) > 1 else ""
    if gain and None not in replayed:
        gain += f", replayed {words.number(replayed[0] / replayed[-1])}×"
    return f"For real: {'; '.join(took)}{gain}."


def polite(manners: Manners, least_s: float, in_flight: int, kept: int | None) -> str:
    """What `manners` leave of the answer: at best so many seconds, for which so many in flight are enough; or all of
    it, where as many are recommended as are `kept` in flight as fast."""
    few, per_s, delay_s = manners.in_flight_per_host, manners.requests_per_second, manners.longest_delay_s
    requests, delay = f"request{'s' * (per_s != 1)}", f" and a crawl-delay of {delay_s:g} s," if delay_s else ""
    said = f"With {few} in flight and {per_s:g} {requests}/s to one host, as `live` has it,{delay}"
    if kept:
        return f"{said} {kept} in flight take{'s' * (kept == 1)} no longer."
    enough = f"{in_flight} in flight {'is' if in_flight == 1 else 'are'} enough"
    return f"{said} the download takes at least {words.number(least_s)} s for these pages; {enough} for that."


def _reason(off: Mapping[str, float]) -> str:
    """The likeliest one.

    The truth was quicker: some replies came from a cache. It was slower, both ways: the server had to warm up, for the
    profile has what most requests took. It was slower only where pages overlapped, as they really did in both of the
    true times: they shared a link.
    """
    if min(off.values()) < 0:
        return "a cache answered some"
    return "the server had to warm up" if len(off) == len(KINDS) else "the pages shared a link"
