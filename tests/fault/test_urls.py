"""What a server is asked for is the URL as it was given: from the list, from a redirect, for robots.txt."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concurrency.downloader import addresses, fetch, replies
from concurrency.downloader.failures import KINDS, FetchError
from helpers.replies import OK, reply, to

from .fetching import fetch_pages

UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
LEGAL = UNRESERVED + b"!$&'()*+,;=:@/?"  # RFC 3986: in a path or a query; the ? ends the path


def escaped(byte):
    return bytes([byte]).decode() if byte in LEGAL else f"%{byte:02X}"


class Anything(dict):
    """A page at every path."""

    def get(self, path, default=None):
        return [OK]

    def __contains__(self, path):
        return True


@pytest.fixture
def site(places):
    places.server.play({})
    places.server.scripts = Anything()
    return places.server, places.urls["plain"]


def asked(server):
    return [head.split(b" ")[1].decode() for head in server.heads]


GIVEN = [
    "/f?type=application%2Fgzip",
    "/%27%28%29%2A%21%3A%7E%3D%40?%27%28%29%2A%21%3A%7E%3D%40%2f",
    "/hello?",
    "/a/../b/./c//d/",
    "/?a=b&a=b&c=+d%20e;f",
    "/x?next=http://other.test/?y=z",
    "/%zz".replace("%zz", "%7a%7A"),
]


def test_urls_are_asked_for_as_given(site, tmp_path):
    server, url = site
    pages = fetch_pages([url + path for path in GIVEN], tmp_path, manners=fetch.Manners(1))
    assert not any(page.error for page in pages)
    assert asked(server) == GIVEN


def test_text_is_escaped_byte_by_byte(site, tmp_path):
    server, url = site
    text = "".join(map(chr, range(33, 127))).replace("#", "").replace("?", "").replace("%", "") + "é日%2x%"
    pages = fetch_pages(
        [f"{url}/{text}?{text}#{text}", f"{url}#part", f"{url}?query"], tmp_path, manners=fetch.Manners(1)
    )
    assert not any(page.error for page in pages)
    wanted = "".join(map(escaped, text.encode())).replace("%252x", "%252x")
    assert asked(server) == [f"/{wanted}?{wanted}", "/", "/?query"]


@pytest.mark.parametrize("part", ["path", "query"])
def test_every_byte_of_a_location(places, tmp_path, part):
    """Each in a redirect of its own; those that a header cannot hold are refused, and end nothing."""
    server, url = places.server, places.urls["plain"]
    mark = b"" if part == "path" else b"?"
    bodies = {byte: mark + b"a" + bytes([byte]) + b"b" for byte in range(256) if byte not in (10, 13)}
    scripts = Anything(
        {
            f"/{byte}": [[b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /to%b\r\n\r\n" % body]]
            for byte, body in bodies.items()
        }
    )
    scripts.get = lambda path, default=None: dict.get(scripts, path, [OK])
    server.play({})
    server.scripts = scripts
    pages = dict(zip(bodies, fetch_pages([f"{url}/{byte}" for byte in bodies], tmp_path), strict=True))
    seen = set(asked(server))
    for byte, page in pages.items():
        if byte == 0:
            assert page.error == "protocol"
            continue
        assert page.error == "", (byte, page)
        wanted = f"/to{mark.decode()}a{escaped(byte)}b"
        assert (wanted.partition("#")[0] if byte != ord("#") else f"/to{mark.decode()}a") in seen, (byte, wanted)


LEADS = {
    b"http://b.test": "http://b.test/",
    b"//b.test?x": "http://b.test/?x",
    b"c": "http://u:p@a.test/x/c",
    b"./c/": "http://u:p@a.test/x/c/",
    b"../c": "http://u:p@a.test/c",
    b"../../../c": "http://u:p@a.test/c",
    b"/c/./d/../e/..": "http://u:p@a.test/c/",
    b"/c//d": "http://u:p@a.test/c//d",
    b"?": "http://u:p@a.test/x/y?",
    b"?z": "http://u:p@a.test/x/y?z",
    b"#z": "http://u:p@a.test/x/y?q",
    b"http://a.test:80/c/../d": "http://u:p@a.test/c/../d",
    b"http://other:login@a.test/": "http://u:p@a.test/",
    b"http://other:login@b.test/": "http://b.test/",
    b"http://a.test:81/": "http://a.test:81/",
}


@pytest.mark.parametrize("location", LEADS)
def test_where_a_redirect_leads(location):
    """RFC 3986, section 5.4; and whose login goes along."""
    here = "http://u:p@a.test/x/y?q"
    assert addresses.redirected(here, 302, {location}, allow_downgrade=False) == LEADS[location]


texts = st.text() | st.builds("{}://{}{}".format, st.sampled_from(["http", "https", "ftp", ""]), st.text(), st.text())


@settings(max_examples=600)
@given(url=texts | st.binary() | texts.map(lambda text: text.encode("utf-16-le")))
def test_whatever_is_given_is_an_address_or_refused(url):
    try:
        address = addresses.requestable(url)
    except FetchError as failure:
        assert failure.kind == "url"
        assert addresses.hostname(url) == ""
        return
    assert address.isascii()
    assert not re.search(r"[\s#\x00-\x20\x7f]", address)
    assert addresses.requestable(address) == address
    assert str(addresses.parsed(address)).startswith(addresses.parsed(address).scheme)


pieces = st.sampled_from(
    [
        "User-agent: *",
        "Disallow: /a",
        "Allow:",
        "Crawl-delay: nan",
        "Crawl-delay: -1e999",
        "Sitemap: \0",
        "Disallow: /*%",
        ":",
    ]
)
robots_texts = st.lists(st.one_of(pieces, st.text()), max_size=8).map("\r\n".join)


@pytest.mark.heavy
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    body=robots_texts.map(lambda text: text.encode("utf-8", "surrogatepass")) | st.binary(),
    line=st.sampled_from(["200 OK", "302 Found", "404 No", "429 Slow", "204 None"]),
    header=st.sampled_from(["X: y", "Content-Encoding: gzip", "Content-Encoding: br, gzip", "Location: http://[]@/"]),
)
def test_whatever_robots_txt_says_ends_no_run(places, tmp_path_factory, body, line, header):
    server, url = places.server, places.urls["plain"]
    server.play({"/robots.txt": [[reply(body, line, header), "close"]], "/a": [OK], "/b": [OK]})
    limits, obey = fetch.Limits(retries=0, max_wait_s=0.01), fetch.Manners(2, robots=True)
    pages = fetch_pages([f"{url}/a", f"{url}/b"], tmp_path_factory.mktemp("store"), limits, obey)
    assert all(page.error in ("", *KINDS) and page.error != "internal" for page in pages)


def test_robots_txt_sees_the_same_url(places, tmp_path):
    server, url = places.server, places.urls["plain"]
    server.play({"/robots.txt": [[reply(b"User-agent: *\nDisallow: /a%2Fb\n")]], "/a/b": [OK], "/a%2Fb": [OK]})
    obey = fetch.Manners(1, robots=True)
    pages = fetch_pages([f"{url}/a/b", f"{url}/a%2Fb"], tmp_path, manners=obey)
    assert [page.error for page in pages] == ["", "robots"]


def test_no_password_is_shown(places, tmp_path):
    server = places.server
    url = places.urls["plain"].replace("//", "//user:secret@")
    server.play({"/a": [to("http://user:secret@other.invalid/")], "/b": [[b"HTTP/1.1 500 \x1b[31m no\r\n\r\n"]]})
    said = []
    fetch_pages([url + "/a"], tmp_path, on_page=lambda page, detail: said.append(detail))
    assert "secret" not in "".join(said)
    assert (
        str(FetchError("dns", f"{url}: \x1b[2J\u202e no")) == f"http://***@{url.partition('@')[2]}: \\x1b[2J\\u202e no"
    )


def test_a_fault_of_ours_is_one_page_s(site, tmp_path, monkeypatch, caplog):
    server, url = site
    right = replies.strong_validator

    def broken(headers):
        if len(server.heads) == 2:
            raise IndexError("not as we thought")
        return right(headers)

    monkeypatch.setattr(replies, "strong_validator", broken)
    pages = fetch_pages([f"{url}/{i}" for i in range(4)], tmp_path, manners=fetch.Manners(1))
    assert [page.error for page in pages] == ["", "internal", "", ""]
    assert "IndexError: not as we thought" in caplog.text


def test_a_connection_that_closes_unannounced_costs_no_page(places, tmp_path):
    """After each reply, some milliseconds later: whoever then asks on it is not answered, and asks again at once."""
    server, url = places.server, places.urls["plain"]
    answers = [[b"HTTP/1.1 302 Found\r\nLocation: /to%d\r\nContent-Length: 0\r\n\r\n" % i] for i in range(40)]
    ends = [0.0, 0.001, 0.005, 0.02, 0.1]
    scripts = {f"/{i}": [[*answers[i], ends[i % 5], "close"]] for i in range(40)}
    scripts |= {f"/to{i}": [[reply(), ends[i % 5], "close"]] for i in range(40)}
    server.play(scripts)
    once = fetch.Limits(retries=0)
    pages = fetch_pages([f"{url}/{i}" for i in range(40)], tmp_path, once, fetch.Manners(4))
    assert [page.error for page in pages] == [""] * 40
    assert all(1 <= hits <= 2 for hits in server.hits.values())
