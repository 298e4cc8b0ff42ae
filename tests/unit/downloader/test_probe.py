"""The probe asks for what it may and no more, says so first, stops when it should, and is recorded."""

import ssl
from itertools import pairwise

import pytest
import trustme

from concurrency import codings
from concurrency.downloader import fetch, probe, recorded
from concurrency.downloader.probe import Target
from helpers.replies import BODY, reply, status
from helpers.server import CLOSE

LIMITS = fetch.Limits(backoff_s=0.01)
MANNERS = fetch.Manners(3, record=True)


def of(*counts):
    """Pages of hosts that have so many."""
    return [Target(f"http://{h}.test/{i}", f"http://{h}.test/{i}") for h, n in enumerate(counts) for i in range(n)]


def sizes(plan):
    return [len(burst) for burst in plan.bursts]


@pytest.mark.parametrize(
    ("counts", "bursts", "repeats"),
    [
        ((), [], 0),
        ((1,), [], 20),
        ((3,), [3], 20),
        ((4,), [4], 20),
        ((15,), [4, 8, 15], 13),
        ((30,), [4, 8, 16], 12),
        ((2, 30), [4, 8, 16, 2], 10),
        ((8, 8, 8, 8), [4, 8, 4, 8, 4, 4], 8),
        ((40, 40), [4, 8, 16, 4], 8),
        ((1,) * 20, [20], 20),
        ((1,) * 99, [32], 8),
    ],
)
def test_what_is_asked_for(counts, bursts, repeats):
    plan = probe.plan(of(*counts))
    assert (sizes(plan), len(plan.repeats)) == (bursts, repeats)
    assert plan.requests.total() == sum(bursts) + repeats <= probe.MOST
    assert len(set(plan.repeats)) <= 2
    assert all(len(set(burst)) == len(burst) for burst in plan.bursts)


@pytest.fixture
def downloaded(places, tmp_path, monkeypatch):
    """Downloads that many pages, each played by `script`; then probes as told, and yields what was announced and the
    probe's lines."""
    monkeypatch.setattr(probe, "PAUSE_S", 0.01)
    places.server.play({})
    said = []

    def download(count, script, place="plain"):
        places.server.play({f"/{i}": script for i in range(count)})
        urls = [f"{places.urls.get(place, place)}/{i}" for i in range(count)]
        pages = [*fetch.fetch_all(urls, urls, tmp_path, "live", MANNERS, LIMITS, lambda page, detail: None)]
        assert not any(page.error for page in pages)
        for seen in (places.server.hits, places.server.heads, places.server.peak):
            seen.clear()
        return urls

    def run(urls):
        probe.run(tmp_path, urls, MANNERS, LIMITS, lambda line: said.append((line, places.server.hits.total())))
        return [line for line in recorded.read(tmp_path) if line["kind"] == "probe"]

    download.run, download.said = run, said
    return download


def test_bursts_and_repeats(downloaded, places):
    urls = downloaded(20, [[0.05, reply()]])
    lines = downloaded.run(urls)
    server = places.server
    assert server.hits.total() == len(lines) == probe.MOST
    assert max(server.peak.values()) == 16
    [(said, before)] = downloaded.said
    assert before == 0
    assert "40 requests" in said
    assert f"40 to {places.urls['plain'].removeprefix('http://')}" in said
    for number, size in ((1, 4), (2, 8), (3, 16)):
        burst = [line for line in lines if line["burst"] == number]
        assert len(burst) == size
        assert all(line["is_new"] and line["connect_ms"] is not None for line in burst)
        assert max(line["sent"] for line in burst) < min(line["ended"] for line in burst)
    assert all(line["wire_bytes"] == line["arrivals"][-1][1] == len(BODY) for line in lines)
    repeats = [line for line in lines if line["burst"] == 0]
    assert len({line["url"] for line in repeats}) == 2
    assert all(first["ended"] <= then["began"] for first, then in pairwise(repeats))
    accepted = f"\r\nAccept-Encoding: {codings.ACCEPTED}\r\n".encode()
    assert all(accepted in head for head in server.heads)


def test_it_is_done_once(downloaded, monkeypatch):
    urls = downloaded(4, [[reply()]])
    lines = downloaded.run(urls)
    assert downloaded.run(urls) == lines
    assert len(downloaded.said) == 1
    monkeypatch.setattr(recorded, "RUN", "9")  # a later one
    urls = downloaded(5, [[reply()]])
    assert len(downloaded.run(urls)) > len(lines)


@pytest.mark.parametrize(
    ("script", "why"),
    [(status("429 Slow"), "429"), (status("503 Busy"), "503"), ([CLOSE], "disconnected"), (status("404 Gone"), "404")],
)
def test_any_failure_ends_it(downloaded, places, script, why):
    urls = downloaded(20, [[reply()]])
    places.server.scripts["/1"] = [script]
    lines = downloaded.run(urls)
    closed_when_kept = why == "disconnected"  # a request on a kept connection is then repeated on a new one
    assert places.server.hits == {"/0": 1, "/1": 1 + closed_when_kept}
    assert lines[-1]["error"]
    assert why in downloaded.said[-1][0]
    assert downloaded.run(urls) == lines


def test_a_failure_within_a_burst_ends_it(downloaded, places):
    urls = downloaded(20, [[reply()]])
    places.server.scripts["/3"] = [status("429 Slow")]
    for i in (0, 1, 2):
        places.server.scripts[f"/{i}"] = [[0.0, reply()] for _ in range(6)] + [[5, reply()]]
    lines = downloaded.run(urls)
    assert {line["burst"] for line in lines} == {0, 1}
    assert places.server.hits.total() <= 12 + 4


def test_a_server_that_closes_after_each_reply_is_not_asked_more(downloaded, places):
    urls = downloaded(4, [[reply(), CLOSE]])
    downloaded.run(urls)
    assert 4 < places.server.hits.total() <= probe.MOST


def test_pages_with_logins_and_failed_ones_are_left_out(downloaded, places, tmp_path):
    urls = downloaded(2, [[reply()]])
    assert downloaded.run([f"{places.urls['plain']}/other", urls[0].replace("://", "://***@")]) == []
    assert downloaded.said == []


def test_http_2_is_offered_over_tls(downloaded, places, tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    for run, (protocols, expected) in enumerate([(["h2", "http/1.1"], True), (["http/1.1"], False)]):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        context.set_alpn_protocols(protocols)
        origin = f"https://127.0.0.1:{places.server.listen(tls=context)}"
        monkeypatch.setattr(recorded, "RUN", f"~{run}")  # later than all others, as those of later runs are
        handshakes = [line for line in downloaded.run(downloaded(2, [[reply()]], origin)) if line["h2"] is not None]
        assert [line["h2"] for line in handshakes if line["origin"] == origin] == [expected]
        assert all(line["connect_ms"] > 0 and line["tls"] and line["burst"] is None for line in handshakes)
