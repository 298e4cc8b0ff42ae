"""Never another page's body: whatever comes that nobody asked for, at whatever place of a kept connection."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concurrency.downloader import fetch
from concurrency.downloader.failures import KINDS
from helpers.replies import CHUNKED, LAST, chunks, reply, status

from .fetching import fetch_pages

PAGES = 24


def body_of(path):
    return f"this is {path} ".encode() * 20


def answer(path, form="length"):
    body = body_of(path)
    return reply(body) if form == "length" else CHUNKED + chunks(body, 100) + LAST


def path_in(head):
    return head.split(b" ")[1].decode()


EXTRAS = {
    "the same again": answer,
    "the same again, in chunks": lambda path: answer(path, "chunked"),
    "a 408": lambda path: status("408 Request Timeout")[0],
    "a 404": lambda path: status("404 Not Found")[0],
    "a redirect": lambda path: reply(b"", "302 Found", "Location: /0"),
    "an informational reply": lambda path: b"HTTP/1.1 103 Early Hints\r\n\r\n",
    "half a header": lambda path: b"HTTP/1.1 200 OK\r\nContent-Le",
    "a line": lambda path: b"\r\n",
    "something": lambda path: b"x",
}
faults = st.dictionaries(
    st.integers(0, PAGES - 1),
    st.tuples(
        st.sampled_from(["before", "behind", "later"]),
        st.sampled_from(sorted(EXTRAS)),
        st.sampled_from([0.0005, 0.002, 0.01, 0.05]),
        st.booleans(),  # whether a second request for that page gets it, too
    ),
    min_size=1,
    max_size=6,
)


def scripts_of(found):
    scripts = {}
    for i in range(PAGES):
        path, form = f"/{i}", "chunked" if i % 3 == 0 else "length"
        right = answer(path, form)
        scripts[path] = [[0.001, right]]
        if i in found:
            place, what, delay, always = found[i]
            extra = EXTRAS[what](path)
            bad = {"before": [extra + right], "behind": [right + extra], "later": [right, delay, extra]}[place]
            scripts[path] = [bad] if always else [bad, [right]]
    return scripts


def wrong_ones(pages, folder):
    return [
        page.url for page in pages if not page.error and (folder / page.file).read_bytes() != body_of(path_of(page))
    ]


def path_of(page):
    return "/" + page.url.rpartition("/")[2]


def unasked(examples):
    """Decorates a test of unasked bytes at so many places."""

    def decorate(test):
        quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
        drawn = given(found=faults, in_flight=st.sampled_from([1, 3, 8]), rate=st.sampled_from([None, 100]))(test)
        return settings(max_examples=examples, suppress_health_check=quiet)(drawn)

    return decorate


def check(places, folder, found, in_flight, rate):
    server = places.server
    server.play(scripts_of(found))
    urls = [f"{places.urls['plain']}/{i}" for i in range(PAGES)]
    pages = fetch_pages(urls, folder, manners=fetch.Manners(in_flight, requests_per_second=rate))
    assert [page.url for page in pages] == urls
    assert wrong_ones(pages, folder) == []
    assert all(page.error in ("", *KINDS) and page.error != "internal" for page in pages)
    if not any(always or place == "before" for place, _, _, always in found.values()):
        assert [page.error for page in pages] == [""] * PAGES  # each was fetched again from a server that had recovered


@unasked(12)
def test_no_unasked_byte_makes_a_wrong_page(places, tmp_path_factory, found, in_flight, rate):
    check(places, tmp_path_factory.mktemp("store"), found, in_flight, rate)


@pytest.mark.heavy
@pytest.mark.timeout(900)
@unasked(300)
def test_no_unasked_byte_makes_a_wrong_page_often(places, tmp_path_factory, found, in_flight, rate):
    check(places, tmp_path_factory.mktemp("store"), found, in_flight, rate)


def test_who_was_redirected_on_one_connection_waits_for_all_of_it(places, tmp_path):
    """The page before comes a second time, where the reply to the last request is awaited for so long that all before
    it is certain."""
    server, url = places.server, places.urls["plain"]
    go = reply(b"", "302 Found", "Location: /new")
    server.play(
        {
            "/p": [[answer("/p")]],
            "/old": [[go]],
            "/between": [[answer("/between")]],  # so that the connection is not the redirect's last
            "/new": [[2.5, answer("/p"), 0.5, answer("/new")], [answer("/new")]],
        }
    )
    server.keeps_open = True
    urls = [f"{url}/{name}" for name in ("p", "old", "between")]
    pages = fetch_pages(urls, tmp_path, manners=fetch.Manners(1))
    assert [page.error for page in pages] == ["", "", ""]
    bodies = [(tmp_path / page.file).read_bytes() for page in pages]
    assert bodies == [body_of(name) for name in ("/p", "/new", "/between")]


def test_in_doubt_before_its_other_connection_is_certain(places, tmp_path):
    """The last page of all, so that nothing else has the schedule asked for what is to be done next."""
    server, url = places.server, places.urls["plain"]
    go = reply(b"", "302 Found", f"Location: http://127.0.0.1:{server.listen()}/end")
    server.play({"/start": [[go, 0.5, go], [go]], "/end": [[answer("/end")]]})
    server.keeps_open = True
    [page] = fetch_pages([f"{url}/start"], tmp_path)
    assert (page.error, page.attempts) == ("", 4)
