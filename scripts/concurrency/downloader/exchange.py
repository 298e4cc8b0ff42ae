"""One request over the one session: watched by the clock, its reply's body taken to the last byte."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, partial
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, Protocol, cast

import aiohttp
from aiohttp import hdrs, http_exceptions
from aiohttp.connector import Connection as Lease
from aiohttp.tracing import Trace
from yarl import URL

from concurrency.downloader import addresses, decode, replies
from concurrency.downloader.connection import Connection
from concurrency.downloader.cookies import Cookies
from concurrency.downloader.failures import FetchError
from concurrency.downloader.framing import Framing, values
from concurrency.downloader.limits import Limits, Manners
from concurrency.downloader.proxies import Proxies
from concurrency.downloader.store import Origin, Page, Part

REDIRECTS = (301, 302, 303, 307, 308)
TICK_S = 0.1
STALLED_S = 1.0  # a body that makes so long a pause is looked at: is what came of it any good?
# What is worth reading of a reply that is no page, so that its connection can serve again.
LEFT_BYTES, LEFT_S = 262_144, 1.0
# glibc keeps what is freed, up to the size of the largest block freed so far, instead of giving it back to the kernel;
# freeing one of this size first saves each page the faults of its buffers: 30 to 80 µs.
_LEARNT_BYTES = 16 << 20


class Trip(Protocol):
    """What stands for the requests that one try of a page makes."""

    connections: set[Connection]
    cookies: Cookies


class Redirect(NamedTuple):
    """Where a reply points, as it says so, and how long to wait before going there."""

    locations: frozenset[bytes]
    wait_s: float


@dataclass(slots=True, eq=False)
class Request:
    """What to ask for, and how; what comes of it is noted on `page` and `part`.

    `trip` is told of each connection that is asked on, and later whether that kept its order; it holds the cookies that
    go along. `began` is when the page's first try did. `most` bytes may come; of a robots.txt, what is beyond them is
    not read. With `last`, nothing will follow for this host. With `alone`, the request has a connection of its own; so
    has one that continues a part, for a reply that may be another page's must add nothing to it.
    """

    address: str
    page: Page
    part: Part
    trip: Trip
    began: float
    most: int
    is_robots: bool = False
    last: bool = False
    alone: bool = False


@dataclass(slots=True, eq=False)
class _Watch:
    """One request's clock."""

    request: Request
    began: float
    task: "asyncio.Task[Any]"
    connection: Connection | None = None
    is_first: bool = False  # of what its connection brings and is not certain
    sent: float | None = None
    last_byte: float | None = None  # of the body; its header counts as one
    received: int = 0
    looked_at: int = 0
    window_began: float = 0.0
    window_received: int = 0
    overdue: FetchError | None = None

    @property
    def framing(self) -> Framing:
        """How the reply's body ends, once its header has come."""
        assert self.connection is not None
        assert self.connection.framing is not None
        return self.connection.framing

    def body_begins(self, now: float) -> None:
        self.last_byte = self.window_began = now

    def check(self, now: float, limits: Limits) -> str:
        """The class of failure that this request has become by taking too long, or nothing."""
        phase_s, allowed_s, kind = now - self.began, limits.connect_s, "connect_timeout"
        if self.last_byte is not None:
            phase_s, allowed_s, kind = now - self.last_byte, limits.idle_s, "idle_timeout"
        elif self.sent is not None:
            phase_s, allowed_s, kind = now - self.sent, limits.first_byte_s, "first_byte_timeout"
        if now - self.request.began > limits.page_s:
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

    def end(self, failure: FetchError) -> None:
        """Let the request fail so."""
        if self.overdue is None:
            self.overdue = failure
            self.task.cancel()


_watching: ContextVar[_Watch] = ContextVar("watching")  # the watch of the request that this task makes


class _Connector(aiohttp.TCPConnector):
    """Hands out connections that know what was asked on them, notes when a request has its own, which is when it is
    sent, and what a new one took; gives each request only one. aiohttp's own ways, TraceConfig and middlewares, cost
    60 µs a request."""

    def __init__(
        self,
        new_connection: Callable[[asyncio.AbstractEventLoop], Connection],
        asked: Callable[[Connection], None],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._asked = asked
        self._factory = partial(new_connection, self._loop)  # type: ignore[assignment]  # where aiohttp has its own class

    async def connect(self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout) -> Lease:
        watch = _watching.get()
        if watch.connection is not None:  # aiohttp repeats a GET, unseen, when a kept connection was closed under it
            raise FetchError("disconnected", "the connection was closed before the reply")
        lease = await super().connect(req, traces, timeout)
        watch.connection = connection = cast(Connection, lease.protocol)
        watch.sent = monotonic()
        watch.request.page.attempts += 1
        if not connection.requests:
            watch.request.page.connect_ms = round((watch.sent - watch.began) * 1000, 3)
            connection.host = req.url.raw_host or ""
        is_last = connection.ask(watch.request.trip, watch.sent)
        watch.is_first = connection.is_first
        watch.request.trip.connections.add(connection)
        self._asked(connection)
        if is_last:
            req.headers[hdrs.CONNECTION] = "close"
        if hdrs.CONNECTION in req.headers or self.force_close:
            connection.force_close()
        return lease


class Client:
    """All requests of a download: use it with `async with`.

    `settled(connection, askers, certain)` is called when it is known whether what a connection brought to those who
    asked on it is theirs.
    """

    def __init__(
        self,
        manners: Manners,
        limits: Limits,
        hosts: int,
        settled: Callable[[Connection, list[Any], bool], None],
    ) -> None:
        bytes(_LEARNT_BYTES)
        self._limits, self._settled = limits, settled
        self._proxies = Proxies() if manners.use_proxies else None
        self._watched: set[_Watch] = set()
        self._unsettled: set[Connection] = set()
        self._looking: set[asyncio.Task[None]] = set()
        self._kept = self._session(manners, hosts)
        self._alone = self._session(manners, hosts, force_close=True)
        self._tick()

    def _session(self, manners: Manners, hosts: int, **kwargs: Any) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=_Connector(
                lambda loop: Connection(loop, self._limits, self._know),
                self._unsettled.add,
                limit=0,  # the schedule limits, so that no deadline runs while a request waits for its turn
                ttl_dns_cache=None,
                dns_cache_max_size=hosts + 1000,
                **kwargs,
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the watches look after time
            headers={"User-Agent": manners.user_agent, "Accept-Encoding": decode.ACCEPTED},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # so that bytes can be counted on the wire and after decoding
            max_line_size=self._limits.max_header_bytes,
            max_field_size=self._limits.max_header_bytes,
            max_headers=self._limits.max_headers,
        )

    async def __aenter__(self) -> "Client":
        if self._proxies:
            await self._proxies.check()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        for connection in self._unsettled:
            connection.give_up()
        await self._kept.close()
        await self._alone.close()

    @property
    def is_settled(self) -> bool:
        """Whether nothing that any connection brought is in doubt."""
        return not self._unsettled

    async def get(self, request: Request) -> Redirect | None:
        """Ask for a page and take its body into the part; None when it is complete, else where a redirect leads.

        A kept connection that closes without a word of the reply was no try: it is at once repeated on a new one (RFC
        9112, section 9.3.1). Raises FetchError for whatever is neither a success nor a redirect.
        """
        url = addresses.parsed(request.address)
        proxy = self._proxies.of(url) if self._proxies else None
        watch = self._watch(request)
        try:
            return await self._get(url, proxy, watch, self._alone if request.alone or request.part.size else self._kept)
        except FetchError as failure:
            kept = watch.connection
            if failure.kind != "disconnected" or kept is None or kept.requests == 1 or kept.reply_begun:
                raise
        return await self._get(url, proxy, self._watch(request), self._alone)

    def _watch(self, request: Request) -> _Watch:
        return _Watch(request, monotonic(), cast("asyncio.Task[Any]", asyncio.current_task()))

    async def _get(self, url: URL, proxy: str | None, watch: _Watch, session: aiohttp.ClientSession) -> Redirect | None:
        request, page = watch.request, watch.request.page
        page.status = page.connect_ms = page.latency_ms = page.content_length = None
        self._watched.add(watch)
        _watching.set(watch)
        try:
            async with session.get(
                url,
                headers=self._headers(request),
                proxy=proxy,
                allow_redirects=False,
                ssl=self._tls if url.scheme == "https" else True,
            ) as reply:
                page.status = reply.status
                if reply.status in REDIRECTS:
                    request.trip.cookies.keep(request.address, reply)
                    await self._read_rest(watch, reply)
                    locations = values(reply.raw_headers, b"location")
                    return Redirect(frozenset(locations), self._asked_wait_s(reply))
                await self._receive(watch, reply)
                return None
        except asyncio.CancelledError:
            if not watch.overdue or watch.task.cancelling() > 1:  # it is not, or not only, `_tick` that ends it
                raise
            raise watch.overdue from None
        except (aiohttp.ClientError, http_exceptions.HttpProcessingError, OSError, ValueError) as error:
            if watch.connection is not None and watch.connection.is_disorderly:
                raise FetchError("unasked", "something came before it was asked for") from error
            raise replies.failure_of(error, watch.sent is not None, watch.last_byte is not None) from error
        finally:
            self._watched.discard(watch)
            if watch.overdue:
                watch.task.uncancel()
            page.total_ms = round(page.total_ms + (monotonic() - watch.began) * 1000, 3)

    def _headers(self, request: Request) -> dict[str, str]:
        headers: dict[str, str] = {}
        if request.last:
            headers[hdrs.CONNECTION] = "close"  # idle connections would pile up
        if request.part.origin and request.part.origin.address == request.address:
            headers |= {"Range": f"bytes={request.part.size}-", "If-Range": request.part.origin.validator}
        if cookie := request.trip.cookies.of(request.address):
            headers[hdrs.COOKIE] = cookie
        return headers

    async def _receive(self, watch: _Watch, reply: aiohttp.ClientResponse) -> None:
        """The reply's body, whole, into the part. Raises FetchError for any reply that is not a success."""
        now = monotonic()
        assert watch.sent is not None
        request, page, part = watch.request, watch.request.page, watch.request.part
        page.latency_ms = round((now - watch.sent) * 1000, 3)
        length = total = watch.framing.length
        ranged = "Range" in reply.request_info.headers
        if reply.status == 206 and ranged and replies.continues(part, reply.headers, watch.framing):
            total = None if length is None else part.size + length
        elif reply.status == 200:
            codings = decode.known(watch.framing.codings)
            validator = replies.strong_validator(reply.headers)
            is_sure = validator and watch.is_first  # a reply that may be another page's is no part to continue
            part.begin(Origin(request.address, validator, total, codings) if is_sure else None, codings)
        elif reply.status == 204 and request.is_robots:
            part.begin(None, [])
        else:
            failure = self._refusal(part, reply)
            await self._read_rest(watch, reply)
            raise failure
        page.content_length = total
        if total and total > request.most and not request.is_robots:
            raise FetchError("too_large", f"{total} bytes announced, {request.most} allowed")
        watch.body_begins(now)
        await self._body(watch, reply)
        page.wire_bytes = part.size
        if total is not None and part.size != total and not request.is_robots:
            raise FetchError("truncated", f"{part.size} of {total} bytes")

    async def _body(self, watch: _Watch, reply: aiohttp.ClientResponse) -> None:
        request, part = watch.request, watch.request.part
        while data := await reply.content.readany():
            watch.last_byte = monotonic()
            watch.received += len(data)
            if part.size + len(data) > request.most:
                if not request.is_robots:
                    raise FetchError("too_large", f"more than {request.most} bytes")
                part.add(data[: request.most - part.size])
                return
            if part.add(data):
                await _spill(part, request.most)
        if part.on_disk and part.in_memory:
            await _spill(part, request.most)

    async def _read_rest(self, watch: _Watch, reply: aiohttp.ClientResponse) -> None:
        """Read what is left of a reply that is no page, unless that is much, so that its connection can serve again."""
        self._watched.discard(watch)
        if reply.content.is_eof() or (watch.framing.length or 0) > LEFT_BYTES:
            return
        left = LEFT_BYTES
        with suppress(TimeoutError, aiohttp.ClientError, OSError, FetchError):  # whatever it was: it is no page
            async with asyncio.timeout(LEFT_S):
                while left > 0 and (data := await reply.content.readany()):
                    left -= len(data)

    def _refusal(self, part: Part, reply: aiohttp.ClientResponse) -> FetchError:
        """What a reply that brings no page means."""
        detail = f"status {reply.status} {reply.reason or ''}"
        if "Range" in reply.request_info.headers and reply.status in (206, 416):
            part.drop()
            return FetchError("status", f"{detail}; the part fetched earlier does not fit any more", passing=True)
        wait_s = self._asked_wait_s(reply)
        passing = reply.status in self._limits.retry_statuses or bool(wait_s and reply.status in replies.WAITING)
        return FetchError("status", detail, passing=passing, wait_s=wait_s)

    def _asked_wait_s(self, reply: aiohttp.ClientResponse) -> float:
        return min(replies.retry_after_s(reply.headers), self._limits.max_wait_s)

    def _know(self, connection: Connection, askers: list[Any], certain: bool) -> None:
        if connection.is_settled:
            self._unsettled.discard(connection)
        self._settled(connection, askers, certain)

    def _tick(self) -> None:
        """End the requests that take too long, and look at what has been silent, now and from now on."""
        now = monotonic()
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        for watch in self._watched:
            if kind := watch.check(now, self._limits):
                watch.end(FetchError(kind, f"after {now - watch.began:.1f} s"))
            elif watch.last_byte and now - watch.last_byte > STALLED_S and watch.looked_at < watch.received:
                watch.looked_at = watch.received
                self._looking.add(looking := asyncio.create_task(self._look_at(watch)))
                looking.add_done_callback(self._looking.discard)
        for connection in [*self._unsettled]:
            connection.look(now)

    async def _look_at(self, watch: _Watch) -> None:
        """See whether the body that makes a pause can still become a page."""
        part = watch.request.part
        if part.codings and not part.on_disk:
            failure = await asyncio.to_thread(decode.corruption, part.latest(), part.codings, watch.request.most)
            if failure and watch in self._watched:
                watch.end(failure)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()  # takes 35 ms: only when it is needed


async def _spill(part: Part, most: int) -> None:
    """Relieve the memory, in a thread; whatever ends the request waits until that is done, for it will use the part."""
    spilling, cancelled = asyncio.get_running_loop().run_in_executor(None, _spill_if_good, part, most), None
    while not spilling.done():
        try:
            await asyncio.wait([spilling])
        except asyncio.CancelledError as error:  # a second Ctrl-C comes as a second one
            cancelled = error
    spilling.result()
    if cancelled:
        raise cancelled


def _spill_if_good(part: Part, most: int) -> None:
    if not part.on_disk and part.codings and (failure := decode.corruption(part.latest(), part.codings, most)):
        raise failure
    part.spill()
