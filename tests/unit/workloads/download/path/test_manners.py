"""What manners cost: limits that hold, times that the downloader takes, and how few in flight are enough for them."""

import time
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from concurrency.downloader import fetch
from concurrency.workloads.download import replay
from concurrency.workloads.download.path import manners, simulation
from concurrency.workloads.download.path.manners import Manners
from concurrency.workloads.download.sites import Site

SLACK_S = 1e-6


def pages(count, host="a.test", **known):
    return [
        Site(f"http://{host}/{i}", **{"latency_ms": 200.0, "rtt_ms": 20.0, "wire_bytes": 1000} | known)
        for i in range(count)
    ]


@settings(max_examples=100, deadline=None)
@given(
    some.lists(
        some.builds(
            Site,
            url=some.builds("http://{}:{}/{}".format, some.sampled_from("abc"), some.just(80), some.integers(0, 99)),
            wire_bytes=some.integers(0, 100_000),
            latency_ms=some.floats(1, 300),
            rtt_ms=some.floats(0, 100),
        ),
        min_size=1,
        max_size=30,
        unique_by=lambda site: site.url,
    ),
    some.sampled_from([None, 5, 100]),
    some.integers(1, 12),
    some.builds(
        Manners,
        some.sampled_from([1, 3, float("inf")]),
        some.sampled_from([2, 30, float("inf")]),
        some.sampled_from([{}, {"a": 0.7}]),
    ),
)
def test_every_page_comes_once_within_all_limits(sites, mbit_per_s, in_flight, kept):
    visits = manners.in_turn(sites, mbit_per_s, in_flight, kept)
    assert len(visits) == len(sites)
    assert all(at_once(visits, visit.began) <= in_flight for visit in visits)
    assert max(visit.ended for visit in visits) >= simulation.least_s(sites, mbit_per_s, in_flight) - SLACK_S
    for host, own in of_hosts(sites, mbit_per_s, in_flight, kept).items():
        assert all(at_once(own, visit.began) <= kept.in_flight_per_host for visit in own)
        apart_s = max(1 / kept.requests_per_second, kept.crawl_delays_s.get(host, 0.0))
        assert all(later.began - visit.began >= apart_s - SLACK_S for visit, later in pairwise(own))


def at_once(visits, when):
    return sum(visit.began <= when < visit.ended for visit in visits)


def of_hosts(sites, mbit_per_s, in_flight, kept):
    """The visits by host; which page a visit was to, the client that made it is asked."""
    found, client = defaultdict(list), manners.Client

    class Noting(client):
        def get(self, when, site, *then):
            found[site.hostname].append(visit := super().get(when, site, *then))
            return visit

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(manners, "Client", Noting)
        manners.in_turn(sites, mbit_per_s, in_flight, kept)
    return found


@pytest.mark.parametrize("in_flight", [1, 4, 30])
def test_without_limits_a_host_s_pages_come_as_they_do_without_manners(in_flight):
    sites = [replace(site, latency_ms=10.0 * (i % 7 + 3)) for i, site in enumerate(pages(30, wire_bytes=40_000))]
    assert manners.in_turn(sites, 20, in_flight, Manners()) == simulation.in_turn(sites, 20, in_flight)


@pytest.mark.parametrize(
    ("sites", "kept", "least_s", "in_flight"),
    [
        (pages(13), Manners(3), 0.020 + 5 * 0.200, 3),  # five in turn
        (pages(13), Manners(3, 5), 12 / 5 + 0.200, 1),  # one at a time takes no longer, but for setting up
        (pages(13, latency_ms=500), Manners(3, 5), 12 / 5 + 0.500, 3),  # a new one each 0.2 s: up to 2.5 of them
        (pages(13, latency_ms=500), Manners(3, 5, {"a.test": 0.4}), 12 * 0.4 + 0.5, 2),
        (pages(13, latency_ms=500), Manners(3, 5, {"b.test": 9.0}), 12 / 5 + 0.500, 3),
        (pages(6) + pages(6, "b.test"), Manners(3), 0.020 + 2 * 0.200, 6),
        (pages(6) + pages(6), Manners(3), 0.020 + 2 * 0.200, 3),  # the downloader fetches no page twice
        (pages(1), Manners(3, 5), 0.220, 1),
    ],
)
def test_how_few_in_flight_are_enough_for_the_least_time(sites, kept, least_s, in_flight):
    found = manners.least(sites, None, kept, 0.05)
    assert found[0] == pytest.approx(least_s, abs=0.021)  # a connection that is set up meanwhile, or not
    assert found[1] == in_flight


def test_what_is_worthwhile_decides_how_few_are_enough():
    sites = pages(30)
    enough = [manners.least(sites, None, Manners(), worthwhile)[1] for worthwhile in (0.0, 0.05, 1.0, 100.0)]
    assert enough == [30, 30, 15, 1]


def test_manners_cost_nothing_where_they_allow_as_much():
    sites = pages(6) + pages(6, "b.test")
    assert manners.is_free(sites, None, 6, Manners(3), 0.05)
    assert not manners.is_free(sites, None, 12, Manners(3), 0.05)
    assert manners.is_free(sites, None, 1, Manners(1, 5), 0.05)
    assert not manners.is_free(sites, None, 4, Manners(3, 5), 0.05)


def test_manners_of_live_sites():
    hosts = {
        "http://a.test": {"crawl_delay_s": 0.1},
        "https://a.test": {"crawl_delay_s": 2.0},
        "http://a.test:81": {"crawl_delay_s": 0.0},
        "http://b.test": {},  # recorded before it was noted
    }
    given = {"in_flight_per_host": 3, "requests_per_second": 5, "robots": True}
    kept = Manners.live(given, hosts)
    assert kept == Manners(3, 5, {"a.test": 2.0, "b.test": 0.0})
    assert kept.longest_delay_s == 2.0
    assert Manners(3, 5, {"a.test": 0.1}).longest_delay_s == 0  # less than what requests are apart anyway
    assert Manners.live(given | {"robots": False}, hosts) == Manners(3, 5)


@pytest.mark.parametrize(
    ("per_host", "per_second", "in_flight"), [(3, 5, 15), (2, 50, 15), (3, 50, 2)], ids=["rate", "per host", "in all"]
)
def test_the_downloader_takes_as_long_and_no_less(tmp_path, per_host, per_second, in_flight):
    """Pages that wait, so that the machine's speed hardly counts; as a busy one only adds, the best of some does."""
    sites = pages(7, latency_ms=400) + pages(4, "b.test", latency_ms=400)
    least_s = manners.seconds(sites, None, in_flight, Manners(per_host, per_second))
    took = []
    while len(took) < 3 and not (took and took[-1] < 1.25 * least_s):
        took.append(downloaded_s(sites, tmp_path / f"{len(took)}", fetch.Manners(in_flight, per_host, per_second)))
        assert took[-1] > least_s - 0.005  # by which timers may be early
    assert took[-1] < 1.25 * least_s


def downloaded_s(sites, folder, kept):
    """What the downloader takes for them; hosts in b.test are asked for by the replay's name, others by its address."""
    with replay.serve(sites, 1) as urls:
        local = [
            url.replace("127.0.0.1", "localhost") if site.hostname == "b.test" else url
            for url, site in zip(urls, sites, strict=True)
        ]
        names, ends, began = [site.url for site in sites], [], time.monotonic()
        found = fetch.fetch_all(
            names, local, folder, "test", kept, fetch.Limits(), lambda *_: ends.append(time.monotonic())
        )
        assert not any(page.error for page in found)
    return max(ends) - began
