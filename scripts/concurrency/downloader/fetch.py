"""The downloader: every page once, asynchronously. With the modules beneath it (`exchange`, `connection`, `schedule`,
`robots`, `writing`, `store`, `addresses`, `framing`, `replies`, `decode`, `failures`) the only place that knows HTTP
policy."""

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, cast

import tenacity

from concurrency.downloader import addresses, replies, robots
from concurrency.downloader.connection import QUIET_S, Connection
from concurrency.downloader.cookies import Cookies
from concurrency.downloader.exchange import Client, Redirect, Request
from concurrency.downloader.failures import FetchError, fault
from concurrency.downloader.limits import USER_AGENT, Limits, Manners
from concurrency.downloader.schedule import Host, Schedule
from concurrency.downloader.store import Page, Part, Store
from concurrency.downloader.writing import Writer
from concurrency.errors import UserError

__all__ = ["USER_AGENT", "Limits", "Manners", "fetch_all"]

LONG = 1000  # characters of an address; to match a longer one with thousands of rules is not for the event loop

log = logging.getLogger(__name__)


def fetch_all(
    urls: Sequence[str],
    fetched_from: Sequence[str],
    folder: Path,
    source: str,
    manners: Manners,
    limits: Limits,
    on_page: Callable[[Page, str], None],
    shard: str = "",
    on_doubt: Callable[[Page], None] = lambda _: None,
) -> Iterator[Page]:
    """Fetch each of `urls` once into `folder` (see `store`), then yield a Page for each, in order.

    `urls` name the pages in the tables, so they should have no logins in them. `fetched_from` says where each is really
    fetched from (a replay server, or the URL itself, login included), `source` what all of them come from: pages that
    an earlier run brought from the same source are kept. A URL that is there twice is fetched once and gets two equal
    rows. `on_page` is called as each page ends, with what went wrong, if anything; `on_doubt` when it has to be fetched
    again all the same, because it came over a connection that did not keep the order of replies. A failure is a Page
    with its `error`, one of `failures.KINDS`, and no file. Raises UserError where the disk fails or another download is
    using `folder`. The folder stays locked until the last page was taken. Several shards, each with a name of its own,
    may fill one folder at the same time.
    """
    with Store(folder, source, shard) as store:
        missing = []
        for url, address in dict(zip(urls, fetched_from, strict=True)).items():
            if page := store.finished(url):
                on_page(page, "")
            else:
                missing.append((url, address))
        if missing:
            with _little_garbage():
                asyncio.run(_Download(store, manners, limits, on_page, on_doubt).run(missing))
        yield from store.sweep(cast(Page, store.row(url)) for url in urls)


@contextmanager
def _little_garbage() -> Iterator[None]:
    """Spares the garbage collector what is there already, and most looks at what pages need for a moment: a twentieth
    of a download's time."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(10_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


@dataclass(slots=True, eq=False)
class _Job:
    """A page on its way, or the robots.txt that pages wait for: where it is fetched from next, and what it took."""

    page: Page
    start: str
    address: str  # where redirects have led
    part: Part
    began: float
    hops: int = 0
    trip: "_Trip" = field(init=False)
    alone: bool = False  # it is to have connections of its own
    failure: FetchError | None = None  # how it ended
    retry: tenacity.RetryCallState | None = None
    holds: Host[Any] | None = None  # the host whose pages wait for this robots.txt

    def __post_init__(self) -> None:
        self.trip = _Trip(self)

    def set_out_again(self) -> None:
        """Back to where it started."""
        self.trip.job = None
        self.address, self.hops, self.failure, self.trip = self.start, 0, None, _Trip(self)


@dataclass(slots=True, eq=False)
class _Trip:
    """What one try of a page, redirects included, has been through.

    As long as it is not known whether the `connections` that it came over kept their order, it is not certain that what
    came is the page's; it is `in_doubt` once one of them turned out not to have, or could not be read to its end.
    """

    job: _Job | None  # as long as this is its latest
    connections: set[Connection] = field(default_factory=set)
    in_doubt: bool = False
    is_put: bool = False  # to the writing process, as a page that came over these connections
    is_written: bool = False
    cookies: Cookies = field(default_factory=Cookies)


_Turn = tuple[Host[Any], _Job]


class _Download:
    """One run of the downloader: a task for each request that may be under way, everything else in the schedule."""

    def __init__(
        self,
        store: Store,
        manners: Manners,
        limits: Limits,
        on_page: Callable[[Page, str], None],
        on_doubt: Callable[[Page], None],
    ) -> None:
        self._store, self._manners, self._limits = store, manners, limits
        self._on_page, self._on_doubt = on_page, on_doubt
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
        self._robots = robots.Robots()
        self._unknown: dict[Host[Any], FetchError] = {}  # hosts that have no address
        self._disorderly: Counter[str] = Counter()  # by host: its connections that brought what nobody asked for
        self._unmarked: set[int] = set()  # of those that are certain, which the journal does not say yet
        self._failure: BaseException | None = None  # of the disk, or a fault of ours that is no page's
        self._under_way: set[_Job] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._all_ended = asyncio.Event()
        self._stopped = False

    async def run(self, missing: Sequence[tuple[str, str]]) -> None:
        """Bring each of `missing` (URL, address) to its end. Raises UserError where the disk fails."""
        self._missing = missing
        asyncio.get_running_loop().set_exception_handler(self._broken)
        self._retrying.begin()
        self._open = len(missing)
        for i, (_, address) in enumerate(missing):
            self._schedule.host(addresses.hostname(address)).queue.append(i)
        for name, portion in self._manners.portions.items():
            self._schedule.share(name, portion)
        for host in self._schedule.hosts.values():
            host.queue.reverse()
            self._schedule.offer(host)
        try:
            with Writer(self._store, self._limits.max_bytes) as self._writer:
                async with (
                    Client(self._manners, self._limits, len(self._schedule.hosts), self._settled) as self._client,
                    asyncio.TaskGroup() as self._tasks,
                ):
                    writing = self._tasks.create_task(self._write())
                    self._pump()
                    try:
                        await self._all_ended.wait()
                    finally:
                        self._stopped = True
                        await self._wind_up()
                    if self._failure:
                        raise self._failure
                    writing.cancel()
        except BaseExceptionGroup as group:
            if disk := group.subgroup(UserError):
                raise disk.exceptions[0] from None
            raise
        finally:
            if self._timer:
                self._timer.cancel()
            with suppress(UserError):  # what cannot be kept is fetched again
                self._store.mark(self._unmarked)
            for job in self._under_way:
                with suppress(UserError):
                    job.part.keep()

    async def _write(self) -> None:
        try:
            await self._writer.run()
        except UserError as error:
            self._failure = error
        finally:
            self._stopped = True
            self._all_ended.set()

    def _broken(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A fault of ours in what no task waits for must not leave all waiting for ever."""
        error = context.get("exception")
        if not isinstance(error, UserError):
            loop.default_exception_handler(context)
        if error and not (isinstance(error, OSError) and "transport" in context):  # that one's connection is lost
            self._failure = self._failure or error
            self._stopped = True
            self._all_ended.set()

    async def _wind_up(self) -> None:
        """Interrupted, or the disk failed: give what is under way, and then is silent, the time to become certain."""
        give_up = monotonic() + 2 * QUIET_S
        while (
            self._under_way or not self._client.is_settled or not (self._failure or self._writer.is_idle)
        ) and monotonic() < give_up:
            await asyncio.sleep(0.02)

    def _pump(self) -> None:
        """Start as many requests as may be under way now."""
        while turn := self._turn():
            self._tasks.create_task(self._work(turn))

    def _turn(self) -> _Turn | None:
        """The next request that may be made now, if there is one; its job is under way from now on."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._stopped:  # interrupted, or the disk failed: a timer may still come
            return None
        if len(self._under_way) >= self._manners.in_flight or self._writer.is_full:
            return None
        if (turn := self._schedule.take(monotonic())) is None:
            if change := self._schedule.next_change():
                self._timer = asyncio.get_running_loop().call_at(change, self._pump)
            return None
        host, entry = turn
        job = self._new_job(*self._missing[entry]) if isinstance(entry, int) else entry
        self._under_way.add(job)
        return host, job

    async def _work(self, turn: _Turn | None) -> None:
        """One request after the other, as long as there is one that may be made."""
        while turn:
            host, job = turn
            try:
                await self._step(host, job)
            except BaseException:
                self._stopped = True
                self._all_ended.set()
                raise
            self._under_way.discard(job)
            self._schedule.leave(host)
            turn = self._turn()
            if turn and len(self._under_way) < self._manners.in_flight:  # what came of it may let more than one begin
                self._pump()

    async def _step(self, host: Host[Any], job: _Job) -> None:
        """One request, and what follows from it."""
        try:
            if self._manners.robots and not job.holds:
                if host.held:  # this turn was given before another one began to ask for robots.txt
                    self._schedule.put(host, job, monotonic())
                    return
                if asked := await self._ask_first(job.address):
                    self._schedule.put(host, job, monotonic())
                    host.held = True
                    job = self._new_job(asked, asked)
                    job.holds = host
            await self._request(host, job)
        except FetchError as failure:
            self._failed(job, failure, host)
            await asyncio.sleep(0)  # it may have failed without waiting for anything, and so may the next one
        except UserError:
            raise
        except Exception as error:
            log.exception("%s: a fault of this workflow", job.page.url)
            self._failed(job, fault(error), host)
            await asyncio.sleep(0)

    async def _ask_first(self, address: str) -> str:
        if len(address) > LONG:
            return await asyncio.to_thread(self._robots.ask_first, address)
        return self._robots.ask_first(address)

    def _new_job(self, url: str, address: str) -> _Job:
        return _Job(Page(url), address, address, self._store.part(url), monotonic())

    async def _request(self, host: Host[Any], job: _Job) -> None:
        """One request for `job`: its body comes, or it goes on elsewhere. Raises FetchError."""
        if unknown := self._unknown.get(host):
            raise unknown.again()
        try:
            redirect = await self._client.get(
                Request(
                    job.address,
                    job.page,
                    job.part,
                    job.trip,
                    began=job.began,
                    most=robots.MOST_BYTES if job.holds else self._limits.max_bytes,
                    is_robots=job.holds is not None,
                    last=len(host.queue) < host.in_flight,
                    alone=job.alone or (bool(self._disorderly) and self._is_disorderly(job.address)),
                )
            )
        except FetchError as failure:
            if failure.kind == "dns" and not failure.passing:
                self._unknown[host] = failure
            raise
        if redirect:
            self._redirect(job, redirect)
        elif job.holds:
            delay_s = await asyncio.to_thread(self._robots.came, job.start, job.part)
            job.holds.space(min(delay_s, self._limits.max_wait_s))
            self._let_go(job)
        else:
            self._conclude(job, None)

    def _is_disorderly(self, address: str) -> bool:
        return self._disorderly[addresses.hostname(address)] > 1

    def _redirect(self, job: _Job, redirect: Redirect) -> None:
        """Let `job` go on where the reply points. Raises FetchError where that is not acceptable."""
        assert job.page.status
        job.hops += 1
        if job.hops > self._limits.max_redirects:
            raise FetchError("redirect", f"more than {self._limits.max_redirects} redirects")
        job.address = addresses.redirected(
            job.address, job.page.status, redirect.locations, allow_downgrade=self._limits.allow_downgrade
        )
        host = self._schedule.host(addresses.hostname(job.address))
        self._schedule.put(host, job, monotonic() + redirect.wait_s, urgent=job.holds is not None)

    def _failed(self, job: _Job, failure: FetchError, host: Host[Any] | None = None) -> None:
        """Another try for `job`, later, or its end. An overloaded `host` is left alone altogether for that time."""
        if job.retry is None:
            job.retry = tenacity.RetryCallState(self._retrying, None, (), {})
            job.retry.start_time = job.began
        job.retry.set_exception((FetchError, failure, None))
        try:
            self._retrying.iter(job.retry)
        except FetchError:
            self._end(job, failure)
        else:
            log.info("%s: %s: %s; again in %.1f s", job.page.url, failure.kind, failure, job.retry.upcoming_sleep)
            job.retry.prepare_for_next_attempt()
            if job.trip.in_doubt or failure.kind == "unasked":
                job.alone = True
                job.part.drop()
            job.part.keep()
            job.set_out_again()
            self._put(job, job.retry.upcoming_sleep)
        if host and failure.kind == "status" and job.page.status in replies.OVERLOADED:
            self._schedule.block(host, monotonic() + job.retry.upcoming_sleep)

    def _put(self, job: _Job, wait_s: float) -> None:
        """Let `job` start, after a while."""
        host = self._schedule.host(addresses.hostname(job.start))
        self._schedule.put(host, job, monotonic() + wait_s, urgent=job.holds is not None)

    def _end(self, job: _Job, failure: FetchError) -> None:
        """There is no other try."""
        if job.holds:
            self._robots.failed(job.start, job.page.status or 0, failure)
            self._let_go(job)
            return
        if failure.kind in ("encoding", "too_large"):
            job.part.drop()
        job.part.keep()
        job.page.error = failure.kind
        self._conclude(job, failure)

    def _let_go(self, job: _Job) -> None:
        """The pages that wait for this robots.txt may go on."""
        assert job.holds
        job.part.drop()
        job.holds.held = False
        self._schedule.offer(job.holds)

    def _conclude(self, job: _Job, failure: FetchError | None) -> None:
        """What came of the page is to be written, unless it is known to be in doubt."""
        job.failure = failure
        if _is_to_doubt(job):
            self._repeat(job)
            return
        numbers: list[int] = []
        if not failure:
            job.trip.is_put = True
            for connection in job.trip.connections:
                connection.number = connection.number or self._store.new_number()
                numbers.append(connection.number)
        self._writer.put(job.page, None if failure else job.part, partial(self._written, job), numbers)

    def _written(self, job: _Job, undecodable: FetchError | None) -> None:
        """What came of the page is in the journal, or its body turned out to be `undecodable`."""
        if undecodable:
            job.part.drop()
            self._failed(job, undecodable)
        else:
            job.trip.is_written = True
            if job.failure:
                log.info("%s: %s: %s", job.page.url, job.failure.kind, job.failure)
            self._on_page(job.page, str(job.failure or ""))
            self._close(job)
        self._pump_if_idle()

    def _close(self, job: _Job) -> None:
        """Have done with the page, if what came of it is written and certain."""
        if not job.trip.is_written or job.trip.connections:
            return
        if _is_to_doubt(job):
            self._on_doubt(job.page)
            self._repeat(job)
            return
        job.trip.job = None  # they know each other: together they would stay until the garbage collector comes
        self._open -= 1
        if not self._open:
            self._all_ended.set()

    def _repeat(self, job: _Job) -> None:
        """What came of the page may have been meant for another one."""
        job.page = Page(job.page.url, attempts=job.page.attempts, total_ms=job.page.total_ms)
        job.part.drop()
        if job.alone:
            self._failed(job, FetchError("unasked", "more than what was asked for, on a connection of its own"))
            return
        log.info("%s: its connection did not keep the order of replies; again on one of its own", job.page.url)
        job.alone = True
        job.set_out_again()
        self._put(job, 0)

    def _settled(self, connection: Connection, trips: list[_Trip], certain: bool) -> None:
        """What came over `connection` is certain, or in doubt."""
        number, connection.number = connection.number, 0
        if connection.is_disorderly:
            self._disorderly[connection.host] += 1
        if certain and number:
            self._unmarked.add(number)
            put = [trip for trip in trips if trip.is_put]
            self._writer.mark(number, partial(self._marked, connection, number, put))
        for trip in trips:
            trip.in_doubt |= not certain
            if trip.job and not certain and connection.requests == 1:
                trip.job.alone = True  # it was already
            if not (certain and trip.is_put):
                self._leave(connection, trip)
        self._pump_if_idle()

    def _marked(self, connection: Connection, number: int, trips: list[_Trip], _: FetchError | None) -> None:
        """The journal says that what came over `connection` is certain."""
        self._unmarked.discard(number)
        for trip in trips:
            self._leave(connection, trip)

    def _leave(self, connection: Connection, trip: _Trip) -> None:
        if connection in trip.connections:
            trip.connections.discard(connection)
            if trip.job:
                self._close(trip.job)

    def _pump_if_idle(self) -> None:
        """For want of pages, or because too much was unwritten, fewer requests may be under way than could be."""
        if len(self._under_way) < self._manners.in_flight:
            self._pump()


def _is_to_doubt(job: _Job) -> bool:
    """Whether what became of the page, a failure too, may come of another one's reply. Its own connection's failure is
    its own."""
    if not job.trip.in_doubt:
        return False
    return job.failure is None or not (job.alone or job.failure.kind == "page_timeout")


def _asked_wait_s(state: tenacity.RetryCallState) -> float:
    assert state.outcome
    return cast(FetchError, state.outcome.exception()).wait_s
