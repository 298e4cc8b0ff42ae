"""The HTTP client: one request at a time for whoever asks, over aiohttp's sessions."""

import asyncio
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from functools import cached_property, partial
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, cast

import aiohttp
from aiohttp import hdrs, http_exceptions
from aiohttp.abc import ResolveResult
from aiohttp.connector import Connection as Lease
from aiohttp.tracing import Trace
from yarl import URL

from concurrency import codings
from concurrency.downloader import addresses, receiving, replies
from concurrency.downloader.connection import Connection
from concurrency.downloader.exchange import Exchange, Request
from concurrency.downloader.failures import FetchError
from concurrency.downloader.framing import values
from concurrency.downloader.limits import Limits, Manners
from concurrency.downloader.proxies import Proxies
from concurrency.downloader.recorded import Recording
from concurrency.downloader.watch import Watch

# glibc keeps what is freed, up to the size of the largest block freed so far, instead of giving it back to the kernel;
# freeing one of this size first saves each page the faults of its buffers: 30 to 80 µs.
_LEARNT_BYTES = 16 << 20


class Redirect(NamedTuple):
    """Where a reply points, as it says so, and how long to wait before going there."""

    locations: frozenset[bytes]
    wait_s: float


_exchange: ContextVar[Exchange] = ContextVar("exchange")  # the one that this task makes


class _Connector(aiohttp.TCPConnector):
    """Hands out connections that know what was asked on them, notes when a request has its own, which is when it is
    sent, and what a new one took; gives each request only one. aiohttp's own ways, TraceConfig and middlewares, cost
    60 µs per request."""

    def __init__(
        self,
        new_connection: Callable[[asyncio.AbstractEventLoop], Connection],
        asked: Callable[[Connection], None],
        recording: Recording | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._asked, self._recording = asked, recording
        self._factory = partial(new_connection, self._loop)  # type: ignore[assignment]  # where aiohttp has its own class

    async def connect(self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout) -> Lease:
        exchange = _exchange.get()
        if exchange.connection is not None:  # aiohttp repeats a GET, unseen, when a kept connection was closed under it
            raise FetchError("disconnected", "the connection was closed before the reply")
        lease = await super().connect(req, traces, timeout)
        exchange.connection = connection = cast(Connection, lease.protocol)
        exchange.sent = monotonic()
        exchange.request.page.attempts += 1
        if not connection.requests:
            exchange.request.page.connect_ms = round((exchange.sent - exchange.began) * 1000, 3)
            connection.host = req.url.raw_host or ""
        is_last = connection.ask(exchange.request.trip, exchange.sent)
        exchange.is_first = connection.is_first
        exchange.request.trip.connections.add(connection)
        self._asked(connection)
        if is_last:
            req.headers[hdrs.CONNECTION] = "close"
        if hdrs.CONNECTION in req.headers or self.force_close:
            connection.force_close()
            exchange.asks_to_close = True
        if self._recording:
            self._recording.observe(exchange, connection)
        return lease

    async def _resolve_host(self, *args: Any, **kwargs: Any) -> list[ResolveResult]:
        began = monotonic()
        try:
            return await super()._resolve_host(*args, **kwargs)
        finally:
            _exchange.get().lookup_s += monotonic() - began


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
        recording: Recording | None = None,
    ) -> None:
        bytes(_LEARNT_BYTES)
        self._limits, self._settled, self._recording = limits, settled, recording
        self._proxies = Proxies() if manners.use_proxies else None
        self._watch = Watch(limits)
        self._kept = self._session(manners, hosts)
        self._alone = self._session(manners, hosts, force_close=True)

    def _session(self, manners: Manners, hosts: int, **kwargs: Any) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=_Connector(
                lambda loop: Connection(loop, self._limits, self._know),
                self._watch.unsettled.add,
                self._recording,
                limit=0,  # the schedule limits, so that no deadline runs while a request waits for its turn
                ttl_dns_cache=None,
                dns_cache_max_size=hosts + 1000,
                **kwargs,
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # the watch looks after time
            headers={"User-Agent": manners.user_agent, "Accept-Encoding": codings.ACCEPTED},
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
        self._watch.stop()
        for connection in self._watch.unsettled:
            connection.give_up()
        await self._kept.close()
        await self._alone.close()

    @property
    def is_settled(self) -> bool:
        """Whether nothing that any connection brought is in doubt."""
        return not self._watch.unsettled

    async def get(self, request: Request) -> Redirect | None:
        """Ask for a page and take its body into the part; None when it is complete, else where a redirect leads.

        A kept connection that closes without a word of the reply was no try: it is at once repeated on a new one (RFC
        9112, section 9.3.1). Raises FetchError for whatever is neither a success nor a redirect.
        """
        url = addresses.parsed(request.address)
        proxy = self._proxies.of(url) if self._proxies else None
        tls = self._tls if url.scheme == "https" else True  # made here: that is no part of connecting
        exchange = _new_exchange(request)
        session = self._alone if request.alone or request.part.size else self._kept
        try:
            return await self._get(url, proxy, tls, exchange, session)
        except FetchError as failure:
            kept = exchange.connection
            if failure.kind != "disconnected" or kept is None or kept.requests == 1 or kept.reply_begun:
                raise
        return await self._get(url, proxy, tls, _new_exchange(request), self._alone)

    async def _get(
        self,
        url: URL,
        proxy: str | None,
        tls: ssl.SSLContext | bool,
        exchange: Exchange,
        session: aiohttp.ClientSession,
    ) -> Redirect | None:
        if self._recording is None:
            return await self._ask(url, proxy, tls, exchange, session)
        try:
            redirect = await self._ask(url, proxy, tls, exchange, session)
        except FetchError as failure:
            self._recording.add(exchange, failure.kind)
            raise
        self._recording.add(exchange, "")
        return redirect

    async def _ask(
        self,
        url: URL,
        proxy: str | None,
        tls: ssl.SSLContext | bool,
        exchange: Exchange,
        session: aiohttp.ClientSession,
    ) -> Redirect | None:
        request, page = exchange.request, exchange.request.page
        page.status = page.connect_ms = page.latency_ms = page.content_length = None
        self._watch.exchanges.add(exchange)
        _exchange.set(exchange)
        try:
            async with session.get(
                url,
                headers=_headers(request),
                proxy=proxy,
                allow_redirects=False,
                ssl=tls,
            ) as reply:
                page.status, failure = reply.status, None
                if reply.status in replies.REDIRECTS:
                    request.trip.cookies.keep(request.address, reply)
                elif receiving.is_begun(exchange, reply):
                    await receiving.receive(exchange, reply)
                    return None
                else:
                    failure = replies.refusal(request.part, reply, self._limits)
                self._watch.exchanges.discard(exchange)  # what became of it is known
                await receiving.read_rest(exchange, reply)
                if failure:
                    raise failure
                wait_s = replies.asked_wait_s(reply, self._limits)
                return Redirect(frozenset(values(reply.raw_headers, b"location")), wait_s)
        except asyncio.CancelledError:
            if not exchange.overdue or exchange.task.cancelling() > 1:  # it is not, or not only, the watch that ends it
                raise
            raise exchange.overdue from None
        except (aiohttp.ClientError, http_exceptions.HttpProcessingError, OSError, ValueError) as error:
            if exchange.connection is not None and exchange.connection.is_disorderly:
                raise FetchError("unasked", "something came before it was asked for") from error
            raise replies.failure_of(error, exchange.sent is not None, exchange.last_byte is not None) from error
        finally:
            self._watch.exchanges.discard(exchange)
            if exchange.overdue:
                exchange.task.uncancel()
            page.total_ms = round(page.total_ms + (monotonic() - exchange.began) * 1000, 3)

    def _know(self, connection: Connection, askers: list[Any], certain: bool) -> None:
        if connection.is_settled:
            self._watch.unsettled.discard(connection)
        self._settled(connection, askers, certain)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context()  # takes 35 ms: only when it is needed
        except OSError as error:
            raise replies.failure_of(error, sent=False, body_begun=False) from error


def _new_exchange(request: Request) -> Exchange:
    return Exchange(request, monotonic(), cast("asyncio.Task[Any]", asyncio.current_task()))


def _headers(request: Request) -> dict[str, str]:
    headers: dict[str, str] = {}
    if request.last:
        headers[hdrs.CONNECTION] = "close"  # idle connections would pile up
    if request.part.origin and request.part.origin.address == request.address:
        headers |= {"Range": f"bytes={request.part.size}-", "If-Range": request.part.origin.validator}
    if cookie := request.trip.cookies.of(request.address):
        headers[hdrs.COOKIE] = cookie
    return headers
