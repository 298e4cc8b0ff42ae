"""Whatever bytes arrive: a success is what an independent reader also reads, and nothing hangs or breaks."""

import gzip
import hashlib
import http.client
import io
import zlib
from dataclasses import replace

import brotli
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concurrency.failures import KINDS

from .cases import BODY, BR, CHUNKED, CLOSE, DEFLATE, GZIP, LAST, chunks, coded, head, reply
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
    """The body as the standard library reads it; raises where it cannot."""
    answer = http.client.HTTPResponse(_Socket(data), method="GET")
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
