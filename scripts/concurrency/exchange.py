"""One request over the one session: watched by the clock, its reply's body taken to the last byte."""

import asyncio
import ssl
import urllib.request
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from time import monotonic
from types import TracebackType
from typing import Any, cast
from weakref import WeakSet

import aiohttp
from aiohttp import hdrs, http_exceptions
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from yarl import URL

from concurrency import addresses, decode, replies
from concurrency.failures import FetchError
from concurrency.limits import Limits, Manners
from concurrency.store import Origin, Page, Part

REDIRECTS = (301, 302, 303, 307, 308)
TICK_S = 0.1
# glibc keeps what is freed, up to the size of the largest block freed so far, instead of giving it back to the kernel;
# freeing one of this size first saves each page the faults of its buffers: 30 to 80 µs.
_LEARNT_BYTES = 16 << 20


@dataclass(slots=True, eq=False)
class _Watch:
    """One request's clock."""

    page: Page
    page_began: float
    began: float
    task: "asyncio.Task[Any]"
    asked: bool = False
    sent: float | None = None
    last_byte: float | None = None  # of the body; its header counts as one
    received: int = 0
    window_began: float = 0.0
    window_received: int = 0
    overdue: str = ""

    def body_begins(self, now: float) -> None:
        self.last_byte = self.window_began = now

    def check(self, now: float, limits: Limits) -> str:
        """The class of failure that this request has become by taking too long, or nothing."""
        phase_s, allowed_s, kind = now - self.began, limits.connect_s, "connect_timeout"
        if self.last_byte is not None:
            phase_s, allowed_s, kind = now - self.last_byte, limits.idle_s, "idle_timeout"
        elif self.sent is not None:
            phase_s, allowed_s, kind = now - self.sent, limits.first_byte_s, "first_byte_timeout"
        if now - self.page_began > limits.page_s:
            return "page_timeout"
        if now - self.began > limits.attempt_s:
            return "attempt_timeout"
        if phase_s > allowed_s:
            return kind
        if self.last_byte is not None and (lasted := now - self.window_began) >= limits.min_speed_over_s:
            if self.received - self.window_received < limits.min_bytes_per_s * lasted:
                return "too_slow"
            self.window_began, self.window_received = now, self.received
        return ""


_watching: ContextVar[_Watch] = ContextVar("watching")  # the watch of the request that this task makes


class _Connector(aiohttp.TCPConnector):
    """Notes when a request has its connection, which is when it is sent, and what a new connection took; gives each
    request only one. aiohttp's own ways, TraceConfig and middlewares, cost 60 µs a request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._used: WeakSet[Any] = WeakSet()

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> Connection:
        watch = _watching.get()
        if watch.asked:  # aiohttp repeats a GET, unseen, when a kept connection was closed under it
            raise FetchError("disconnected", "the connection was closed before the reply")
        watch.asked = True
        connection = await super().connect(req, traces, timeout)
        now = monotonic()
        if connection.protocol not in self._used:
            self._used.add(connection.protocol)
            watch.page.connect_ms = round((now - watch.began) * 1000, 3)
        watch.sent = now
        watch.page.attempts += 1
        return connection


class Client:
    """All requests of a download, over one session: use it with `async with`."""

    def __init__(self, manners: Manners, limits: Limits, hosts: int) -> None:
        bytes(_LEARNT_BYTES)
        self._limits = limits
        self._proxies = urllib.request.getproxies() if manners.use_proxies else {}
        self._watched: set[_Watch] = set()
        self._session = aiohttp.ClientSession(
            connector=_Connector(
                limit=0,  # the schedule limits, so that no deadline runs while a request waits for its turn
                ttl_dns_cache=None,
                dns_cache_max_size=hosts + 1000,
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the watches look after time
            headers={"User-Agent": manners.user_agent, "Accept-Encoding": decode.ACCEPTED},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # so that bytes can be counted on the wire and after decoding
            max_line_size=limits.max_header_bytes,
            max_field_size=limits.max_header_bytes,
        )
        self._tick()

    async def __aenter__(self) -> "Client":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        await self._session.close()

    async def get(
        self, address: str, page: Page, part: Part, *, began: float, most: int, last: bool
    ) -> Set[str] | None:
        """Request `address` and take the body into `part`; None when it is complete, else where a redirect leads.

        `began` is when the page's first try did. `most` bytes may come. With `last`, nothing will follow for this
        host. Notes on `page` what happened. Raises FetchError for whatever is neither a success nor a redirect.
        """
        url, headers = addresses.parsed(address), {}
        if last:
            headers["Connection"] = "close"  # idle connections would pile up
        if part.origin and part.origin.address == address:
            headers |= {"Range": f"bytes={part.size}-", "If-Range": part.origin.validator}
        page.status = page.connect_ms = page.latency_ms = page.content_length = None
        watch = _Watch(page, began, monotonic(), cast("asyncio.Task[Any]", asyncio.current_task()))
        self._watched.add(watch)
        _watching.set(watch)
        try:
            async with self._session.get(
                url,
                headers=headers,
                proxy=self._proxy(url) if self._proxies else None,
                allow_redirects=False,
                ssl=self._tls if url.scheme == "https" else True,
            ) as reply:
                page.status = reply.status
                if reply.status in REDIRECTS:
                    return set(reply.headers.getall(hdrs.LOCATION, []))
                await self._receive(address, page, part, most, watch, reply)
                return None
        except asyncio.CancelledError:
            if not watch.overdue or watch.task.uncancel():  # it is not, or not only, `_tick` that ends it
                raise
            raise FetchError(watch.overdue, f"after {monotonic() - watch.began:.1f} s") from None
        except (aiohttp.ClientError, http_exceptions.HttpProcessingError, OSError, ValueError) as error:
            raise replies.failure_of(error, watch.sent is not None, watch.last_byte is not None) from error
        finally:
            self._watched.discard(watch)
            page.total_ms = round(page.total_ms + (monotonic() - watch.began) * 1000, 3)

    async def _receive(
        self, address: str, page: Page, part: Part, most: int, watch: _Watch, reply: aiohttp.ClientResponse
    ) -> None:
        """The reply's body, whole, into `part`. Raises FetchError for any reply that is not a success."""
        now = monotonic()
        assert watch.sent is not None
        page.latency_ms = round((now - watch.sent) * 1000, 3)
        header_bytes = sum(map(len, chain.from_iterable(reply.raw_headers))) + 4 * len(reply.raw_headers)
        if header_bytes > self._limits.max_header_bytes:
            raise FetchError("header_too_large", f"more than {self._limits.max_header_bytes} bytes")
        if (coding := reply.headers.get(hdrs.TRANSFER_ENCODING)) and coding.strip().lower() != "chunked":
            raise FetchError("protocol", f"Transfer-Encoding: {coding}")
        length = total = reply.content_length
        if reply.status == 206 and "Range" in reply.request_info.headers and replies.continues(part, reply):
            total = None if length is None else part.size + length
        elif reply.status == 200:
            codings = decode.codings(reply.headers.getall(hdrs.CONTENT_ENCODING, []))
            validator = replies.strong_validator(reply.headers)
            part.begin(Origin(address, validator, total, codings) if validator else None, codings)
        else:
            self._refused(part, reply)
        page.content_length = total
        if total and total > most:
            raise FetchError("too_large", f"{total} bytes announced, {most} allowed")
        watch.body_begins(now)
        if length is None:
            async with _told_when_lost(reply):
                await self._body(part, most, watch, reply)
        else:
            await self._body(part, most, watch, reply)
        page.wire_bytes = part.size
        if total is not None and part.size != total:
            raise FetchError("truncated", f"{part.size} of {total} bytes")

    async def _body(self, part: Part, most: int, watch: _Watch, reply: aiohttp.ClientResponse) -> None:
        while data := await reply.content.readany():
            watch.last_byte = monotonic()
            watch.received += len(data)
            if part.size + len(data) > most:
                raise FetchError("too_large", f"more than {most} bytes")
            if part.add(data):
                await _spill(part)
        if part.on_disk and part.in_memory:
            await _spill(part)

    def _refused(self, part: Part, reply: aiohttp.ClientResponse) -> None:
        """Raise what a reply that brings no page means."""
        detail = f"status {reply.status} {reply.reason or ''}"
        if "Range" in reply.request_info.headers and reply.status in (206, 416):
            part.drop()
            raise FetchError("status", f"{detail}; the part fetched earlier does not fit any more", passing=True)
        wait_s = replies.retry_after_s(reply.headers) if reply.status in replies.OVERLOADED else 0.0
        raise FetchError(
            "status",
            detail,
            passing=reply.status in replies.PASSING_STATUS,
            wait_s=min(wait_s, self._limits.max_wait_s),
        )

    def _tick(self) -> None:
        """End the requests that take too long, now and from now on."""
        now = monotonic()
        for watch in self._watched:
            if not watch.overdue and (overdue := watch.check(now, self._limits)):
                watch.overdue = overdue
                watch.task.cancel()
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _proxy(self, url: URL) -> str | None:
        assert url.host
        return None if urllib.request.proxy_bypass(url.host) else self._proxies.get(url.scheme)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()  # takes 35 ms: only when it is needed


async def _spill(part: Part) -> None:
    """Relieve the memory, in a thread; whatever ends the request waits until that is done, for it will use the part."""
    spilling, cancelled = asyncio.get_running_loop().run_in_executor(None, part.spill), None
    while not spilling.done():
        try:
            await asyncio.wait([spilling])
        except asyncio.CancelledError as error:  # a second Ctrl-C comes as a second one
            cancelled = error
    spilling.result()
    if cancelled:
        raise cancelled


@asynccontextmanager
async def _told_when_lost(reply: aiohttp.ClientResponse) -> AsyncIterator[None]:
    """Makes two ends of a body without a length known that aiohttp passes over: a reset where only a close says that
    the body is complete (it takes it for the close), and chunks that are none (it closes the connection and waits for
    more)."""
    if reply.connection is None or reply.connection.protocol is None:
        yield
        return
    body, lost = reply.content, reply.connection.protocol.closed
    assert lost is not None

    def stop_waiting(_: Any) -> None:
        if not body.is_eof() and body.exception() is None:
            body.set_exception(FetchError("protocol", "the chunks of the body are malformed"))

    lost.remove_done_callback(_seen)  # it may be there, from an earlier page on this connection
    lost.add_done_callback(_seen)
    lost.add_done_callback(stop_waiting)
    try:
        yield
    finally:
        lost.remove_done_callback(stop_waiting)
    if "Transfer-Encoding" not in reply.headers:
        await lost


def _seen(lost: "asyncio.Future[None]") -> None:
    lost.exception()  # asyncio complains of those that nobody looked at
