"""What a server may send: replies as bytes, and the scripts in which it sends them."""

import random

from helpers.server import Script

BODY = random.Random(1).randbytes(3000) + b"x" * 3000


def reply(body: bytes = BODY, status: str = "200 OK", *headers: str, length: int | None = -1) -> bytes:
    """A reply with a Content-Length (none at all if `length` is None)."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if length is not None:
        lines.append(f"Content-Length: {len(body) if length == -1 else length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def head(*headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers]).encode("latin-1") + b"\r\n\r\n"


def chunks(body: bytes = BODY, size: int = 1000) -> bytes:
    """The body in chunks, without the last one of size 0."""
    return b"".join(
        b"%x\r\n%b\r\n" % (len(part), part) for part in (body[i : i + size] for i in range(0, len(body), size))
    )


CHUNKED = head("Transfer-Encoding: chunked")
LAST = b"0\r\n\r\n"
OK: Script = [reply()]


def status(line: str, *headers: str) -> Script:
    return [reply(b"sorry", line, *headers)]


def to(location: str, line: str = "302 Found") -> Script:
    return [reply(b"", line, f"Location: {location}")]


def coded(body: bytes, *codings: str) -> Script:
    return [reply(body, "200 OK", *(f"Content-Encoding: {coding}" for coding in codings))]
