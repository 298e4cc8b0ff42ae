"""How servers are treated: limits per host, waiting when asked to, robots.txt, names, secrets."""

import asyncio
import re
import socket
import threading
from dataclasses import replace

import pytest

from concurrency.downloader import fetch
from concurrency.downloader.page import file_name
from helpers.replies import BODY, OK, head, reply, status, to
from helpers.server import CLOSE, RESET

from .fetching import LIMITS, fetch_pages


@pytest.fixture
def hosts(places):
    """Two hosts of one server, for the loopback network has many addresses; and the server."""
    server = places.server
    ports = [server.listen(host) for host in ("127.0.0.1", "127.0.0.2")]
    return server, *(f"http://127.0.0.{i}:{port}" for i, port in enumerate(ports, 1))


def times(server, path):
    return [time for seen, time in server.times if seen.startswith(path)]


def test_in_flight_per_host_and_over_all(hosts, tmp_path):
    server, one, two = hosts
    server.play({f"/{i}": [[0.02, reply()]] for i in range(40)})
    urls = [f"{host}/{i}" for i in range(20) for host in (one, two)]
    pages = fetch_pages(urls, tmp_path, manners=fetch.Manners(5, in_flight_per_host=3))
    assert not any(page.error for page in pages)
    peaks = sorted(server.peak[host.removeprefix("http://")] for host in (one, two))
    assert peaks in ([2, 3], [3, 3])  # 5 over all: one answer may be on its way when the next request comes


def test_rate_per_host(hosts, tmp_path):
    server, one, two = hosts
    server.play({f"/{name}{i}": [OK] for name in "ab" for i in range(11)})
    urls = [f"{host}/{name}{i}" for host, name in ((one, "a"), (two, "b")) for i in range(11)]
    fetch_pages(urls, tmp_path, manners=fetch.Manners(10, 10, requests_per_second=20))
    for name in "ab":
        seen = times(server, f"/{name}")
        assert seen[-1] - seen[0] >= 10 / 20 / 2  # half, for the first one may have been slow to arrive
    assert times(server, "/b")[0] < times(server, "/a")[-1]


@pytest.mark.parametrize("line", ["429 Slow", "503 Busy"])
def test_retry_after_blocks_the_host_and_no_other(hosts, tmp_path, line):
    server, one, two = hosts
    server.play(
        {
            "/a": [status(line, "Retry-After: 2"), OK],
            **{f"/b{i}": [OK] for i in range(5)},
            **{f"/c{i}": [[0.03, reply()]] for i in range(10)},
        }
    )
    urls = [f"{one}/a", *(f"{one}/b{i}" for i in range(5)), *(f"{two}/c{i}" for i in range(10))]
    pages = fetch_pages(urls, tmp_path, replace(LIMITS, max_wait_s=5), fetch.Manners(4, in_flight_per_host=1))
    assert not any(page.error for page in pages)
    refused, again = times(server, "/a")
    assert again - refused >= 1.95
    assert all(time - refused >= 1.95 for time in times(server, "/b"))
    assert max(times(server, "/c")) - refused < 1.95


def test_who_is_overloaded_and_not_asked_again_is_left_alone_too(hosts, tmp_path):
    server, one, _ = hosts
    server.play({"/a": [status("429 Slow", "Retry-After: 1")], **{f"/b{i}": [OK] for i in range(3)}})
    urls = [f"{one}/a", *(f"{one}/b{i}" for i in range(3))]
    limits = replace(LIMITS, retry_statuses=(500,), max_wait_s=5)
    pages = fetch_pages(urls, tmp_path, limits, fetch.Manners(4, in_flight_per_host=1))
    assert [page.error for page in pages] == ["status", "", "", ""]
    [refused] = times(server, "/a")
    assert all(time - refused >= 0.95 for time in times(server, "/b"))


def test_retry_after_is_capped(hosts, tmp_path):
    server, one, _ = hosts
    server.play({"/a": [status("503 Busy", "Retry-After: 99999999999999999999"), OK]})
    [page] = fetch_pages([f"{one}/a"], tmp_path)
    assert not page.error
    refused, again = times(server, "/a")
    assert 0.25 < again - refused < 20


def test_a_host_that_stalls_holds_nobody_up(hosts, tmp_path):
    server, one, two = hosts
    others_ended = threading.Event()
    server.play({**{f"/a{i}": [[others_ended, CLOSE]] for i in range(6)}, **{f"/b{i}": [OK] for i in range(20)}})
    urls = [*(f"{one}/a{i}" for i in range(6)), *(f"{two}/b{i}" for i in range(20))]
    ended = []

    def on_page(page, _):
        ended.append(page.url)
        if len(ended) == 20:
            others_ended.set()

    limits = replace(LIMITS, retries=0, first_byte_s=60)
    fetch_pages(urls, tmp_path, limits, fetch.Manners(4, in_flight_per_host=2), on_page=on_page)
    assert all(url.startswith(two) for url in ended[:20])


ROBOTS = b"User-agent: *\nDisallow: /private\nAllow: /private/open$\nUser-agent: bad\nDisallow: /\n"
OBEY = fetch.Manners(4, 2, robots=True, user_agent=fetch.USER_AGENT.format(contact="me@example.org"))


def robots(server, host, tmp_path, *answers, pages=("/a", "/private/x", "/private/open"), limits=LIMITS):
    server.play({"/robots.txt": [*answers], **{page: [OK] for page in pages}})
    errors = {
        page.url.removeprefix(host): page.error
        for page in fetch_pages([host + page for page in pages], tmp_path, limits, OBEY)
    }
    return errors, server.hits["/robots.txt"]


def test_robots_are_asked_once_and_obeyed(hosts, tmp_path):
    server, one, _ = hosts
    errors, asked = robots(server, one, tmp_path, [reply(ROBOTS)])
    assert errors == {"/a": "", "/private/x": "robots", "/private/open": ""}
    assert asked == 1
    assert server.times[0][0] == "/robots.txt"
    assert server.hits["/private/x"] == 0
    assert all(b"User-Agent: concurrency-benchmark/1.0 (me@example.org) Python/" in head for head in server.heads)


def test_robots_that_break_off_are_asked_for_from_the_beginning(hosts, tmp_path):
    server, one, _ = hosts
    half = [reply(ROBOTS[:20], "200 OK", 'ETag: "v1"', length=len(ROBOTS)), CLOSE]
    errors, asked = robots(server, one, tmp_path, half, [reply(ROBOTS, "200 OK", 'ETag: "v1"')])
    assert errors == {"/a": "", "/private/x": "robots", "/private/open": ""}
    assert asked == 2
    assert not any(b"Range:" in head for head in server.heads)


def test_robots_that_are_a_page_as_well_are_read_whole(hosts, tmp_path):
    server, one, _ = hosts
    half = [reply(ROBOTS[:20], "200 OK", 'ETag: "v1"', length=len(ROBOTS)), CLOSE]
    server.play({"/robots.txt": [half]})
    fetch_pages([f"{one}/robots.txt"], tmp_path, replace(LIMITS, retries=0))  # which leaves a part
    server.play({"/robots.txt": [[reply(ROBOTS, "200 OK", 'ETag: "v1"')]], "/private/x": [OK]})
    pages = fetch_pages([f"{one}/robots.txt", f"{one}/private/x"], tmp_path, LIMITS, OBEY)
    assert [page.error for page in pages] == ["", "robots"]


def test_robots_are_asked_for_once_by_long_addresses_too(hosts, tmp_path):
    server, one, _ = hosts
    pages = [f"{one}/a?{'x' * 1100}{i}" for i in range(4)]
    server.play({"/robots.txt": [[0.3, reply(ROBOTS)]], "/a": [OK]})
    manners = replace(OBEY, in_flight=4, in_flight_per_host=4)
    assert {page.error for page in fetch_pages(pages, tmp_path, LIMITS, manners)} == {""}
    assert server.hits["/robots.txt"] == 1


@pytest.mark.parametrize(
    ("answers", "error", "asked"),
    [
        ([status("404 Not Found")], "", 1),
        ([status("403 Forbidden")], "", 1),
        ([status("503 Busy"), [reply(b"")]], "", 2),
        ([status("500 Oops")], "robots", 3),
        ([[RESET]], "disconnected", 3),
        ([[reply(ROBOTS + b"#" * 600_000)]], "", 1),
        ([[head(status="204 No Content")]], "", 1),
        ([[head("Content-Encoding: gzip") + b"no gzip", CLOSE]], "robots", 1),
        ([to("/moved")], "", 1),
        ([[reply(b"\xff\xfe\0 not text at all")]], "", 1),
    ],
)
def test_robots_that_cannot_be_read(hosts, tmp_path, answers, error, asked):
    server, one, _ = hosts
    errors, hits = robots(server, one, tmp_path, *answers, pages=("/a", "/b", "/c"))
    assert set(errors.values()) == {error}
    assert hits == asked
    assert (server.hits["/a"] == 0) == bool(error)


def test_crawl_delay(hosts, tmp_path):
    server, one, _ = hosts
    errors, _ = robots(server, one, tmp_path, [reply(b"User-agent: *\nCrawl-delay: 0.2")], pages=("/a", "/b", "/c"))
    assert set(errors.values()) == {""}
    seen = [time for path, time in server.times if path != "/robots.txt"]
    assert seen[-1] - seen[0] >= 0.2  # half, for the first one may have been slow to arrive


def test_no_secret_leaves_its_origin(hosts, tmp_path):
    server, one, two = hosts
    server.play(
        {"/a": [[reply(b"", "302 Found", "Set-Cookie: c=1", "Location: /b")]], "/b": [to(f"{two}/c")], "/c": [OK]}
    )
    [page] = fetch_pages([one.replace("//", "//user:secret@") + "/a"], tmp_path)
    assert not page.error
    assert ["Authorization" in head.decode() for head in server.heads] == [True, True, False]
    assert [b"\r\nCookie: c=1\r\n" in head for head in server.heads] == [False, True, False]


def test_a_server_does_not_choose_our_login(hosts, tmp_path):
    server, one, two = hosts
    server.play({"/a": [to(two.replace("//", "//user:secret@") + "/b")], "/b": [OK]})
    fetch_pages([f"{one}/a"], tmp_path)
    assert not any(b"Authorization" in head for head in server.heads)


def test_a_name_is_looked_up_once(hosts, tmp_path, monkeypatch):
    server, one, _ = hosts
    server.play({f"/{i}": [OK] for i in range(50)})
    asked = []
    look_up = asyncio.BaseEventLoop.getaddrinfo

    async def counting(self, host, *args, **kwargs):
        asked.append(host)
        return await look_up(self, host, *args, **kwargs)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", counting)
    pages = fetch_pages([one.replace("127.0.0.1", "localhost") + f"/{i}" for i in range(50)], tmp_path)
    assert not any(page.error for page in pages)
    assert asked == ["localhost"]


def test_an_unknown_name_is_looked_up_once(tmp_path, monkeypatch):
    asked = []

    async def none(self, host, *args, **kwargs):
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", none)
    pages = fetch_pages([f"http://unknown.test/{i}" for i in range(20)], tmp_path, manners=fetch.Manners(1))
    assert {(page.error, page.attempts) for page in pages} == {("dns", 0)}
    assert asked == ["unknown.test"]


AWKWARD = [
    "http://h.test/../../etc/passwd",
    "http://h.test/%2e%2e%2f%2e%2e%2fetc",
    "http://h.test/" + "a/" * 2000,
    "http://h.test/a/index.html",
    "http://h.test/b/index.html",
    "http://h.test/Page",
    "http://h.test/page",
    "http://h.test/page?q=1",
    "http://h.test/page?q=2",
    "http://h.test/page#x",
    "http://h.test/é/日本",
    "http://bücher.test/",
    "http://h.test/CON",
    "http://h.test/a%00b",
    "http://h.test/.hidden",
    "http://h.test/" + "%20" * 100,
]


def test_names_are_safe_and_differ():
    names = [file_name(url) for url in AWKWARD]
    assert len({name.lower() for name in names}) == len(AWKWARD)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}", name) for name in names)


def test_awkward_urls_come_into_their_files(hosts, tmp_path):
    server, one, _ = hosts
    server.play({})

    class Any(dict):
        def get(self, path, default=None):
            return [OK]

        def __contains__(self, path):
            return True

    server.scripts = Any()
    urls = [url.replace("http://h.test", one) for url in AWKWARD if "h.test/" in url]
    pages = fetch_pages([*urls, urls[0]], tmp_path)
    assert [page.url for page in pages] == [*urls, urls[0]]
    assert all((tmp_path / page.file).read_bytes() == BODY for page in pages)
    assert len(list((tmp_path / "pages").iterdir())) == len(urls)
