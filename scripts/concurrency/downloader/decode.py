"""Content codings: from the bytes on the wire to the body, each coding undone to its very end, or a failure.

What servers send may be made to cost much: each layer has a budget of bytes, of members and of CPU time. None of this
is for an event loop.
"""

import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from time import thread_time

import brotli

from concurrency.downloader.failures import FetchError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

STEP = 1 << 18  # so many bytes at most come out of a decoder at once, whatever went in
MAX_STACKED = 5
MEMBERS, BYTES_PER_MEMBER = 1_000, 1_000  # so many members are free; more must bring so much each
CPU_S, BYTES_PER_CPU_S = 5.0, 10_000_000  # so much time is free; more must bring so much per second
ZSTD_WINDOW_LOG = 23  # RFC 9659: a decoder on the web need not have more than 8 MB of window


def known(codings: Sequence[str]) -> list[str]:
    """These codings of a reply. Raises FetchError if one is unknown, or if there are more than anyone needs."""
    for name in codings:
        if name not in _DECODERS:
            raise FetchError("encoding", f"unknown Content-Encoding {name[:40]!r}")
    if len(codings) > MAX_STACKED:
        raise FetchError("encoding", f"{len(codings)} codings on top of each other")
    return list(codings)


def decoded(chunks: Iterable[bytes], applied: Sequence[str], limit: int) -> Iterator[bytes]:
    """`chunks` with the codings `applied` undone, the last one first.

    Raises FetchError where a stream is corrupt, ends early, goes on after its end, yields more than `limit` bytes, or
    is more work than its bytes can be worth.
    """
    clock, found = _Clock(), chunks
    for name in reversed(applied):
        found = _DECODERS[name](_limited(found, limit), clock)
    return _limited(found, limit)


def corruption(begin: Iterable[bytes], applied: Sequence[str], limit: int) -> FetchError | None:
    """What is wrong with a body of which only the `begin` is there, if that can be seen already."""
    try:
        for _ in decoded(begin, applied, limit):
            pass
    except FetchError as failure:
        return None if failure.kind == "truncated" else failure
    return None


class _Clock:
    """The CPU time that undoing one page's codings has taken, and what for."""

    def __init__(self) -> None:
        self._began = thread_time()
        self.members = 0

    def check(self, came: int) -> None:
        """Raises FetchError if `came` bytes are not worth the work done for them."""
        if self.members > MEMBERS + came // BYTES_PER_MEMBER:
            raise FetchError("encoding", f"{self.members} compressed members for {came} bytes")
        if thread_time() - self._began > CPU_S + came / BYTES_PER_CPU_S:
            raise FetchError("encoding", f"more than {CPU_S:.0f} s of decoding for {came} bytes")


def _limited(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limit:
            raise FetchError("too_large", f"more than {limit} bytes after decoding")
        yield chunk


def _gunzip(chunks: Iterable[bytes], clock: _Clock) -> Iterator[bytes]:
    return _members(chunks, clock, "gzip", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16), several=True)


def _unzstd(chunks: Iterable[bytes], clock: _Clock) -> Iterator[bytes]:
    return _members(chunks, clock, "zstd", _Zstd, several=True)


def _undeflate(chunks: Iterable[bytes], clock: _Clock) -> Iterator[bytes]:
    """RFC 9110 means the zlib format; many servers send bare deflate; the first two bytes show which."""
    chunks = iter(chunks)
    start = b""
    while len(start) < 2 and (chunk := next(chunks, b"")):
        start += chunk
    zlib_format = len(start) < 2 or (start[0] & 15 == 8 and int.from_bytes(start[:2]) % 31 == 0)
    wbits = zlib.MAX_WBITS if zlib_format else -zlib.MAX_WBITS
    return _members(chain([start], chunks), clock, "deflate", lambda: zlib.decompressobj(wbits), several=False)


class _Zstd:
    """A zstd frame, decoded by calls like zlib's."""

    def __init__(self) -> None:
        self._decoder = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG})
        self.unconsumed_tail = b""  # the decoder keeps that itself

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._decoder.decompress(data, most)

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data


def _members(
    chunks: Iterable[bytes],
    clock: _Clock,
    name: str,
    new_decoder: Callable[[], "zlib._Decompress | _Zstd"],
    *,
    several: bool,
) -> Iterator[bytes]:
    """The content of all members of a stream; of the only one that it may have, unless `several`."""
    decoder = new_decoder()
    came = 0
    for chunk in chunks:
        data, more = chunk, False
        while data or more:
            if decoder.eof:
                if not several:
                    raise FetchError("encoding", f"{len(data)} bytes after the end of the {name} stream")
                decoder = new_decoder()
                clock.members += 1
            try:
                out = decoder.decompress(data, STEP)
            except (zlib.error, zstd.ZstdError) as error:
                raise FetchError("encoding", f"not {name}: {error}") from error
            came += len(out)
            clock.check(came)
            if out:
                yield out
            more = len(out) == STEP and not decoder.eof
            data = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    if not decoder.eof:
        raise FetchError("truncated", f"the {name} stream ends early")


def _unbrotli(chunks: Iterable[bytes], clock: _Clock) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    came = 0
    for chunk in chunks:
        data, out = chunk, chunk
        while out and not (data == b"" and decoder.is_finished()):
            try:
                out = decoder.process(data, output_buffer_limit=STEP)
            except brotli.error as error:
                raise FetchError("encoding", f"not br: {error}") from error
            data = b""  # it has taken all of it; what it still holds back comes with the next calls
            came += len(out)
            clock.check(came)
            if out:
                yield out
    if not decoder.is_finished():
        raise FetchError("truncated", "the br stream ends early")


_DECODERS = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
    "zstd": _unzstd,
}
