"""What a live download records of each exchange, and that nothing but a live one records."""

import gzip
import sys

import pytest

from concurrency.downloader import fetch, recorded
from concurrency.downloader.reception import MOST_POINTS, Reception
from helpers.replies import BODY, CHUNKED, LAST, chunks, coded, head, reply, status, to
from helpers.server import CLOSE

LIMITS = fetch.Limits(backoff_s=0.01)
MANNERS = fetch.Manners(2, robots=True, record=True)
LARGE = BODY * 30
NO_ROBOTS = {"/robots.txt": [status("404 None")]}


@pytest.fixture
def record(places, tmp_path):
    """Downloads pages of a server that plays scripts; yields what was recorded by then."""

    def record(scripts, *names, place="plain", manners=MANNERS):
        places.server.play(NO_ROBOTS | scripts)
        urls = [f"{places.urls[place]}/{name}" for name in names]
        [*_] = fetch.fetch_all(urls, urls, tmp_path, "live", manners, LIMITS, lambda page, detail: None)
        return [*recorded.read(tmp_path)]

    return record


def test_a_page(record, places):
    slow = [0.05, head(f"Content-Length: {len(LARGE)}") + LARGE[:999], 0.05, LARGE[999:]]
    scripts = {"/a": [slow], "/b": [[reply()]], "/c": [[reply()]]}
    robots, *pages = record(scripts, "a", "b", "c", manners=fetch.Manners(1, robots=True, record=True))
    page = next(page for page in pages if page["url"].endswith("/a"))
    assert robots["kind"] == "robots"
    assert robots["is_new"]
    assert robots["connect_ms"] > 0
    assert robots["status"] == 404
    assert robots["error"] == "status"
    assert page["kind"] == "page"
    assert page["url"] == page["address"] == f"{places.urls['plain']}/a"
    assert page["origin"] == places.urls["plain"]
    kept = pages[0]
    assert (kept["connection"], kept["is_new"], kept["connect_ms"]) == (robots["connection"], False, None)
    assert page["began"] <= page["sent"] <= page["first"] <= page["ended"]
    assert page["first"] - page["sent"] >= 0.05
    assert page["ended"] - page["first"] >= 0.025  # half, for the first bytes may have been slow to arrive
    assert page["wire_bytes"] == page["bytes"] == page["arrivals"][-1][1] == len(LARGE)
    assert page["arrivals"][0][0] == pytest.approx((page["first"] - page["sent"]) * 1000, abs=20)
    assert page["arrivals"] == sorted(page["arrivals"])
    assert (page["status"], page["error"], page["attempt"], page["http"]) == (200, "", 1, "1.1")
    assert (page["framing"], page["coding"], page["tls"]) == ("length", "", "")


@pytest.mark.skipif(sys.platform != "linux", reason="TCP_INFO is Linux's")
def test_round_trips_of_the_kernel(record):
    assert all(0 < line["min_rtt_ms"] <= 1000 and line["rtt_ms"] > 0 for line in record({"/a": [[reply()]]}, "a"))


def test_framings_and_codings(record):
    packed = gzip.compress(BODY)
    lines = record(
        {
            "/chunked": [[CHUNKED + chunks(size=10) + LAST]],
            "/close": [[head() + BODY, CLOSE]],
            "/gzip": [coded(packed, "gzip")],
            "/closes": [[reply(BODY, "200 OK", "Connection: close"), CLOSE]],
            **{f"/{i}": [[reply()]] for i in range(5)},
        },
        *("closes", "chunked", "close", "gzip"),
        *map(str, range(5)),
    )
    found = {line["url"].rpartition("/")[2]: line for line in reversed(lines)}  # some came again, alone
    assert [found[name]["framing"] for name in ("chunked", "close", "gzip")] == ["chunked", "close", "length"]
    assert (found["chunked"]["wire_bytes"], found["chunked"]["arrivals"][-1][1]) == (len(BODY), len(BODY))
    assert (found["gzip"]["coding"], found["gzip"]["wire_bytes"], found["gzip"]["bytes"]) == ("gzip", len(packed), None)
    assert found["closes"]["closes"] is True
    assert found["chunked"]["closes"] is False
    assert (
        lines[-1]["closes"] is None
    )  # the last one for its host asks to close, and what the server would do is not known


def test_redirects_tries_and_failures(record, places):
    lines = record(
        {"/a": [to("/b")], "/b": [status("503 Busy"), [reply()]], "/gone": [status("410 Gone")]}, "a", "gone"
    )
    site = places.urls["plain"]
    hops = [(line["address"], line["status"], line["attempt"]) for line in lines if line["url"] == f"{site}/a"]
    a, b = f"{site}/a", f"{site}/b"
    assert hops == [(a, 302, 1), (b, 503, 1), (a, 302, 2), (b, 200, 2)]
    [gone] = [line for line in lines if line["url"] == f"{site}/gone"]
    assert (gone["status"], gone["error"]) == (410, "status")


def test_tls(record, places, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(places.authority))
    robots, page = record({"/a": [[reply()]]}, "a", place="tls")
    assert robots["tls"] == page["tls"] == "TLSv1.3"
    assert robots["resumed"] is False
    assert page["h2"] is None


def test_no_connection(record):
    lines = record({}, "a", place="closed", manners=fetch.Manners(1, record=True))
    assert {line["error"] for line in lines} == {"connect"}
    assert all(line["sent"] is None and line["first"] is None and line["connection"] is None for line in lines)
    assert [line["attempt"] for line in lines] == [*range(1, LIMITS.retries + 2)]


def test_kept_pages_keep_their_lines_and_cut_ones_are_passed_over(record, tmp_path):
    scripts = {"/a": [[reply()]], "/b": [[reply()]]}
    first = record(scripts, "a")
    with open(tmp_path / "state" / recorded.RECORDED, "ab") as file:
        file.write(b'{"run":"1","url')
    again = record(scripts, "a", "b")
    assert again[: len(first)] == first
    assert [line["url"].rpartition("/")[2] for line in again] == ["robots.txt", "a", "robots.txt", "b"]


def test_a_crawl_delay_is_noted_as_it_is_kept(record, places):
    asks = {"/robots.txt": [[reply(b"User-agent: *\nCrawl-delay: 0.05")]]}
    scripts = {f"/{name}": [[reply()]] for name in "ab"} | asks
    robots, delay, *pages = record(scripts, "a", "b")
    assert (robots["kind"], "crawl_delay_s" in robots, len(pages)) == ("robots", False, 2)
    assert (delay["kind"], delay["origin"], delay["crawl_delay_s"]) == ("robots", places.urls["plain"], 0.05)
    assert robots.keys() | {"crawl_delay_s"} == delay.keys()
    assert (delay["sent"], delay["first"], delay["status"]) == (None, None, None)


def test_shards_are_read_together(places, tmp_path):
    places.server.play(NO_ROBOTS | {f"/{i}": [[reply()]] for i in range(2)})
    for i in range(2):
        url = f"{places.urls['plain']}/{i}"
        [*_] = fetch.fetch_all([url], [url], tmp_path, "live", MANNERS, LIMITS, lambda page, _: None, f"{i + 1}-of-2")
    assert [line["url"][-1] for line in recorded.read(tmp_path) if line["kind"] == "page"] == ["0", "1"]


def test_only_if_wanted(record, tmp_path):
    assert record({"/a": [[reply()]]}, "a", manners=fetch.Manners(1)) == []
    assert not (tmp_path / "state" / recorded.RECORDED).exists()


def test_of_a_large_body_few_points_are_kept():
    reception = Reception(1, True)
    for _ in range(10_000):
        reception.came(100)
    body = reception.body(1_000_000)
    assert len(body) == MOST_POINTS
    assert body[-1][1] == 1_000_000
    assert body == sorted(body)
