"""Content codings: from the bytes on the wire to the body, each coding undone to its very end, or a failure."""

import zlib
from collections.abc import Iterable, Iterator, Sequence

import brotli

from concurrency.failures import FetchError

ACCEPTED = "gzip, deflate, br"
STEP = 1 << 18  # so many bytes at most come out of a decoder at once, whatever went in
MAX_STACKED = 5


def codings(headers: Sequence[str]) -> list[str]:
    """The codings that the Content-Encoding `headers` name, in the order they were applied.

    Raises FetchError for one that is unknown, or for more than anyone needs.
    """
    names = [name.strip().lower() for header in headers for name in header.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    for name in names:
        if name not in _DECODERS:
            raise FetchError("encoding", f"unknown Content-Encoding {name[:40]!r}")
    if len(names) > MAX_STACKED:
        raise FetchError("encoding", f"{len(names)} codings on top of each other")
    return names


def decoded(chunks: Iterable[bytes], applied: Sequence[str], limit: int) -> Iterator[bytes]:
    """`chunks` with the codings `applied` undone, the last one first.

    Raises FetchError where a stream is corrupt, ends early, goes on after its end, or yields more than `limit` bytes.
    """
    for name in reversed(applied):
        chunks = _DECODERS[name](chunks)
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > limit:
            raise FetchError("too_large", f"more than {limit} bytes after decoding")
        yield chunk


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    return _inflate(chunks, "gzip", zlib.MAX_WBITS | 16, members=True)


def _undeflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """RFC 9110 means the zlib format; many servers send bare deflate, which its first two bytes tell."""
    chunks = iter(chunks)
    start = b""
    while len(start) < 2 and (chunk := next(chunks, b"")):
        start += chunk
    zlib_format = len(start) < 2 or (start[0] & 15 == 8 and int.from_bytes(start[:2]) % 31 == 0)

    def all_chunks() -> Iterator[bytes]:
        yield start
        yield from chunks

    return _inflate(all_chunks(), "deflate", zlib.MAX_WBITS if zlib_format else -zlib.MAX_WBITS, members=False)


def _inflate(chunks: Iterable[bytes], name: str, wbits: int, *, members: bool) -> Iterator[bytes]:
    decoder = zlib.decompressobj(wbits)
    for chunk in chunks:
        data, more = chunk, False
        while data or more:
            if decoder.eof:
                if not members:
                    raise FetchError("encoding", f"{len(data)} bytes after the end of the {name} stream")
                decoder = zlib.decompressobj(wbits)  # a gzip file may have several members
            try:
                out = decoder.decompress(data, STEP)
            except zlib.error as error:
                raise FetchError("encoding", f"not {name}: {error}") from error
            if out:
                yield out
            more = len(out) == STEP and not decoder.eof
            data = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
    if not decoder.eof:
        raise FetchError("truncated", f"the {name} stream ends early")


def _unbrotli(chunks: Iterable[bytes]) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    for chunk in chunks:
        data, out = chunk, chunk
        while out and not (data == b"" and decoder.is_finished()):
            try:
                out = decoder.process(data, output_buffer_limit=STEP)
            except brotli.error as error:
                raise FetchError("encoding", f"not br: {error}") from error
            data = b""  # it has taken all of it; what it still holds back comes with the next calls
            if out:
                yield out
    if not decoder.is_finished():
        raise FetchError("truncated", "the br stream ends early")


_DECODERS = {"gzip": _gunzip, "x-gzip": _gunzip, "deflate": _undeflate, "br": _unbrotli}
