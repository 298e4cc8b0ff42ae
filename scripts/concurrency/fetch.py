"""The downloader: every page once, asynchronously, over one session; with the modules beneath it (`schedule`,
`store`, `decode`, `replies`, `failures`) the only place that knows HTTP policy."""

import asyncio
import logging
import ssl
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import aiohttp
import tenacity
from aiohttp import http_exceptions
from protego import Protego
from yarl import URL

from concurrency import decode, replies
from concurrency.errors import UserError
from concurrency.failures import FetchError
from concurrency.schedule import Host, Portion, Schedule
from concurrency.store import Origin, Page, Part, Store

log = logging.getLogger(__name__)

PRODUCT = "concurrency-benchmark"
USER_AGENT = f"{PRODUCT}/1.0 ({{contact}}) {aiohttp.http.SERVER_SOFTWARE}"
OVERLOADED = (429, 503)  # the whole host wants to be left alone
REDIRECTS = (301, 302, 303, 307, 308)
ROBOTS_BYTES = 512_000  # RFC 9309 asks for 500 KiB at least
TICK_S = 0.1
UNWRITTEN_BYTES = 64 << 20  # bodies that wait for the disk; beyond it, no request is started


@dataclass(frozen=True)
class Manners:
    """How servers are treated. None means no limit."""

    in_flight: int
    in_flight_per_host: int | None = None
    requests_per_second: float | None = None  # to one host
    user_agent: str = USER_AGENT.format(contact="replay")
    robots: bool = False
    use_proxies: bool = False  # those of the environment: http_proxy, https_proxy, no_proxy
    portions: Mapping[str, Portion] = field(default_factory=dict)  # of hosts that other shards fetch from, too


@dataclass(frozen=True)
class Limits:
    """What a page may cost: see config.schema.yaml, download.limits, for each."""

    retries: int = 4
    backoff_s: float = 1
    max_wait_s: float = 120
    connect_s: float = 20
    first_byte_s: float = 60
    idle_s: float = 30
    attempt_s: float = 600
    page_s: float = 1800
    min_bytes_per_s: float = 100
    min_speed_over_s: float = 30
    max_bytes: int = 100_000_000
    max_header_bytes: int = 65_536
    max_redirects: int = 10
    allow_downgrade: bool = False


def fetch_all(
    urls: Sequence[str],
    addresses: Sequence[str],
    folder: Path,
    source: str,
    manners: Manners,
    limits: Limits,
    on_page: Callable[[Page, str], None],
    shard: str = "",
) -> Iterator[Page]:
    """Fetch each of `urls` once into `folder` (see `store`), then yield a Page for each, in order.

    `addresses` says where each URL is really fetched from (a replay server, or the URL itself), `source` what all of
    them come from: pages that an earlier run brought from the same source are kept. A URL that is there twice is
    fetched once and gets two equal rows. `on_page` is called as each page ends, with what went wrong, if anything.
    A failure is a Page with its `error`, one of `failures.KINDS`, and no file. Raises UserError where the disk fails
    or another download is using `folder`. The folder stays locked until the last page was taken. Several shards, each
    with a name of its own, may fill one folder at the same time.
    """
    with Store(folder, source, shard) as store:
        missing = []
        for url, address in dict(zip(urls, addresses, strict=True)).items():
            if page := store.finished(url):
                on_page(page, "")
            else:
                missing.append((url, address))
        if missing:
            asyncio.run(_Download(store, manners, limits, on_page).run(missing))
        yield from store.sweep(cast(Page, store.row(url)) for url in urls)


@dataclass(slots=True, eq=False)
class _Job:
    """A page on its way, or the robots.txt that pages wait for: where it is fetched from next, and what it took."""

    page: Page
    start: str
    address: str  # where redirects have led
    part: Part
    began: float
    hops: int = 0
    retry: tenacity.RetryCallState | None = None
    holds: Host[Any] | None = None  # the host whose pages wait for this robots.txt


@dataclass(slots=True, eq=False)
class _Watch:
    """One request's clock."""

    job: _Job
    began: float
    timeout: asyncio.Timeout | None = None
    connecting: float = 0.0
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
        if now - self.job.began > limits.page_s:
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


class _Download:
    """One run of the downloader: a task a request under way, everything else waits in the schedule."""

    def __init__(self, store: Store, manners: Manners, limits: Limits, on_page: Callable[[Page, str], None]) -> None:
        self._store, self._manners, self._limits, self._on_page = store, manners, limits, on_page
        self._schedule: Schedule[int | _Job] = Schedule(
            manners.in_flight_per_host or manners.in_flight, manners.requests_per_second or float("inf")
        )
        backoff = tenacity.wait_random_exponential(
            multiplier=limits.backoff_s, min=limits.backoff_s / 2, max=limits.max_wait_s
        )
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda failure: cast(FetchError, failure).passing),
            wait=lambda state: max(backoff(state), _asked_wait_s(state)),
            stop=tenacity.stop_after_attempt(limits.retries + 1) | tenacity.stop_before_delay(limits.page_s),
            reraise=True,
        )
        self._rules: dict[str, Protego | FetchError] = {}  # by origin
        self._unknown: dict[str, FetchError] = {}  # hosts that have no address
        self._proxies = urllib.request.getproxies() if manners.use_proxies else {}
        self._in_flight = 0
        self._watched: set[_Watch] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._thread = ThreadPoolExecutor(1, "writer")
        self._unwritten: list[tuple[_Job, FetchError | None]] = []
        self._unwritten_bytes = 0
        self._writing = False
        self._all_ended = asyncio.Event()
        self._stopped = False

    async def run(self, missing: Sequence[tuple[str, str]]) -> None:
        """Bring each of `missing` (URL, address) to its end. Raises UserError where the disk fails."""
        self._now = asyncio.get_running_loop().time
        self._missing = missing
        self._retrying.begin()
        self._open = len(missing)
        for i, (_, address) in enumerate(missing):
            self._schedule.host(hostname(address)).queue.append(i)
        for name, portion in self._manners.portions.items():
            self._schedule.share(name, portion)
        for host in self._schedule.hosts.values():
            host.queue.reverse()
            self._schedule.offer(host)
        connector = aiohttp.TCPConnector(
            limit=0,  # the schedule limits, so that no deadline runs while a request waits for its turn
            ttl_dns_cache=None,
            dns_cache_max_size=len(self._schedule.hosts) + 1000,
            ssl=ssl.create_default_context(),
        )
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector,
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),  # `_watch` looks after time
                    headers={"User-Agent": self._manners.user_agent, "Accept-Encoding": decode.ACCEPTED},
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,  # so that bytes can be counted on the wire and after decoding
                    max_line_size=self._limits.max_header_bytes,
                    max_field_size=self._limits.max_header_bytes,
                    trace_configs=[self._timing()],
                    middlewares=[_no_hidden_retry],
                ) as self._session,
                asyncio.TaskGroup() as self._tasks,
            ):
                watchman = self._tasks.create_task(self._watch())
                self._pump()
                try:
                    await self._all_ended.wait()
                finally:
                    self._stopped = True
                watchman.cancel()
        except BaseExceptionGroup as group:
            if disk := group.subgroup(UserError):
                raise disk.exceptions[0] from None
            raise
        finally:
            if self._timer:
                self._timer.cancel()
            self._thread.shutdown()

    def _pump(self) -> None:
        """Start as many requests as may be under way now."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._stopped:  # interrupted, or the disk failed: a timer may still come
            return
        now = self._now()
        while self._in_flight < self._manners.in_flight and self._unwritten_bytes < UNWRITTEN_BYTES:
            if (turn := self._schedule.take(now)) is None:
                if change := self._schedule.next_change():
                    self._timer = asyncio.get_running_loop().call_at(change, self._pump)
                return
            self._in_flight += 1
            self._tasks.create_task(self._turn(*turn))

    async def _turn(self, host: Host[Any], entry: int | _Job) -> None:
        job = self._new_job(*self._missing[entry]) if isinstance(entry, int) else entry
        try:
            await self._step(host, job)
        except BaseException:
            self._stopped = True
            job.part.keep()
            raise
        self._in_flight -= 1
        self._schedule.leave(host)
        self._pump()

    async def _step(self, host: Host[Any], job: _Job) -> None:
        """One request, and what follows from it."""
        try:
            if self._manners.robots and not job.holds:
                if host.held:  # this turn was given before another one began to ask for robots.txt
                    self._schedule.put(host, job, self._now())
                    return
                job = self._robots_first(host, job)
            if await self._attempt(host, job):
                self._came(job)
        except FetchError as failure:
            self._failed(job, failure, host)

    def _new_job(self, url: str, address: str) -> _Job:
        return _Job(Page(url), address, address, self._store.part(url), self._now())

    def _robots_first(self, host: Host[Any], job: _Job) -> _Job:
        """`job` if robots.txt allows it; if that is not known yet, the job of finding out, while the host's pages wait.

        Raises FetchError where it is not allowed.
        """
        origin = str(_parsed(job.address).origin())
        rules = self._rules.get(origin)
        if isinstance(rules, FetchError):
            raise rules.again()
        if rules is None:
            self._schedule.put(host, job, self._now())
            host.held = True
            address = f"{origin}/robots.txt"
            return _Job(Page(origin), address, address, self._store.part(address), self._now(), holds=host)
        if not rules.can_fetch(job.address, PRODUCT):
            raise FetchError("robots", f"{origin}/robots.txt forbids it")
        return job

    async def _attempt(self, host: Host[Any], job: _Job) -> bool:
        """One request for `job`; True when its body is complete, False when it goes on elsewhere. Raises FetchError."""
        headers = {}
        if not host.queue:
            headers["Connection"] = "close"  # nothing follows for this host; idle connections would pile up
        if job.part.origin and job.part.origin.address == job.address:
            headers |= {"Range": f"bytes={job.part.size}-", "If-Range": job.part.origin.validator}
        if unknown := self._unknown.get(host_name := hostname(job.address)):
            raise unknown.again()
        watch = _Watch(job, self._now())
        self._watched.add(watch)
        job.page.status = job.page.connect_ms = job.page.latency_ms = job.page.content_length = None
        try:
            async with (
                asyncio.timeout(None) as watch.timeout,
                self._session.get(
                    _parsed(job.address),
                    headers=headers,
                    proxy=self._proxy(job.address),
                    allow_redirects=False,
                    trace_request_ctx=watch,
                ) as reply,
            ):
                if reply.status in REDIRECTS:
                    self._redirect(job, reply)
                    return False
                await self._receive(job, watch, reply)
                return True
        except TimeoutError as error:
            if not watch.overdue:
                raise replies.failure_of(error, watch.sent is not None, watch.last_byte is not None) from error
            raise FetchError(watch.overdue, f"after {self._now() - watch.began:.1f} s") from None
        except (aiohttp.ClientError, http_exceptions.HttpProcessingError, OSError, ValueError) as error:
            failure = replies.failure_of(error, watch.sent is not None, watch.last_byte is not None)
            if failure.kind == "dns" and not failure.passing:
                self._unknown[host_name] = failure
            raise failure from error
        finally:
            self._watched.discard(watch)
            job.page.total_ms = round(job.page.total_ms + _ms(self._now() - watch.began), 3)

    async def _receive(self, job: _Job, watch: _Watch, reply: aiohttp.ClientResponse) -> None:
        """The reply's body, whole, into the job's part. Raises FetchError for any reply that is not a success."""
        page, part, now = job.page, job.part, self._now()
        assert watch.sent is not None
        page.status, page.latency_ms = reply.status, _ms(now - watch.sent)
        if sum(len(name) + len(value) + 4 for name, value in reply.raw_headers) > self._limits.max_header_bytes:
            raise FetchError("header_too_large", f"more than {self._limits.max_header_bytes} bytes")
        if reply.headers.get("Transfer-Encoding", "chunked").strip().lower() != "chunked":
            raise FetchError("protocol", f"Transfer-Encoding: {reply.headers['Transfer-Encoding']}")
        total = reply.content_length
        if reply.status == 206 and "Range" in reply.request_info.headers and replies.continues(part, reply):
            total = None if total is None else part.size + total
        elif reply.status == 200:
            codings = decode.codings(reply.headers.getall("Content-Encoding", []))
            validator = replies.strong_validator(reply.headers)
            part.begin(Origin(job.address, validator, total, codings) if validator else None, codings)
        else:
            self._refused(part, reply)
        page.content_length = total
        most = ROBOTS_BYTES if job.holds else self._limits.max_bytes
        if total and total > most:
            raise FetchError("too_large", f"{total} bytes announced, {most} allowed")
        watch.body_begins(now)
        async with _told_when_lost(reply):
            while data := await reply.content.readany():
                watch.last_byte = self._now()
                watch.received += len(data)
                if part.size + len(data) > most:
                    raise FetchError("too_large", f"more than {most} bytes")
                if part.add(data):
                    await asyncio.get_running_loop().run_in_executor(self._thread, part.spill)
        page.wire_bytes = part.size
        if total is not None and part.size != total:
            raise FetchError("truncated", f"{part.size} of {total} bytes")

    def _refused(self, part: Part, reply: aiohttp.ClientResponse) -> None:
        """Raise what a reply that brings no page means."""
        detail = f"status {reply.status} {reply.reason or ''}"
        if "Range" in reply.request_info.headers and reply.status in (206, 416):
            part.drop()
            raise FetchError("status", f"{detail}; the part fetched earlier does not fit any more", passing=True)
        wait_s = replies.retry_after_s(reply.headers) if reply.status in OVERLOADED else 0.0
        raise FetchError(
            "status",
            detail,
            passing=reply.status in replies.PASSING_STATUS,
            wait_s=min(wait_s, self._limits.max_wait_s),
        )

    def _redirect(self, job: _Job, reply: aiohttp.ClientResponse) -> None:
        """Let `job` go on where the reply points. Raises FetchError where that is not acceptable."""
        job.page.status = reply.status
        targets = set(reply.headers.getall("Location", []))
        if len(targets) != 1:
            raise FetchError("redirect", f"status {reply.status} with {len(targets) or 'no'} Location")
        job.hops += 1
        if job.hops > self._limits.max_redirects:
            raise FetchError("redirect", f"more than {self._limits.max_redirects} redirects")
        here, location = _parsed(job.address), targets.pop()
        try:
            target = URL(location)
            there = here.join(target).with_fragment(None)
        except ValueError as error:
            raise FetchError("redirect", f"to {location[:200]!r}: {error}") from error
        if there.scheme not in ("http", "https") or not there.host or (target.scheme and not target.host):
            raise FetchError("redirect", f"to {location[:200]!r}")
        if here.scheme == "https" and there.scheme == "http" and not self._limits.allow_downgrade:
            raise FetchError("redirect", f"from https to {location[:200]!r}")
        there = there.with_user(None)  # a server does not choose whom we log in as …
        if there.origin() == here.origin() and here.user is not None:
            there = there.with_user(here.user).with_password(here.password)  # … and no other one learns it
        job.address = str(there)
        host = self._schedule.host(hostname(job.address))
        self._schedule.put(host, job, self._now(), urgent=job.holds is not None)

    def _failed(self, job: _Job, failure: FetchError, host: Host[Any] | None = None) -> None:
        """Another try for `job`, later, or its end. An overloaded `host` is left alone altogether for that time."""
        if job.retry is None:
            job.retry = tenacity.RetryCallState(self._retrying, None, (), {})
            job.retry.start_time = job.began
        job.retry.set_exception((FetchError, failure, None))
        try:
            self._retrying.iter(job.retry)
        except FetchError:
            self._ends(job, failure)
        else:
            log.info("%s: %s: %s; again in %.1f s", job.page.url, failure.kind, failure, job.retry.upcoming_sleep)
            job.retry.prepare_for_next_attempt()
            job.address, job.hops = job.start, 0
            job.part.keep()
            start = self._schedule.host(hostname(job.start))
            self._schedule.put(start, job, self._now() + job.retry.upcoming_sleep, urgent=job.holds is not None)
        if host and failure.kind == "status" and job.page.status in OVERLOADED:
            self._schedule.block(host, self._now() + job.retry.upcoming_sleep)

    def _came(self, job: _Job) -> None:
        if not job.holds:
            self._hand_over(job, None)
            return
        text = job.part.read(ROBOTS_BYTES).decode("utf-8-sig", errors="replace")
        self._obey(job, Protego.parse(text))

    def _ends(self, job: _Job, failure: FetchError) -> None:
        status = job.page.status or 0
        if not job.holds:
            self._hand_over(job, failure)
        elif failure.kind == "status" and 400 <= status < 500 and status not in replies.PASSING_STATUS:
            self._obey(job, Protego.parse(""))  # there is none: all is allowed
        else:
            kind = "robots" if failure.kind in ("status", "encoding", "too_large") else failure.kind
            self._obey(job, FetchError(kind, f"robots.txt could not be read: {failure}", passing=False))

    def _obey(self, job: _Job, rules: Protego | FetchError) -> None:
        """From now on the pages of this origin follow `rules`."""
        assert job.holds
        job.part.drop()
        self._rules[job.page.url] = rules
        delay = rules.crawl_delay(PRODUCT) if isinstance(rules, Protego) else None
        job.holds.space(min(delay or 0.0, self._limits.max_wait_s))
        job.holds.held = False
        self._schedule.offer(job.holds)

    def _hand_over(self, job: _Job, failure: FetchError | None) -> None:
        """Give the job to the writing thread; all that come while it is busy make up its next batch."""
        self._unwritten.append((job, failure))
        self._unwritten_bytes += job.part.size
        if not self._writing:
            self._writing = True
            self._tasks.create_task(self._write())

    async def _write(self) -> None:
        while self._unwritten:
            batch, self._unwritten = self._unwritten, []
            sizes = sum(job.part.size for job, _ in batch)
            try:
                outcomes = await asyncio.get_running_loop().run_in_executor(self._thread, self._finish_each, batch)
            except BaseException:
                self._stopped = True
                raise
            self._unwritten_bytes -= sizes
            for (job, failure), undecodable in zip(batch, outcomes, strict=True):
                if undecodable:
                    self._failed(job, undecodable)
                else:
                    self._ended(job.page, failure)
            self._pump()
        self._writing = False

    def _finish_each(self, batch: Sequence[tuple[_Job, FetchError | None]]) -> list[FetchError | None]:
        """In the writing thread: pages to their files, rows to the journal; where a body does not decode, why."""
        outcomes: list[FetchError | None] = []
        for job, failure in batch:
            undecodable = None
            if failure is None:
                try:
                    self._store.finish(job.page, job.part, self._limits.max_bytes)
                except FetchError as found:
                    undecodable = found
            else:
                job.page.error = failure.kind
                if failure.kind in ("encoding", "too_large"):
                    job.part.drop()
                job.part.keep()
                self._store.record(job.page)
            outcomes.append(undecodable)
        return outcomes

    def _ended(self, page: Page, failure: FetchError | None) -> None:
        if failure:
            log.info("%s: %s: %s", page.url, failure.kind, failure)
        self._on_page(page, str(failure or ""))
        self._open -= 1
        if not self._open:
            self._all_ended.set()

    async def _watch(self) -> None:
        """End the requests that take too long."""
        while True:
            await asyncio.sleep(TICK_S)
            now = self._now()
            for watch in self._watched:
                if watch.timeout and not watch.overdue and (overdue := watch.check(now, self._limits)):
                    watch.overdue = overdue
                    watch.timeout.reschedule(now)

    def _proxy(self, address: str) -> str | None:
        if not self._proxies:
            return None
        parts = _parsed(address)
        assert parts.host
        return None if urllib.request.proxy_bypass(parts.host) else self._proxies.get(parts.scheme)

    def _timing(self) -> aiohttp.TraceConfig:
        """Notes on each request's watch when its connection was made and when it was sent."""
        trace = aiohttp.TraceConfig()

        async def connecting(session: aiohttp.ClientSession, context: Any, params: Any) -> None:
            context.trace_request_ctx.connecting = self._now()

        async def connected(session: aiohttp.ClientSession, context: Any, params: Any) -> None:
            watch: _Watch = context.trace_request_ctx
            watch.job.page.connect_ms = _ms(self._now() - watch.connecting)

        async def sent(session: aiohttp.ClientSession, context: Any, params: Any) -> None:
            watch: _Watch = context.trace_request_ctx
            watch.sent = self._now()
            watch.job.page.attempts += 1

        trace.on_connection_create_start.append(connecting)
        trace.on_connection_create_end.append(connected)
        trace.on_request_headers_sent.append(sent)
        return trace


async def _no_hidden_retry(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """aiohttp repeats a GET, unseen, when a kept connection was closed under it, but only for its own errors."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise FetchError("disconnected", str(error)) from error


@asynccontextmanager
async def _told_when_lost(reply: aiohttp.ClientResponse) -> AsyncIterator[None]:
    """Makes two ends of a body known that aiohttp passes over: a reset where only a close says that the body is
    complete (it takes it for the close), and chunks that are none (it closes the connection and waits for more)."""
    if reply.content_length is not None or reply.connection is None or reply.connection.protocol is None:
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


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _parsed(address: str) -> URL:
    """Raises FetchError where that cannot be requested."""
    try:
        url = URL(address)
    except ValueError as error:
        raise FetchError("url", str(error)) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise FetchError("url", f"{address!r} is not of the form http(s)://host/path")
    return url


def hostname(address: str) -> str:
    """The host of an address, by which its limits are kept."""
    return _host_in(address.partition("://")[2].partition("/")[0])


@lru_cache
def _host_in(authority: str) -> str:
    try:
        return URL(f"http://{authority}").host or ""
    except ValueError:
        return ""


def _asked_wait_s(state: tenacity.RetryCallState) -> float:
    assert state.outcome
    return cast(FetchError, state.outcome.exception()).wait_s
