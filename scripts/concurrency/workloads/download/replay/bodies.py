"""The bodies of replayed pages: as large as they were, on the wire and after decoding, and each its own."""

import base64
import html
import random
import struct
import zlib
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

from concurrency.errors import shown
from concurrency.workloads.download.sites import Site

NOISE_BYTES = 1 << 20
KEPT = 256
NOISE_RATIO, BLANK_RATIO = 0.77, 0.0012  # of base64 text, and of blanks, when they are compressed
STORED_BYTES = 65_535  # in a block of DEFLATE that is not compressed, at most
GZIP_BEGIN = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


class Bodies:
    """Those of a seed: the same for the same seed and site."""

    def __init__(self, seed: int) -> None:
        self._noise = base64.encodebytes(random.Random(seed).randbytes(NOISE_BYTES))
        self._filling = lru_cache(KEPT)(self._deflated)  # pages of one size share all but their heads

    def prepare(self, sites: Iterable[Site]) -> None:
        """Make those of the first ones, as far as they are kept: 2 ms each, which would be added to their latency."""
        for site in islice((site for site in sites if site.coding == "gzip"), KEPT):
            self.of(site)

    def of(self, site: Site) -> bytes:
        """The body as it goes over the wire, of exactly `wire_bytes` bytes if there can be such a one."""
        return self._compressed(site) if site.coding == "gzip" else self.plain(site)

    def plain(self, site: Site) -> bytes:
        """The body of exactly `size` bytes of HTML, before any coding."""
        head = self._head(site)
        if site.coding == "gzip":
            return (head + self._filling(*self._left(site, head))[0])[: site.size]
        start = zlib.crc32(site.url.encode()) % len(self._noise)
        return (head + self._noise_of(site.size - len(head), start))[: site.size]

    def _head(self, site: Site) -> bytes:
        head = f"<!doctype html><title>{html.escape(shown(site.url))}</title><p>Replayed.<pre>\n".encode()
        return head.ljust(-len(head) // 128 * -128) if site.coding == "gzip" else head

    def _noise_of(self, size: int, start: int = 0) -> bytes:
        filling = self._noise[start : start + max(size, 0)]
        while len(filling) < size:
            filling += self._noise[: size - len(filling)]
        return filling

    def _compressed(self, site: Site) -> bytes:
        head = self._head(site)[: site.size]
        plain, deflated = self._filling(*self._left(site, head))
        end = struct.pack("<II", zlib.crc32(plain, zlib.crc32(head)), site.size & 0xFFFFFFFF)
        return GZIP_BEGIN + _stored(head) + deflated + end

    def _left(self, site: Site, head: bytes) -> tuple[int, int]:
        """What is left for the filling when `head` is stored: bytes on the wire and after decoding."""
        around = len(GZIP_BEGIN) + len(_stored(head)) + 8
        return site.wire_bytes - around, site.size - len(head)

    def _deflated(self, wire: int, size: int) -> tuple[bytes, bytes]:
        """A filling of `size` bytes, and as a stream of DEFLATE of `wire` bytes, as near to that as can be.

        It is noise that is compressed, as letters are; some that is stored, so that the sum is right; and blanks.
        """
        text = 0.97 * min((wire - size * BLANK_RATIO) / NOISE_RATIO, (size - wire) / (1 - NOISE_RATIO), size)
        coded = self._noise_of(int(text))
        coder = zlib.compressobj(1, wbits=-zlib.MAX_WBITS)
        begin = coder.compress(coded) + coder.flush(zlib.Z_FULL_FLUSH)
        stored = 0
        for _ in range(6):  # a byte more that is stored is a blank less, which may take a byte less
            left = wire - len(begin) - len(_blanks(size - len(coded) - stored))
            wanted = min(max(left - 5 * -(-left // (STORED_BYTES + 5)), 0), size - len(coded))
            if wanted == stored:
                break
            stored = wanted
        rest, blanks = self._noise_of(stored), size - len(coded) - stored
        return coded + rest + b" " * blanks, begin + _stored(rest) + _blanks(blanks)


def _blanks(size: int) -> bytes:
    """So many of them as the end of a stream of DEFLATE."""
    coder = zlib.compressobj(6, wbits=-zlib.MAX_WBITS)
    return coder.compress(b" " * size) + coder.flush()


def _stored(data: bytes) -> bytes:
    """`data` as blocks of DEFLATE that are not compressed (RFC 1951, section 3.2.4)."""
    blocks = (data[i : i + STORED_BYTES] for i in range(0, len(data), STORED_BYTES))
    return b"".join(struct.pack("<BHH", 0, len(block), len(block) ^ 0xFFFF) + block for block in blocks)
