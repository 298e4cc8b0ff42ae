"""The recorded download, against a replay: what its pages took, one by one and as they were asked for."""

import asyncio

import pytest

from concurrency.workloads.download import light_pass, replay
from concurrency.workloads.download.path import simulation
from concurrency.workloads.download.sites import Site

SITES = [Site(f"http://a.test/{i}", latency_ms=100, connect_ms=30, rtt_ms=30) for i in range(6)]
OFFSETS = [0.2 * i for i in range(6)]


def line(url, sent, ended, **more):
    return {
        "run": "1", "url": url, "kind": "page", "sent": sent, "ended": ended, "status": 200, "error": "",
        "connection": 1, "connect_ms": None,
    } | more  # fmt: skip


def recorded(offsets, start=1000.0, mbit=None, sites=SITES):
    """The lines of a download of `sites` that went as the model says."""
    visits = simulation.at_times(sites, mbit, offsets)
    connections = 0
    for site, visit in zip(sites, visits, strict=True):
        connections += visit.is_new
        set_up = site.set_up_s if visit.is_new else 0
        yield line(
            site.url, start + visit.began + set_up, start + visit.ended, connection=connections,
            connect_ms=1000 * set_up if visit.is_new else None,
        )  # fmt: skip


@pytest.mark.parametrize("mbit", [None, 5])
@pytest.mark.parametrize("offsets", [OFFSETS, [0.0] * 6])
def test_a_download_that_goes_as_the_model_says_takes_one_by_one_what_the_model_says(offsets, mbit):
    real = light_pass.of(recorded(offsets, mbit=mbit), SITES)
    assert real.one_by_one_s(SITES, mbit) == pytest.approx(simulation.seconds(SITES, mbit, 1), rel=0.02)


def test_the_times_of_the_pages_and_of_their_connections():
    lines = [
        line("http://a.test/robots.txt", 10.0, 10.1, kind="robots", connect_ms=40.0),
        line(SITES[1].url, 10.5, 10.7),
        line(SITES[0].url, 10.2, 10.3, status=503),
        line(SITES[0].url, 10.9, 11.2, connection=2, connect_ms=50.0),
        line(SITES[2].url, None, 11.2),
        line(SITES[3].url, 11.0, 11.1, error="timeout", connection=3, connect_ms=60.0),
        line(SITES[4].url, 11.0, 11.1, kind="probe", connection=4, connect_ms=60.0),
        line("http://elsewhere.test/", 11.0, 11.1, connection=5, connect_ms=60.0),
    ]
    real = light_pass.of(lines, SITES)
    assert real.places == [1, 0]
    assert real.offsets_s == pytest.approx([0.0, 0.35])
    assert real.polite_s == pytest.approx(0.2 + 0.3 + 0.04 + 0.05)


def test_long_pauses_are_cut_short():
    lines = [line(SITES[i].url, *times) for i, times in enumerate([(0, 10), (9, 9.5), (20, 20.1), (21, 21.1)])]
    assert light_pass.of(lines, SITES).offsets_s == [0, 9, 13, 14]


def test_runs_are_not_put_together():
    lines = [line(SITES[0].url, 5.0, 5.1, run="0"), *recorded(OFFSETS)]
    assert light_pass.of(lines, SITES).places == [0, 1, 2, 3, 4, 5]
    assert light_pass.of([], SITES) is None


def test_pages_are_asked_for_at_their_times():
    sites = [Site(f"http://a.test/{i}", latency_ms=100, connect_ms=0) for i in range(4)]
    with replay.serve(sites, 1) as urls:
        took_s = asyncio.run(light_pass.fetch_at(urls, [0.0, 0.02, 0.04, 0.3]))
    assert took_s >= 0.4
