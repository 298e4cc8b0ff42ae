"""What a replay played, in words."""

from dataclasses import replace

from concurrency.showing import path
from concurrency.workloads.download.sites import Site

PAGE = Site("https://a.test/1", wire_bytes=58_000, bytes=206_000, latency_ms=90, rtt_ms=40, coding="gzip")


def test_a_list():
    sites = [PAGE] * 15 + [Site("http://b.test/", connect_ms=20, slots=4, requests_per_connection=1)]
    assert path.facts(sites, 50.0, {}, {}) == {
        "pages": "16 pages, 930 kB on the wire, 3.1 MB decoded",
        "link": "50 Mbit/s, shared by all connections",
        "a.test": "40 ms round trip, TLS 1.3, HTTP/1.1, works on all requests at once",
        "b.test": "20 ms round trip, no TLS, HTTP/1.1, works on 4 at once, closes a connection after 1",
        "known from": "the list of sites and download.path",
    }


def test_a_recording():
    known = {"probed": False, "hosts": {"https://a.test": {"slots": None, "in_flight": 3}}}
    check = {"one_by_one": {"real_s": 4.0, "replayed_s": 3.9}, "polite": {"real_s": 1.5, "replayed_s": 2.0}}
    found = path.facts([PAGE], None, known, check)
    assert found == {
        "pages": "1 page, 58 kB on the wire, 206 kB decoded",
        "link": "its rate is not known; replayed without a limit",
        "a.test": "40 ms round trip, TLS 1.3, HTTP/1.1, how many requests it works on at once is not known (3 were "
        "under way); no limit is played",
        "chance": "none was seen",
        "known from": "the polite download",
        "the pages' times added up, one by one": "3.9 s in the replay, really 4 s (+3 %)",
        "the pages' times added up, as they were downloaded": "2 s in the replay, really 1.5 s (-25 %)",
    }
    assert path.facts([PAGE], 20, known | {"probed": True}, {})["known from"] == (
        "the polite download and the probe after it"
    )


def test_many_hosts_are_counted():
    found = path.facts([Site(f"http://h{i}.test/") for i in range(20)], None, {}, {})
    assert found["…"] == "and 12 other hosts"


def test_what_a_probe_told():
    known = {
        "probed": True, "rate_known": True, "spread_ms": [-1.0, 1.0],
        "hosts": {"https://a.test": {"slots": 0, "in_flight": 16}},
    }  # fmt: skip
    found = path.facts([replace(PAGE, http="2")], None, known, {})
    assert found["a.test"] == "40 ms round trip, TLS 1.3, offers HTTP/2, no limit seen with 16 requests at once"
    assert found["link"] == "no limit seen; played without one"
    assert found["chance"] == "latencies and ends of bodies vary as they were seen to"
