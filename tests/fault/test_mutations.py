"""Whatever bytes arrive: a success is what an independent reader also reads, and nothing hangs or breaks."""

import gzip
import hashlib
import http.client
import io
import random
import zlib
from dataclasses import replace

import brotli
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from concurrency.downloader import fetch
from concurrency.downloader.failures import KINDS
from helpers.replies import BODY, CHUNKED, LAST, chunks, coded, head, reply
from helpers.server import CLOSE

from .cases import BR, DEFLATE, GZIP
from .fetching import LIMITS, fetch_pages

VALID = {
    "length": reply(BODY[:500]),
    "chunked": CHUNKED + chunks(BODY[:500], 100) + LAST,
    "gzip": coded(GZIP, "gzip")[0],
    "chunked gzip": head("Transfer-Encoding: chunked", "Content-Encoding: gzip") + chunks(GZIP, 700) + LAST,
    "deflate": coded(DEFLATE, "deflate")[0],
    "br": coded(BR, "br")[0],
}
QUICK = replace(LIMITS, retries=0, first_byte_s=5, idle_s=5, max_bytes=1_000_000)

changes = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "repeat"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=4,
)


def mutated(data: bytes, steps) -> bytes:
    for what, where, new in steps:
        at = int(where * len(data))
        if what == "flip":
            data = data[:at] + new + data[at + len(new) :]
        elif what == "cut":
            data = data[:at]
        elif what == "insert":
            data = data[:at] + new + data[at:]
        else:
            data = data[: at + 50] + data[at:]
    return data


class _Socket:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def read_by_another(data: bytes) -> bytes:
    """The body as the standard library reads it; raises where it cannot. Empty lines before a reply, which it does not
    know and we forgive, hold nothing."""
    answer = http.client.HTTPResponse(_Socket(data.lstrip(b"\r\n")), method="GET")
    answer.begin()
    body = answer.read()
    for coding in reversed([name.strip().lower() for name in (answer.getheader("Content-Encoding") or "").split(",")]):
        if coding in ("gzip", "x-gzip"):
            body = gzip.decompress(body)
        elif coding == "deflate":
            body = (
                zlib.decompress(body)
                if body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0
                else zlib.decompress(body, -15)
            )
        elif coding == "br":
            body = brotli.decompress(body)
    return body


@pytest.mark.parametrize("name", VALID)
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=changes)
@example(steps=[("insert", 0.0, b"\n")])
def test_no_mutation_is_a_wrong_success(places, tmp_path_factory, name, steps):
    sent = mutated(VALID[name], steps)
    server, folder = places.server, tmp_path_factory.mktemp("store")
    server.play({"/case": [[sent, CLOSE]]})
    [page] = fetch_pages([places.urls["plain"] + "/case"], folder, QUICK)
    files = list((folder / "pages").iterdir())
    if page.error:
        assert page.error in KINDS
        assert (files, page.sha256, page.file) == ([], "", "")
        return
    [file] = files
    body = file.read_bytes()
    assert page.status == 200
    assert page.sha256 == hashlib.sha256(body).hexdigest()
    assert page.bytes == len(body)
    assert body == read_by_another(sent)


def some_steps(draw):
    kinds = ["flip", "cut", "insert", "repeat"]
    return [
        (draw.choice(kinds), draw.random(), draw.randbytes(draw.randint(1, 4)))
        for _ in range(draw.choice([1, 1, 2, 4]))
    ]


@pytest.mark.parametrize("replies", [600, pytest.param(21_000, marks=[pytest.mark.heavy, pytest.mark.timeout(900)])])
def test_many_mutations_over_kept_connections(places, tmp_path, replies):
    """Half of them do not close their connection, so that what they leave on it meets the next request."""
    seed = random.randrange(10**6)
    print("seed", seed)
    draw, server = random.Random(seed), places.server
    for begin in range(0, replies, 600):
        sent = [mutated(VALID[draw.choice(sorted(VALID))], some_steps(draw)) for _ in range(600)]
        server.play({f"/{i}": [[data, CLOSE] if draw.random() < 0.5 else [data]] for i, data in enumerate(sent)})
        urls = [f"{places.urls['plain']}/{i}" for i in range(len(sent))]
        limits = replace(QUICK, first_byte_s=0.3, idle_s=0.3)
        folder = tmp_path / str(begin)
        pages = fetch_pages(urls, folder, limits, fetch.Manners(32))
        assert [page.url for page in pages] == urls
        for page, data in zip(pages, sent, strict=True):
            assert page.error in ("", *KINDS)
            assert page.error != "internal"
            if not page.error:
                assert (folder / page.file).read_bytes() == read_by_another(data), data


LINES = {
    "Content-Length": ["500", "500, 500", "499", "0500", "+500", "5 00", "", ",500"],
    "Transfer-Encoding": [
        "chunked",
        "Chunked",
        "gzip",
        "identity",
        "",
        ",",
        "chunked,chunked",
        "\x0bchunked",
        "x;chunked",
    ],
    "Content-Encoding": ["gzip", "none", "identity", "", ",", "gzip, none", "gzip,gzip", "zip", "utf-8"],
    "X-Other": ["chunked", "500", "Content-Length: 3"],
}
header_lines = st.lists(
    st.sampled_from([(name, value) for name, values in LINES.items() for value in values]), max_size=5
).flatmap(st.permutations)


def framed(lines, on_wire):
    """What all lines together make of the bytes behind them: RFC 9112, section 6.3; None where that is an error."""
    found = {
        name: [v.strip(" \t").lower() for n, value in lines if n == name for v in value.split(",")] for name in LINES
    }
    named = {name: any(n == name for n, _ in lines) for name in LINES}
    if named["Transfer-Encoding"]:
        if named["Content-Length"] or [v for v in found["Transfer-Encoding"] if v] != ["chunked"]:
            return None
        body = http.client.HTTPResponse(_Socket(CHUNKED + on_wire), method="GET")
        body.begin()
        on_wire = body.read()
    elif named["Content-Length"]:
        lengths = {v for v in found["Content-Length"] if v}
        if len(lengths) != 1 or not lengths <= {"500", "499", "0500"} or len(on_wire) != int(min(lengths)):
            return None
    for coding in reversed(found["Content-Encoding"]):
        if coding == "gzip":
            on_wire = gzip.decompress(on_wire)
        elif coding not in ("", "none", "identity", "utf-8"):
            return None
    return on_wire


@pytest.mark.heavy
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(lines=header_lines, in_chunks=st.booleans(), packed=st.booleans())
def test_header_lines_in_any_number_and_order(places, tmp_path_factory, lines, in_chunks, packed):
    body = BODY[:500]
    if packed:
        body = gzip.compress(BODY[:477], mtime=0)  # of 500 bytes
    on_wire = chunks(body, 100) + LAST if in_chunks else body
    server, folder = places.server, tmp_path_factory.mktemp("store")
    server.play({"/case": [[head(*(f"{name}: {value}" for name, value in lines)) + on_wire, CLOSE]]})
    [page] = fetch_pages([places.urls["plain"] + "/case"], folder, QUICK)
    assert page.error in ("", *KINDS)
    assert page.error != "internal"
    try:
        wanted = framed(lines, on_wire)
    except (OSError, EOFError, zlib.error, http.client.HTTPException, ValueError):
        wanted = None
    if not page.error:
        assert (folder / page.file).read_bytes() == wanted
    elif not any(value in ("500, 500", ",500", ",", "0500", "") for _, value in lines):
        # what the parser may refuse: repeated lengths, empty elements
        assert wanted is None or [name for name, _ in lines].count("Content-Length") > 1
