"""The downloader: every page once, asynchronously, over one session; the only place that knows HTTP policy."""

import asyncio
import fcntl
import hashlib
import re
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from concurrency.errors import UserError

USER_AGENT = f"concurrency-benchmark/1.0 ({{contact}}) {aiohttp.http.SERVER_SOFTWARE}"
CONNECT_S = 30.0
IDLE_S = 60.0


@dataclass
class Page:
    """What became of one URL: a row of pages.csv. `error` is empty exactly when the whole body is in `file`.

    `bytes` is what is stored, after decoding; `wire_bytes` the body as sent; `content_length` what the server
    announced. `connect_ms` is empty where a connection was reused; `latency_ms` runs from the request being sent to
    the reply's header being read; `total_ms` is all of it, waiting for one's turn not included.
    """

    url: str
    status: int | None = None
    bytes: int = 0
    wire_bytes: int = 0
    content_length: int | None = None
    connect_ms: float | None = None
    latency_ms: float | None = None
    total_ms: float | None = None
    attempts: int = 0
    sha256: str = ""
    file: str = ""
    error: str = ""


@dataclass(frozen=True)
class Manners:
    """How servers are treated. None means no limit."""

    in_flight: int
    in_flight_per_host: int | None = None
    requests_per_second: float | None = None  # to one host
    user_agent: str = field(default=USER_AGENT.format(contact="replay"))
    trust_env: bool = False  # use the environment's proxies


class FetchError(Exception):
    """A reply that is not a success; the message is the row's error."""


def fetch_all(
    urls: Sequence[str], addresses: Sequence[str], store: Path, manners: Manners, on_page: Callable[[Page], None]
) -> list[Page]:
    """Fetch each of `urls` once into the folder `store`; the result has a Page for each, in order.

    `addresses` says where each URL is really fetched from (a replay server, or the URL itself). A URL that is there
    twice is fetched once and gets two equal rows. `on_page` is called as each fetch ends. A failure is a Page with its
    `error` and no file. Raises UserError where `store` cannot be written or another downloader is using it.
    """
    wanted = dict(zip(urls, addresses, strict=True))
    with _locked(store):
        pages = asyncio.run(_fetch_each(wanted, store, manners, on_page))
    return [pages[url] for url in urls]


def file_name(url: str) -> str:
    """A name for the page that is safe on any file system, says what it is, and differs for any two URLs."""
    parts = urlsplit(url)
    readable = re.sub(r"[^a-z0-9]+", "-", f"{parts.hostname}{parts.path}".lower()).strip("-")[:80]
    return f"{readable}-{hashlib.sha256(url.encode()).hexdigest()[:16]}"


@contextmanager
def _locked(store: Path) -> Iterator[None]:
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = open(store / ".lock", "w")
    except OSError as error:
        raise UserError(f"{store}: cannot be written: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{store}: another download is writing here; wait for it or end it") from None
        yield


async def _fetch_each(
    wanted: dict[str, str], store: Path, manners: Manners, on_page: Callable[[Page], None]
) -> dict[str, Page]:
    pages: dict[str, Page] = {}
    under_way = asyncio.Semaphore(manners.in_flight)
    hosts: dict[str, _Host] = {}
    connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=None)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=IDLE_S)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        headers={"User-Agent": manners.user_agent, "Accept-Encoding": "gzip, deflate"},
        auto_decompress=False,  # so that bytes on the wire can be counted
        trust_env=manners.trust_env,
        trace_configs=[_timing()],
    ) as session:

        async def fetch(url: str, address: str) -> None:
            host = hosts.setdefault(urlsplit(url).netloc, _Host(manners))
            async with host.turn(), under_way:
                pages[url] = await _fetch_one(session, url, address, store)
            on_page(pages[url])

        async with asyncio.TaskGroup() as group:
            for url, address in wanted.items():
                group.create_task(fetch(url, address))
    return pages


class _Host:
    """One host's share: so many requests at once, and so many started per second."""

    def __init__(self, manners: Manners) -> None:
        self._under_way = asyncio.Semaphore(manners.in_flight_per_host or manners.in_flight)
        self._spacing = 1 / manners.requests_per_second if manners.requests_per_second else 0.0
        self._next_start = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        async with self._under_way:
            now = time.monotonic()
            start = max(now, self._next_start)
            self._next_start = start + self._spacing
            if start > now:
                await asyncio.sleep(start - now)
            yield


async def _fetch_one(session: aiohttp.ClientSession, url: str, address: str, store: Path) -> Page:
    page = Page(url, attempts=1)
    name = file_name(url)
    part = store / f"{name}.part"
    clock = SimpleNamespace(sent=None, connect_ms=None)
    begin = time.perf_counter()
    try:
        async with session.get(address, trace_request_ctx=clock) as reply:
            page.status = reply.status
            page.latency_ms = (time.perf_counter() - clock.sent) * 1000
            if reply.status != 200:
                raise FetchError(f"status {reply.status} {reply.reason or ''}".strip())
            page.content_length = reply.content_length
            digest = hashlib.sha256()
            with open(part, "wb") as file:
                async for data in _decoded(reply, page):
                    file.write(data)
                    digest.update(data)
                    page.bytes += len(data)
        part.replace(store / name)
        page.sha256, page.file = digest.hexdigest(), f"{store.name}/{name}"
    except FetchError as error:
        page.error = str(error)
    except (aiohttp.ClientError, TimeoutError, ssl.SSLError) as error:
        page.error = _reason(error)
    finally:
        part.unlink(missing_ok=True)
        page.connect_ms = clock.connect_ms
        page.total_ms = (time.perf_counter() - begin) * 1000
    return page


async def _decoded(reply: aiohttp.ClientResponse, page: Page) -> AsyncIterator[bytes]:
    """The body's bytes after decoding, while those on the wire are counted. Raises FetchError for a bad encoding."""
    coding = reply.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(f"encoding: {coding} was not asked for")
    decoder = None if coding == "identity" else zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib header
    async for chunk in reply.content.iter_any():
        page.wire_bytes += len(chunk)
        try:
            yield decoder.decompress(chunk) if decoder else chunk
        except zlib.error as error:
            raise FetchError(f"encoding: not {coding}: {error}") from error
    if decoder and page.wire_bytes and not decoder.eof:
        raise FetchError(f"truncated: the {coding} stream ends early")


def _reason(error: Exception) -> str:
    """One line for the row: the kind of failure first."""
    if isinstance(error, TimeoutError):
        kind = "timeout"
    elif isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        kind = "tls"
    elif isinstance(error, aiohttp.ClientConnectorError):
        kind = "connect"
    elif isinstance(error, aiohttp.ClientPayloadError):
        kind = "truncated"
    else:
        kind = "protocol"
    text = " ".join(str(error).split()) or type(error).__name__
    return f"{kind}: {text}"


def _timing() -> aiohttp.TraceConfig:
    """Notes on each request's clock how long its connection took to make and when the request was sent."""
    trace = aiohttp.TraceConfig()

    async def connecting(session: aiohttp.ClientSession, context: Any, params: Any) -> None:
        context.connecting = time.perf_counter()

    async def connected(session: aiohttp.ClientSession, context: Any, params: Any) -> None:
        context.trace_request_ctx.connect_ms = (time.perf_counter() - context.connecting) * 1000

    async def sent(session: aiohttp.ClientSession, context: Any, params: Any) -> None:
        context.trace_request_ctx.sent = time.perf_counter()

    trace.on_connection_create_start.append(connecting)
    trace.on_connection_create_end.append(connected)
    trace.on_request_headers_sent.append(sent)
    return trace
