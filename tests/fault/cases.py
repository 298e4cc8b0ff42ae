"""The fault table: what the server does, which row must come of it, and how many requests it must have seen."""

import gzip
import zlib
from dataclasses import dataclass, field
from typing import Any

import brotli

from concurrency.downloader.decode import zstd
from helpers.replies import BODY, CHUNKED, LAST, OK, chunks, coded, head, reply, status, to
from helpers.server import CLOSE, CUT, RESET, STALL, Script

TRIES = 3
GZIP, DEFLATE, BR = gzip.compress(BODY, mtime=0), zlib.compress(BODY), brotli.compress(BODY)
ZSTD = zstd.compress(BODY)
WIDE = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 24})
WIDE_ZSTD = WIDE.compress(BODY) + WIDE.flush()  # without the size of the content, it has that window
EMPTY_MEMBERS = brotli.compress(gzip.compress(b"", mtime=0) * 1_000_000, quality=5)
RAW_DEFLATE = DEFLATE[2:-4]
CRLF = b"\r\n"


@dataclass(frozen=True)
class Case:
    """`scripts` for successive requests of the page; `error` and `hits` as they must come out ('' is a success).

    `at` says where it is served: a key of the fixture `places`. `others` are further paths of the same server.
    """

    name: str
    scripts: list[Script]
    error: str = ""
    hits: int = 1
    limits: dict[str, Any] = field(default_factory=dict)
    body: bytes = BODY
    at: str = "plain"
    others: dict[str, list[Script]] = field(default_factory=dict)
    total_hits: int | None = None  # with those of `others`
    exact_attempts: bool = True
    keeps_open: bool = False  # the server does, although it is asked to close


def bomb(size: int) -> bytes:
    return gzip.compress(b"\0" * size, mtime=0)


QUICK = {"first_byte_s": 0.4, "idle_s": 0.4}
SLOW = {"min_speed_over_s": 0.4, "min_bytes_per_s": 1000}
CAP = {"max_bytes": 1_000_000}

FRAMING = [
    Case("content-length", [OK]),
    Case("chunked", [[CHUNKED + chunks() + LAST]]),
    Case("chunked, byte by byte", [[CHUNKED, *(bytes([b]) for b in chunks(BODY[:60], 7) + LAST)]], body=BODY[:60]),
    Case("chunk extension", [[CHUNKED + b"5;a=b\r\nhello\r\n" + LAST]], body=b"hello"),
    Case("chunked with a trailer", [[CHUNKED + chunks() + b"0\r\nX-End: yes\r\n\r\n"]]),
    Case("until the connection closes", [[head("Connection: close") + BODY, CLOSE]]),
    Case("HTTP/1.0", [[b"HTTP/1.0 200 OK\r\n\r\n" + BODY, CLOSE]]),
    Case("empty body", [[reply(b"")]], body=b""),
    Case("header byte by byte", [[*(bytes([b]) for b in reply())]]),
    Case("content-length cut by a close", [[reply(BODY[:-1], length=len(BODY)), CLOSE]], "truncated", TRIES),
    Case("content-length cut by a reset", [[reply(BODY[:99], length=len(BODY)), 0.05, RESET]], "truncated", TRIES),
    Case("no byte of a body", [[reply(b"", length=10), CLOSE]], "truncated", TRIES),
    Case("cut, then whole", [[reply(BODY[:50], length=len(BODY)), CLOSE], OK], hits=2),
    Case("chunk cut", [[CHUNKED + chunks()[:-7], CLOSE]], "truncated", TRIES),
    Case("last chunk missing", [[CHUNKED + chunks(), CLOSE]], "truncated", TRIES),
    Case("last chunk half there", [[CHUNKED + chunks() + b"0\r\n", CLOSE]], "truncated", TRIES),
    Case("chunk cut by a reset", [[CHUNKED + chunks()[:-7], 0.05, RESET]], "truncated", TRIES),
    Case("until the reset", [[head("Connection: close") + BODY, 0.05, RESET]], "truncated", TRIES),
    Case("chunk size is no number", [[CHUNKED + b"xyz\r\nhello\r\n" + LAST]], "protocol"),
    Case("chunk size is negative", [[CHUNKED + b"-5\r\nhello\r\n" + LAST]], "protocol"),
    Case("chunk size of 2^64 and more", [[CHUNKED + b"1" * 20 + b"\r\nhello\r\n" + LAST]], "protocol"),
    Case("chunk longer than its size", [[CHUNKED + b"3\r\nhello\r\n" + LAST]], "protocol"),
    Case("content-length is no number", [[head("Content-Length: abc") + BODY, CLOSE]], "protocol"),
    Case("content-length is negative", [[head("Content-Length: -5") + BODY, CLOSE]], "protocol"),
    Case(
        "two different content-lengths",
        [[head("Content-Length: 5", "Content-Length: 6") + b"hello!", CLOSE]],
        "protocol",
    ),
    Case(
        "content-length and chunked",
        [[head("Content-Length: 3", "Transfer-Encoding: chunked") + chunks() + LAST, CLOSE]],
        "protocol",
    ),
    Case("more bytes than content-length", [[reply(BODY + b"more", length=len(BODY)), CLOSE]], "unasked", TRIES),
    Case("more bytes later", [[reply(), 0.05, b"more", CLOSE]], "unasked", TRIES),
    Case("chunk size is no number, later", [[CHUNKED + chunks(), 0.05, b"xyz\r\n"]], "protocol"),
    Case("unknown transfer-encoding", [[head("Transfer-Encoding: magic") + BODY, CLOSE]], "protocol"),
    *(
        Case(f"transfer-encoding: {name}", [[head(*lines) + chunks() + LAST, CLOSE]], "protocol")
        for name, lines in {
            "chunked, then gzip in a second line": ("Transfer-Encoding: chunked", "Transfer-Encoding: gzip"),
            "chunked, then identity in a second line": ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
            "chunked twice": ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
            "gzip, chunked": ("Transfer-Encoding: gzip, chunked",),
            "chunked behind a file separator": ("Transfer-Encoding: \x1cchunked",),
            "chunked behind a vertical tab": ("Transfer-Encoding: \x0bchunked",),
            "chunked and a no-break space": ("Transfer-Encoding: chunked\xa0",),
            "chunked; a=b": ("Transfer-Encoding: chunked; a=b",),
        }.items()
    ),
    Case("transfer-encoding: an empty element first", [[head("Transfer-Encoding: , chunked") + chunks() + LAST]]),
    Case("transfer-encoding: Chunked", [[head("transfer-encoding: \t Chunked ") + chunks() + LAST]]),
    Case(
        "transfer-encoding: an empty element last",
        [[head("Transfer-Encoding: chunked,") + chunks() + LAST, CLOSE]],
        "protocol",
    ),
    Case("equal content-lengths", [[head("Content-Length: 6000", "Content-Length: 6000") + BODY, CLOSE]], "protocol"),
    Case("equal content-lengths in a list", [[head("Content-Length: 6000, 6000") + BODY, CLOSE]], "protocol"),
    Case("content-length before a space", [[head("Content-Length : 6000") + BODY, CLOSE]], "protocol"),
    Case("content-length with a sign", [[head("Content-Length: +6000") + BODY, CLOSE]], "protocol"),
    Case("bare LF after chunks", [[CHUNKED + chunks().replace(CRLF, b"\n") + b"0\n\n", CLOSE]], "protocol"),
    Case("bare LF in the header", [[head("Content-Length: 6000").replace(CRLF, b"\n") + BODY]]),
    Case("204 with a body", [[head("Content-Length: 6000", status="204 No Content") + BODY]], "status"),
]

# Replies that nobody asked for; each page is the only one, so it has a connection of its own.
DOUBLE = reply() + reply()
UNASKED = [
    Case("the reply twice at once", [[DOUBLE]], "unasked", TRIES),
    Case("the reply twice", [[reply(), 0.05, reply()]], "unasked", TRIES),
    Case("the reply twice, in chunks", [[(CHUNKED + chunks() + LAST) * 2]], "unasked", TRIES),
    Case("a line too many behind chunks", [[CHUNKED + chunks() + LAST + CRLF]]),
    Case("a line too many behind a body", [[reply() + CRLF]]),
    Case("a line too many later", [[reply(), 0.05, CRLF]]),
    Case("a line too many before the reply", [[CRLF + reply()]]),
    Case("half a reply too many", [[reply() + b"HTTP/1.1 200 O", CLOSE]], "unasked", TRIES),
    Case("half a reply behind chunks", [[CHUNKED + chunks() + LAST + b"HTTP/1.1 200 O", CLOSE]], "unasked", TRIES),
    Case("half a reply behind chunks, to a line's end", [[CHUNKED + chunks() + LAST + head()[:-2]]], "unasked", TRIES),
    Case("a 408 behind the reply", [[reply() + reply(b"", "408 Request Timeout")]], "unasked", TRIES),
    Case("the reply twice, then once", [[DOUBLE], OK], hits=2),
    Case("more bytes, then none", [[reply(), 0.05, b"more", CLOSE], OK], hits=2),
    Case("more bytes later over TLS", [[reply(), 0.05, b"more", CLOSE]], "unasked", TRIES, at="tls"),
    Case("a connection that stays open", [OK], keeps_open=True),
    Case("a 404 that stays open", [status("404 Not Found")], "status", keeps_open=True),
]

HEADERS = [
    Case("closed before the reply", [[CLOSE]], "disconnected", TRIES),
    Case("reset before the reply", [[RESET]], "disconnected", TRIES),
    Case("reset in the status line", [[b"HTTP/1.1 20", 0.05, RESET]], "disconnected", TRIES),
    Case("closed in the header", [[b"HTTP/1.1 200 OK\r\nContent-Le", CLOSE]], "disconnected", TRIES),
    Case("reset in the header", [[b"HTTP/1.1 200 OK\r\nContent-Le", 0.05, RESET]], "disconnected", TRIES),
    Case("reset, then whole", [[RESET], OK], hits=2),
    Case("not HTTP", [[b"SSH-2.0-OpenSSH_9.2\r\n\r\n", CLOSE]], "protocol"),
    Case("no header at all", [[b"<html>hello</html>", CLOSE]], "protocol"),
    Case("status is no number", [[b"HTTP/1.1 OK OK\r\n\r\n", CLOSE]], "protocol"),
    Case("status of four digits", [[b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", CLOSE]], "protocol"),
    Case("RTSP", [[b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", CLOSE]], "protocol"),
    Case("HTTP/2.0 in the status line", [[b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", CLOSE]], "protocol"),
    Case("HTTP/1.2", [[b"HTTP/1.2 200 OK\r\nContent-Length: 6000\r\n\r\n" + BODY]]),
    Case("512 headers", [[reply(BODY, "200 OK", *(f"X-{i}: 1" for i in range(511)))]]),
    Case("513 headers", [[reply(BODY, "200 OK", *(f"X-{i}: 1" for i in range(512)))]], "too_many_headers"),
    Case(
        "3 headers, 2 allowed",
        [[reply(BODY, "200 OK", "A: 1", "B: 2")]],
        "too_many_headers",
        limits={"max_headers": 2},
    ),
    Case("HTTP/9.9 in the status line", [[b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n", CLOSE]], "protocol"),
    Case("header without a colon", [[b"HTTP/1.1 200 OK\r\nnothing\r\nContent-Length: 0\r\n\r\n", CLOSE]], "protocol"),
    Case("NUL in a header", [[b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n", CLOSE]], "protocol"),
    Case("non-ASCII in a header", [[reply(BODY, "200 OK", "X-Name: caf\xe9")]]),
    Case("no reason phrase", [[reply(BODY, "200")]]),
    Case("100 Continue first", [[b"HTTP/1.1 100 Continue\r\n\r\n" + reply()]]),
    Case("103 Early Hints first", [[b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", 0.05, reply()]]),
    Case("header of 1 MB", [[head("X-Big: " + "x" * 1_000_000) + BODY, CLOSE]], "header_too_large"),
    Case(
        "a hundred thousand headers", [[head(*(f"X-{i}: 1" for i in range(100_000))) + BODY, CLOSE]], "header_too_large"
    ),
    Case(
        "many headers, too large together",
        [[head(*(f"X-{i}: {'x' * 900}" for i in range(100)), "Content-Length: 0")]],
        "header_too_large",
    ),
]

CODINGS = [
    Case("gzip", [coded(GZIP, "gzip")]),
    Case("x-gzip", [coded(GZIP, "x-gzip")]),
    Case("GZip", [coded(GZIP, "GZip")]),
    Case("deflate", [coded(DEFLATE, "deflate")]),
    Case("deflate without its header", [coded(RAW_DEFLATE, "deflate")]),
    Case("br", [coded(BR, "br")]),
    Case("gzip in chunks", [[head("Transfer-Encoding: chunked", "Content-Encoding: gzip") + chunks(GZIP, 100) + LAST]]),
    Case("gzip, gzip", [coded(gzip.compress(GZIP), "gzip, gzip")]),
    Case("gzip, br", [coded(brotli.compress(GZIP), "gzip, br")]),
    Case("deflate and br in two headers", [coded(brotli.compress(DEFLATE), "deflate", "br")]),
    Case("zstd", [coded(ZSTD, "zstd")]),
    Case("zstd of two frames", [coded(zstd.compress(BODY[:9]) + zstd.compress(BODY[9:]), "zstd")]),
    Case("zstd cut", [coded(ZSTD[:-5], "zstd")], "truncated", TRIES),
    Case("zstd and something after it", [coded(ZSTD + b"more", "zstd")], "encoding"),
    Case("plain text called zstd", [coded(b"hello, world", "zstd")], "encoding"),
    Case("zstd with a window of 16 MB", [coded(WIDE_ZSTD, "zstd")], "encoding"),
    Case("zstd bomb", [coded(zstd.compress(b"\0" * 50_000_000), "zstd")], "too_large", limits=CAP),
    Case("identity", [coded(BODY, "identity")]),
    *(
        Case(f"content-encoding: {name}", [coded(BODY, name)])
        for name in ("none", "UTF-8", "aws-chunked", ", identity,")
    ),
    Case("content-encoding: , gzip", [coded(GZIP, ", gzip")]),
    Case("content-encoding: aws-chunked, gzip", [coded(GZIP, "aws-chunked,gzip")]),
    Case("content-encoding: gzip and a no-break space", [coded(GZIP, "gzip\xa0")], "encoding"),
    Case(
        "no gzip, then a stall",
        [[reply(b"hello" * 9, "200 OK", "Content-Encoding: gzip", length=99), STALL]],
        "encoding",
    ),
    Case(
        "no gzip, 3 MB of it, then a stall",
        [[reply(b"hello" * 600_000, "200 OK", "Content-Encoding: gzip", length=9_000_000), STALL]],
        "encoding",
    ),
    Case(
        "gzip, then a stall", [[reply(GZIP[:-9], "200 OK", "Content-Encoding: gzip", length=len(GZIP)), 1.5, GZIP[-9:]]]
    ),
    Case("a million empty members of gzip below br", [coded(EMPTY_MEMBERS, "gzip, br")], "encoding"),
    Case("a thousand members of gzip", [coded(gzip.compress(b"x", mtime=0) * 1000, "gzip")], body=b"x" * 1000),
    Case("coding without a name", [coded(BODY, "")]),
    Case("gzip of two members", [coded(gzip.compress(BODY[:9]) + gzip.compress(BODY[9:]), "gzip")]),
    Case("gzip of nothing", [coded(gzip.compress(b""), "gzip")], body=b""),
    Case("gzip cut inside a valid frame", [coded(GZIP[:-20], "gzip")], "truncated", TRIES),
    Case("gzip without its last byte", [coded(GZIP[:-1], "gzip")], "truncated", TRIES),
    Case("gzip without a byte", [coded(b"", "gzip")], "truncated", TRIES),
    Case("deflate cut inside a valid frame", [coded(DEFLATE[:-5], "deflate")], "truncated", TRIES),
    Case("br cut inside a valid frame", [coded(BR[:-5], "br")], "truncated", TRIES),
    Case("gzip cut, then whole", [coded(GZIP[:-20], "gzip"), coded(GZIP, "gzip")], hits=2),
    Case("gzip cut below br", [coded(brotli.compress(GZIP[:-20]), "gzip, br")], "truncated", TRIES),
    Case("gzip with a wrong checksum", [coded(GZIP[:-8] + b"\0\0\0\0" + GZIP[-4:], "gzip")], "encoding"),
    Case("gzip and something after it", [coded(GZIP + b"more", "gzip")], "encoding"),
    Case("deflate and something after it", [coded(DEFLATE + b"more", "deflate")], "encoding"),
    Case("br and something after it", [coded(BR + b"more", "br")], "encoding"),
    Case("plain text called gzip", [coded(b"hello", "gzip")], "encoding"),
    Case("plain text called br", [coded(b"hello, world", "br")], "encoding"),
    Case("unknown coding", [coded(BODY, "compress")], "encoding"),
    Case("unknown coding below gzip", [coded(GZIP, "magic, gzip")], "encoding"),
    Case("six codings", [coded(GZIP, "gzip, gzip, gzip, gzip, gzip, gzip")], "encoding"),
    Case("gzip bomb", [coded(bomb(50_000_000), "gzip")], "too_large", limits=CAP),
    Case("br bomb", [coded(brotli.compress(b"\0" * 50_000_000, quality=5), "br")], "too_large", limits=CAP),
    Case("gzip, gzip bomb", [coded(gzip.compress(bomb(50_000_000)), "gzip, gzip")], "too_large", limits=CAP),
]

STATUSES = [
    *(
        Case(f"status {line}", [status(line)], "status")
        for line in (
            "201 Created",
            "203 Other",
            "300 Choices",
            "400 Bad Request",
            "401 Unauthorized",
            "403 Forbidden",
            "404 Not Found",
            "407 Proxy",
            "410 Gone",
            "418 Teapot",
            "451 Legal",
            "501 Not Implemented",
            "505 Version",
            "599 Odd",
        )
    ),
    *(
        Case(f"status {line}", [status(line)], "status", TRIES)
        for line in (
            "408 Request Timeout",
            "425 Too Early",
            "429 Too Many Requests",
            "500 Internal Server Error",
            "502 Bad Gateway",
            "503 Service Unavailable",
            "504 Gateway Timeout",
            "520 Unknown",
            "522 Timed Out",
            "524 Timed Out",
            "527 Listener",
            "529 Overloaded",
        )
    ),
    Case("404 as a status to retry", [status("404 Not Yet"), OK], hits=2, limits={"retry_statuses": [404]}),
    Case("503 as a status not to retry", [status("503 Busy"), OK], "status", limits={"retry_statuses": []}),
    Case("403 with Retry-After", [status("403 Slow down", "Retry-After: 1"), OK], hits=2),
    Case("413 with Retry-After", [status("413 Not now", "Retry-After: 1"), OK], hits=2),
    Case("403 with a bad Retry-After", [status("403 Forbidden", "Retry-After: -1")], "status"),
    Case("404 with Retry-After", [status("404 Not Found", "Retry-After: 1")], "status"),
    Case("204", [[head(status="204 No Content")]], "status"),
    Case("304 nobody asked for", [[head(status="304 Not Modified")]], "status"),
    Case(
        "101 nobody asked for", [[head("Upgrade: x", "Connection: upgrade", status="101 Switching"), CLOSE]], "status"
    ),
    Case("206 nobody asked for", [[reply(BODY[:9], "206 Partial Content", "Content-Range: bytes 0-8/6000")]], "status"),
    Case("503, then whole", [status("503 Busy"), OK], hits=2),
    Case("429, 500, then whole", [status("429 Slow"), status("500 Oops"), OK], hits=3),
    Case("503 with Retry-After: 0", [status("503 Busy", "Retry-After: 0"), OK], hits=2),
    Case(
        "429 with a date in Retry-After", [status("429 Slow", "Retry-After: Fri, 31 Dec 2100 23:59:59 GMT"), OK], hits=2
    ),
    Case("429 with nonsense in Retry-After", [status("429 Slow", "Retry-After: soon"), OK], hits=2),
    Case("too large as announced", [[reply(b"", length=2_000_000), STALL]], "too_large", limits=CAP),
    Case("too large in chunks", [[CHUNKED + chunks(b"x" * 2_000_000, 50_000), STALL]], "too_large", limits=CAP),
    Case("too large until the close", [[head("Connection: close") + b"x" * 2_000_000, STALL]], "too_large", limits=CAP),
]

TARGET = {"/target": [OK]}
REDIRECTS = [
    *(
        Case(f"redirect {line}", [to("/target", line)], others=TARGET, total_hits=2)
        for line in ("301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent")
    ),
    Case("relative redirect", [to("./target#part")], others=TARGET, total_hits=2),
    Case(
        "two equal locations",
        [[reply(b"", "302 Found", "Location: /target", "Location: /target")]],
        others=TARGET,
        total_hits=2,
    ),
    Case(
        "two different locations",
        [[reply(b"", "302 Found", "Location: /target", "Location: /b")]],
        "redirect",
        others=TARGET,
    ),
    Case("no location", [[reply(b"", "302 Found")]], "redirect"),
    Case("redirect to itself for ever", [to("/case")], "redirect", 11),
    Case("redirect to ftp", [to("ftp://127.0.0.1/x")], "redirect"),
    Case("redirect to a file", [to("file:///etc/passwd")], "redirect"),
    Case("redirect to javascript", [to("javascript:alert(1)")], "redirect"),
    Case("redirect to a bad port", [to("http://127.0.0.1:99999/")], "redirect"),
    Case("redirect to no host", [to("http:///x")], "redirect"),
    Case("redirect to an empty host", [to("//")], "redirect"),
    Case("redirect to nothing", [to("")], "redirect"),
    Case("redirect to brackets", [to("http://[]@/x")], "redirect"),
    Case(
        "redirect to a host with a NUL's escape", [to("http://a%00b/")], "url or dns or connect", exact_attempts=False
    ),
    Case("redirect to a host that IDNA does not know", [to("http://xn--/")], "url or dns", exact_attempts=False),
    Case("redirect to half a punycode", [to("https://xn--a.example/x")], "url or dns", exact_attempts=False),
    Case("redirect to a zone", [to("http://[::,%25eth0]/")], "url or dns or connect", exact_attempts=False),
    Case("redirect to a host of 300 letters", [to(f"http://{'a' * 300}/")], "url or dns", exact_attempts=False),
    Case("redirect to raw bytes", [to("/caf\xe9")], others={"/caf%E9": [OK]}, total_hits=2),
    Case("redirect to escapes", [to("/a%2Fb%27?c=%2B&d")], others={"/a%2Fb%27?c=%2B&d": [OK]}, total_hits=2),
    Case("redirect to an empty query", [to("/target?")], others={"/target?": [OK]}, total_hits=2),
    Case(
        "redirect with Retry-After", [[reply(b"", "302 Found", "Location: /target", "Retry-After: 1")]], others=TARGET
    ),
    Case(
        "redirect to a page that wants its cookie",
        [[reply(b"", "302 Found", "Location: /target", "Set-Cookie: c=1; Path=/")]],
        others={"/target": [[lambda head: reply() if b"\r\nCookie: c=1\r\n" in head else reply(b"", "403 No")]]},
        total_hits=2,
    ),
    Case("ten redirects", [to(f"/case?{i}") for i in range(10)] + [OK], hits=11),
    Case("redirect to a page that is missing", [to("/missing")], "status"),
    Case(
        "redirect with a body that stalls",
        [[reply(b"", "302 Found", "Location: /target", length=99), STALL]],
        others=TARGET,
        total_hits=2,
    ),
    Case("redirect, cut, then whole", [to("/target")], hits=2, others={"/target": [[RESET], OK]}, total_hits=4),
]

TIMEOUTS = [
    Case("no reply", [[STALL]], "first_byte_timeout", TRIES, QUICK),
    Case("no reply, then whole", [[STALL], OK], hits=2, limits=QUICK),
    Case(
        "header drips", [[*(step for b in reply() for step in (bytes([b]), 0.1))]], "first_byte_timeout", TRIES, QUICK
    ),
    Case(
        "100 Continue for ever",
        [[*(step for _ in range(500) for step in (b"HTTP/1.1 100 Continue\r\n\r\n", 0.1))]],
        "first_byte_timeout",
        TRIES,
        QUICK,
    ),
    Case("body stalls", [[reply(BODY[:99], length=len(BODY)), STALL]], "idle_timeout", TRIES, QUICK),
    Case("chunked body stalls", [[CHUNKED + chunks(), STALL]], "idle_timeout", TRIES, QUICK),
    Case(
        "body drips",
        [[head("Content-Length: 6000"), *(step for _ in range(6000) for step in (b"x", 0.05))]],
        "too_slow",
        TRIES,
        SLOW,
    ),
    Case(
        "chunks drip",
        [[CHUNKED, *(step for _ in range(6000) for step in (b"1\r\nx\r\n", 0.05))]],
        "too_slow",
        TRIES,
        SLOW,
    ),
    Case(
        "body takes too long",
        [[head("Content-Length: 9999999"), *(step for _ in range(600) for step in (b"x" * 9999, 0.05))]],
        "attempt_timeout",
        TRIES,
        {"attempt_s": 0.5},
    ),
    Case("page takes too long", [[STALL]], "page_timeout", 1, {"page_s": 0.5}),
    Case("no time for another try", [[RESET]], "disconnected", 1, {"page_s": 5, "backoff_s": 100}),
]

CONNECTIONS = [
    Case("nobody listens", [], "connect", 0, at="closed"),
    Case("backlog is full", [], "connect_timeout", 0, {"connect_s": 0.4}, at="full"),
    Case("reset when accepted", [], "connect or disconnected", 0, at="resetting", exact_attempts=False),
    Case("unknown host", [], "dns", 0, at="unknown"),
    Case("name with an empty label", [], "url", 0, at="empty label"),
    Case("IPv6", [OK], at="ipv6"),
    Case("IPv6, nobody listens", [], "connect", 0, at="ipv6 closed"),
    Case("HTTPS", [OK], at="tls"),
    Case("HTTPS, cut", [[reply(BODY[:50], length=len(BODY)), CLOSE]], "truncated", TRIES, at="tls"),
    Case("HTTPS, reset in the body", [[reply(BODY[:50], length=len(BODY)), 0.05, RESET]], "truncated", TRIES, at="tls"),
    Case("HTTPS, until the connection closes", [[head("Connection: close") + BODY, CLOSE]], at="tls"),
    Case(
        "HTTPS, cut without the closing alert",
        [[head("Connection: close") + BODY[:50], 0.05, RESET]],
        "truncated",
        TRIES,
        at="tls",
    ),
    Case(
        "HTTPS, until TLS ends without close_notify",
        [[head("Connection: close") + BODY, CUT]],
        "truncated",
        TRIES,
        at="tls",
    ),
    Case("HTTPS, chunks, then no close_notify", [[CHUNKED + chunks() + LAST, CUT]], at="tls"),
    Case("HTTPS, a length, then no close_notify", [[reply(), CUT]], at="tls"),
    Case("unknown authority", [OK], "tls", 0, at="self-signed"),
    Case("expired certificate", [OK], "tls", 0, at="expired"),
    Case("certificate of another host", [OK], "tls", 0, at="wrong host"),
    Case("HTTPS to a port that speaks HTTP", [OK], "tls", 0, at="tls to plain"),
    Case("HTTP to a port that speaks HTTPS", [OK], "disconnected", 0, at="plain to tls", exact_attempts=False),
    Case("closed in the handshake", [], "connect", 0, at="tls to closing"),
    Case("handshake stalls", [], "connect_timeout", 0, {"connect_s": 0.4}, at="tls to stalling"),
    Case("redirect from https to http", [to("http://127.0.0.1:1/")], "redirect", at="tls"),
    Case("through a proxy", [OK], at="proxy"),
    Case("through a proxy that is down", [], "proxy", 0, at="proxy down"),
    Case("through a proxy that wants a login", [status("407 Login")], "status", at="proxy"),
    Case("HTTPS through a proxy", [OK], at="tls by proxy"),
    Case("through a proxy without a scheme", [], "proxy", 0, at="proxy without a scheme"),
    Case("through a proxy that nobody knows", [], "proxy", 0, at="unknown proxy"),
    Case("through a proxy for SOCKS", [], "proxy", 0, at="proxy for SOCKS"),
    Case("HTTPS through a proxy that refuses", [], "proxy", 0, at="tls by refusing proxy", exact_attempts=False),
]

CASES = [*FRAMING, *UNASKED, *HEADERS, *CODINGS, *STATUSES, *REDIRECTS, *TIMEOUTS, *CONNECTIONS]
