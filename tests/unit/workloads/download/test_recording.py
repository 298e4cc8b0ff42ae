"""What a recording of a known path is fitted as: it must take pages as long as the path itself does."""

import csv
import json
import random
import time
from dataclasses import replace
from statistics import fmean

import pytest

from concurrency.workloads.download import sites
from concurrency.workloads.download.path import simulation
from concurrency.workloads.download.path.network import NetworkPath
from concurrency.workloads.download.recording import exchanges, hosts, latencies, profile
from concurrency.workloads.download.sites import Site
from concurrency.workloads.download.workload import Download
from helpers.recordings import Recorder, rows

CHANCE = random.Random(0)
SPREAD_MS = [max(-40.0, CHANCE.gauss(0, 15)) for _ in range(200)]
SKEWED_MS = [CHANCE.expovariate(1) * 25 - 25 for _ in range(200)]
NONE = (0.0,)


def pages(rtt_ms, think_ms=60.0, least=15_000, most=90_000, tls=False, count=40, **facts):
    """So many pages, whose sizes are spread evenly on a logarithmic scale and whose think times by a fifth."""
    chance = random.Random(1)
    return [
        Site(
            f"http{'s' * tls}://host/{number}",
            wire_bytes=int(least * (most / least) ** chance.random()),
            latency_ms=rtt_ms + think_ms * chance.uniform(0.8, 1.2),
            connect_ms=rtt_ms * (1 + tls),
            rtt_ms=rtt_ms,
            **facts,
        )
        for number in range(count)
    ]


def fitted(known, mbit_per_s, seed=3, **facts):
    return profile.profile(Recorder(known, mbit_per_s, seed=seed, **facts).lines, rows(known))


def mean_s(known, mbit_per_s, in_flight, spread_ms, stalls_ms):
    network = NetworkPath(mbit_per_s, spread_ms, stalls_ms)
    rounds = 1 if not any(spread_ms) and not any(stalls_ms) else 20
    return fmean(
        simulation.seconds(network.drawn(known, f"{number}"), mbit_per_s, in_flight) for number in range(rounds)
    )


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("known", "mbit_per_s", "facts"),
    [
        pytest.param(pages(30), None, {}, id="30 ms"),
        pytest.param(pages(80), 10, {}, id="80 ms, 10 Mbit/s"),
        pytest.param(pages(40, tls=True), None, {}, id="TLS"),
        pytest.param(pages(30, 90, slots=4), None, {}, id="4 slots"),
        pytest.param(pages(5, 40, 2_000, 90_000, slots=1), 100, {}, id="5 ms, 1 slot"),
        pytest.param(pages(150, 40, 2_000, 100_000), 5, {}, id="150 ms, 5 Mbit/s"),
        pytest.param(pages(150, 40, 2_000, 1_000_000, count=30), 20, {}, id="large bodies"),
        pytest.param(pages(40, tls=True, requests_per_connection=1), 50, {}, id="closes after each reply"),
        pytest.param(pages(30, 120, slots=8), 50, {"spread_ms": SPREAD_MS}, id="8 slots, spread"),
        pytest.param(pages(20, 120, slots=12), 100, {"spread_ms": SPREAD_MS}, id="12 slots, spread"),
        pytest.param(pages(20, 120, slots=7), 20, {"spread_ms": SKEWED_MS}, id="7 slots, skewed"),
        pytest.param(pages(20, 120, slots=20), 100, {"spread_ms": SPREAD_MS}, id="20 slots, spread"),
        pytest.param(pages(30, 100, 2_000, 3_000), 5, {}, id="small bodies over a slow link"),
        pytest.param(pages(30, 100, 2_000, 3_000, slots=3), 5, {}, id="small bodies, slow link, 3 slots"),
        pytest.param(pages(30, 100, slots=2), 10, {}, id="2 slots, 10 Mbit/s"),
        pytest.param(pages(30, 100, count=15, slots=6), 30, {}, id="15 pages, 6 slots"),
    ],
)
def test_the_fit_takes_as_long_as_the_path(known, mbit_per_s, facts):
    found = fitted(known, mbit_per_s, **facts)
    spread_ms, stalls_ms = found.path["spread_ms"] or NONE, found.path["stalls_ms"] or NONE
    reach = 0.1 if facts else 0.05  # the mean of so few draws is no closer to the truth
    for in_flight in (1, 4, 15):
        true_s = mean_s(known, mbit_per_s, in_flight, facts.get("spread_ms", NONE), NONE)
        found_s = mean_s(found.sites, found.path["mbit_per_s"], in_flight, spread_ms, stalls_ms)
        assert found_s == pytest.approx(true_s, rel=reach), in_flight


@pytest.mark.parametrize("slots", [4, 0, *(pytest.param(slots, marks=pytest.mark.heavy) for slots in (1, 9, 20))])
def test_slots_are_found_as_far_as_the_bursts_go(slots):
    found = fitted(pages(30, 90, slots=slots), 50)
    [host] = found.path["hosts"].values()
    assert host["slots"] == (slots if slots < 16 else 0)
    assert {site.slots for site in found.sites} == {host["slots"]}
    assert host["in_flight"] == 16


@pytest.mark.parametrize("mbit_per_s", [12, *(pytest.param(rate, marks=pytest.mark.heavy) for rate in (5, 30, 70))])
def test_the_rate_of_the_link_is_found(mbit_per_s):
    found = fitted(pages(40), mbit_per_s, cpu_ms=0.2)
    assert found.path["mbit_per_s"] == pytest.approx(mbit_per_s, rel=0.05)


def test_without_a_limit_none_is_found():
    path = fitted(pages(20), None).path
    assert path["mbit_per_s"] is None
    assert path["rate_known"]


def test_small_bodies_that_come_alone_do_not_tell_the_rate():
    path = fitted(pages(20, 60, 1_000, 1_200), None, probe=False).path
    assert path["mbit_per_s"] is None
    assert not path["rate_known"]


def test_without_a_probe_slots_and_spread_stay_unknown():
    known = pages(30, slots=4)
    found = fitted(known, 50, probe=False, cpu_ms=0)
    [host] = found.path["hosts"].values()
    assert (host["slots"], found.path["spread_ms"], found.path["probed"]) == (None, [], False)
    assert host["in_flight"] <= 3
    assert [site.latency_ms for site in found.sites] == pytest.approx([s.latency_ms for s in known], abs=0.2)


def test_stalls_are_kept_in_their_share_and_make_a_path_unsteady():
    found = fitted(pages(30), 30, stalls_ms=[0.0] * 7 + [300.0])
    stalls = found.path["stalls_ms"]
    assert 0.03 < sum(ms > 250 for ms in stalls) / len(stalls) < 0.3
    assert found.path["unsteady"] > 0.1
    steady = fitted(pages(30), 30, cpu_ms=0.1).path
    assert steady["stalls_ms"] == []
    assert steady["unsteady"] is None


@pytest.mark.heavy
def test_the_same_recording_gives_the_same_fit():
    known = pages(30, slots=6)
    assert fitted(known, 20, spread_ms=SPREAD_MS) == fitted(known, 20, spread_ms=SPREAD_MS)


def test_resampled_recordings_hold_the_truth_and_tell_what_is_open():
    known = pages(30, 120, slots=8)
    path = fitted(known, 50, spread_ms=SPREAD_MS).path
    assert len(path["recordings"]) == profile.RECORDINGS
    assert all(len(other["latency_ms"]) == len(known) for other in path["recordings"])
    by_page = [fmean(page) for page in zip(*(other["latency_ms"] for other in path["recordings"]), strict=True)]
    assert fmean(by_page) == pytest.approx(fmean(site.latency_ms for site in known), rel=0.05)
    assert len({tuple(other["latency_ms"]) for other in path["recordings"]}) == profile.RECORDINGS


@pytest.mark.heavy
def test_hundred_pages_are_fitted_at_once():
    lines = Recorder(pages(30, 90, count=100, slots=6), 30, spread_ms=SPREAD_MS).lines
    began = time.process_time()
    profile.profile(lines, rows(pages(30, count=100)))
    assert time.process_time() - began < 20  # 1 s where this was written


# Of each property by itself.


def line(**facts):
    return {
        "run": "1", "url": "http://host/", "origin": "http://host", "kind": "page", "burst": None, "began": 0.0,
        "sent": 0.03, "first": 0.1, "ended": 0.1, "connection": 1, "is_new": True, "connect_ms": 30.0, "tls": "",
        "resumed": False, "http": "1.1", "h2": None, "status": 200, "error": "", "wire_bytes": 1000, "bytes": 1000,
        "framing": "length", "coding": "", "closes": False, "attempt": 1, "rtt_ms": None, "min_rtt_ms": None,
        "arrivals": [],
    } | facts  # fmt: skip


def host(*lines):
    [found] = hosts.known(lines).values()
    return found


def test_connecting_takes_the_median_of_all_connections_that_of_robots_too():
    robots = line(kind="robots", connect_ms=50.0)
    reused = line(is_new=False, connect_ms=None)
    assert host(robots, line(connection=2), reused, line(connection=3, connect_ms=40.0)).connect_ms == 40


def test_the_round_trip_is_the_kernels_least_else_that_of_connecting():
    assert host(line(min_rtt_ms=28.0), line(connection=2, min_rtt_ms=28.4)).rtt_ms == 28
    assert host(line(tls="TLSv1.3", connect_ms=62.0)).rtt_ms == 31
    scattered = [line(connection=n, connect_ms=ms, min_rtt_ms=ms) for n, ms in enumerate((20.0, 31.0, 45.0))]
    assert host(*scattered).rtt_ms == 31


def test_connections_made_in_a_burst_do_not_count_as_jitter():
    burst = [line(connection=n, burst=1, connect_ms=30.0 + n, min_rtt_ms=30.0 + n) for n in range(2, 10)]
    assert host(line(min_rtt_ms=30.0), *burst).rtt_ms == 30


def test_a_connection_that_waited_for_bodies_tells_no_round_trip():
    body = line(url="http://other/", origin="http://other", first=1.0, ended=1.1, wire_bytes=90_000)
    late = line(connection=3, sent=1.05, connect_ms=45.0, first=1.2, ended=1.3, min_rtt_ms=42.0)
    found = hosts.known([line(connection=2, min_rtt_ms=30.0), late, body])["http://host"]
    assert found.rtt_ms == 30
    assert not found.jitters


@pytest.mark.parametrize(
    ("closes", "found"),
    [
        ([[False] * 5], 0),
        ([[True]] * 4, 1),
        ([[False, False, True]] * 3 + [[False]], 3),
        ([[False, True], [False, False, True]], 0),
        ([[None, None]], 0),
    ],
)
def test_how_often_connections_are_used_is_what_was_seen(closes, found):
    lines = [line(connection=n, closes=one) for n, own in enumerate(closes) for one in own]
    assert host(*lines).requests_per_connection == found


def test_a_server_that_takes_http2_is_played_as_one():
    assert host(line(), line(kind="probe", h2=True, sent=None, first=None)).http == "2"


def test_the_crawl_delay_is_that_of_the_robots_txt_that_was_read_last():
    assert host(line(), line(kind="robots")).crawl_delay_s == 0
    asked = [line(run=run, kind="robots", sent=None, crawl_delay_s=delay) for run, delay in (("2", 1.5), ("1", 9.0))]
    assert host(line(), *asked).crawl_delay_s == 1.5
    assert host(*asked, line(run="3", kind="robots")).crawl_delay_s == 0


def estimated(**seen):
    return latencies.estimated(seen, dict.fromkeys(seen, "host"))


def test_pages_that_differ_by_chance_alone_become_alike():
    chance = random.Random(2)
    seen = {f"{i}": [100 + chance.gauss(0, 10) for _ in range(6 if i < 4 else 1)] for i in range(40)}
    found = estimated(**seen)
    differed = fmean(abs(fmean(own) - 100) for own in seen.values())
    assert fmean(abs(ms - 100) for ms in found.typical_ms.values()) < 0.75 * differed
    assert 6 < (sum(ms * ms for ms in found.spread_ms) / len(found.spread_ms)) ** 0.5 < 14


def test_pages_of_truly_different_think_times_keep_them():
    chance = random.Random(2)
    true = {f"{i}": 50.0 + 10 * i for i in range(40)}
    seen = {page: [ms + chance.gauss(0, 5) for _ in range(6 if ms < 90 else 1)] for page, ms in true.items()}
    found = estimated(**seen)
    assert all(abs(found.typical_ms[page] - ms) < 20 for page, ms in true.items())
    assert fmean(found.typical_ms.values()) == pytest.approx(fmean(true.values()), rel=0.02)


def test_a_slow_outlier_is_chance_not_the_page():
    seen = {f"{i}": [100.0 + i % 3, 101.0] for i in range(10)} | {"slow": [100.0, 900.0]}
    found = estimated(**seen)
    assert found.typical_ms["slow"] < 110
    assert max(found.spread_ms) > 700
    in_all = sum(map(sum, seen.values())) / sum(map(len, seen.values()))
    assert fmean(found.typical_ms.values()) + fmean(found.spread_ms) == pytest.approx(in_all, rel=0.05)


def test_a_body_faster_than_can_be_began_before_it_was_seen():
    known = pages(40, 60, 60_000, 60_000, tls=True)
    lines = Recorder(known, None, cpu_ms=0.1).lines
    for one in lines:  # as over TLS, when the first record takes two windows
        if one["ended"] - one["first"] > 0.039:
            one["first"] = min(one["first"] + 0.04, one["ended"])
    found = profile.profile(lines, rows(known))
    for in_flight in (1, 15):
        found_s = mean_s(found.sites, found.path["mbit_per_s"], in_flight, found.path["spread_ms"] or NONE, NONE)
        assert found_s == pytest.approx(simulation.seconds(known, None, in_flight), rel=0.05)


@pytest.mark.heavy
def test_over_tls_a_record_is_seen_at_once():
    known = pages(80, 50, 30_000, 90_000, tls=True)
    lines = Recorder(known, 10, cpu_ms=0.1).lines
    for one in lines:
        one["arrivals"] = [at for at in one["arrivals"] if at[1] >= 16_211]
        one["first"] = one["sent"] + one["arrivals"][0][0] / 1000
    found = profile.profile(lines, rows(known))
    assert found.path["mbit_per_s"] == pytest.approx(10, rel=0.03)
    off_ms = [abs(site.latency_ms - true.latency_ms) for site, true in zip(found.sites, known, strict=True)]
    assert sum(ms > 3 for ms in off_ms) <= 4  # those in whose window it was not sure to fit


def test_round_trips_that_scatter_are_jitter():
    scattered = [line(connection=n, connect_ms=ms, min_rtt_ms=ms) for n, ms in enumerate((20.0, 31.0, 45.0))]
    assert host(*scattered).jitters
    assert not host(line(min_rtt_ms=28.0), line(connection=2, min_rtt_ms=28.4)).jitters


def test_failed_tries_and_second_ones_are_not_the_page():
    lines = [
        line(status=429, first=5.0, ended=5.0),
        line(sent=10.0, first=13.0, ended=13.0, attempt=2),
        line(sent=20.0, first=20.1, ended=20.1),
        line(sent=30.0, first=30.5, ended=31.0, error="truncated"),
    ]
    recorded = exchanges.answered(map(exchanges.condensed, lines))
    assert [x.is_whole for x in recorded] == [False, True, True, False]
    found = profile.profile(lines, [row_of("http://host/")])
    assert found.sites[0].latency_ms == pytest.approx(100, abs=0.1)


def test_a_page_that_was_not_recorded_is_as_its_row_has_it():
    found = profile.profile([line()], [row_of("http://host/"), row_of("http://host/kept")])
    assert found.sites[1].coding == "gzip"  # 1000 bytes were sent, and are 3000
    assert (found.sites[1].wire_bytes, found.sites[1].latency_ms) == (1000, 77)


def test_what_is_a_hosts_is_that_of_its_pages_without_a_recording_too(tmp_path):
    lines = [
        line(url="http://host/", closes=True),
        line(kind="probe", h2=True, sent=None, first=None, closes=None),
        line(url="http://host/moved", origin="http://other", connection=2, sent=1.0, first=1.1, ended=1.1),
    ]
    pages = [row_of(f"http://host/{page}") for page in ("kept", "moved", "")]
    found = profile.profile(lines, pages)
    profile.write(found, tmp_path / "profile.csv", tmp_path / "path.json")
    read = sites.read(tmp_path / "profile.csv")  # which refuses rows of a host that do not agree
    assert {(site.http, site.requests_per_connection) for site in read} == {("2", 1)}
    assert list(found.path["hosts"]) == ["http://host"]


def test_a_page_that_redirects_is_known_by_where_it_was_asked_for():
    lines = [
        line(url="http://a.test/", origin="http://a.test", status=301, wire_bytes=0),
        line(
            url="http://a.test/", origin="https://b.test", connection=2, sent=1.0, first=1.1, ended=1.1, tls="TLSv1.3"
        ),
        line(url="http://gone.test/", origin="http://gone.test", connection=3, sent=2.0, first=2.1, ended=2.1),
    ]
    found = profile.profile(lines, [row_of("http://a.test/")])
    assert found.path["redirects"] == 1
    assert list(found.path["hosts"]) == [found.sites[0].origin] == ["http://a.test"]
    assert found.sites[0].tls == "1.3"
    assert all(list(other["rtt_ms"]) == ["http://a.test"] for other in found.path["recordings"])


@pytest.mark.parametrize(
    ("pages_of", "in_flight", "known"),
    [
        ({"a": 1, "b": 1}, {"a": 1, "b": 1}, None),  # all of it was seen
        ({"a": 40, "b": 50}, {"a": 16, "b": 3}, 3),
        ({"a": 3, "b": 3}, {"a": 3, "b": 2}, 2),
        ({"a": 5}, {}, 1),
    ],
)
def test_up_to_how_many_in_flight_is_known(tmp_path, pages_of, in_flight, known):
    urls = [f"http://{host}/{number}" for host, count in pages_of.items() for number in range(count)]
    path = {
        "mbit_per_s": None, "spread_ms": [], "stalls_ms": [], "recordings": [],
        "hosts": {f"http://{host}": {"in_flight": count} for host, count in in_flight.items()},
    }  # fmt: skip
    (tmp_path / "path.json").write_text(json.dumps(path))
    assert Download(urls, path=tmp_path / "path.json").known_workers == known


def row_of(url):
    return {"url": url, "wire_bytes": "1000", "bytes": "3000", "content_length": "", "latency_ms": "77", "error": ""}


def test_the_files_are_a_site_list_and_a_path_to_be_read(tmp_path):
    lines = [line(coding="br", framing="close", tls="TLSv1.2", min_rtt_ms=10.0)]
    found = profile.profile(lines, [row_of("http://host/"), row_of("http://other/")])
    profile.write(found, tmp_path / "profile.csv", tmp_path / "path.json")
    page, other = sites.read(tmp_path / "profile.csv")
    assert (page.coding, page.framing, page.tls, page.wire_bytes, page.size) == ("gzip", "length", "1.2", 1000, 3000)
    assert (page.rtt_ms, page.latency_ms, page.slots) == (10, 70, 0)
    assert other.latency_ms == 77  # never recorded: as its row has it
    path = NetworkPath.read(tmp_path / "path.json")
    assert (path.mbit_per_s, path.in_flight, len(path.recordings)) == (None, {"http://host": 1}, profile.RECORDINGS)
    with open(tmp_path / "profile.csv", encoding="utf-8", newline="") as file:
        [first, _] = csv.DictReader(file)
    assert (first["think_ms"], first["in_flight"]) == ("60.0", "1")


def test_of_a_list_all_is_known_and_no_login_shown(tmp_path):
    given = [Site("http://me:secret@host/", slots=3), Site("http://host/b", slots=3)]
    profile.write(profile.of_list(given, 50.0), tmp_path / "profile.csv", tmp_path / "path.json")
    written = sites.read(tmp_path / "profile.csv")
    assert "secret" not in (tmp_path / "profile.csv").read_text()
    assert [replace(site, url="") for site in written] == [replace(site, url="") for site in given]
    assert NetworkPath.read(tmp_path / "path.json").mbit_per_s == 50
