"""The downloader: every page once, asynchronously. With the modules beneath it (`exchange`, `schedule`, `robots`,
`writing`, `store`, `addresses`, `replies`, `decode`, `failures`) the only place that knows HTTP policy."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, cast

import tenacity

from concurrency import addresses, replies, robots
from concurrency.errors import UserError
from concurrency.exchange import Client
from concurrency.failures import FetchError
from concurrency.limits import USER_AGENT, Limits, Manners
from concurrency.schedule import Host, Schedule
from concurrency.store import Page, Part, Store
from concurrency.writing import Writer

__all__ = ["USER_AGENT", "Limits", "Manners", "fetch_all"]

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
) -> Iterator[Page]:
    """Fetch each of `urls` once into `folder` (see `store`), then yield a Page for each, in order.

    `fetched_from` says where each URL is really fetched from (a replay server, or the URL itself), `source` what all
    of them come from: pages that an earlier run brought from the same source are kept. A URL that is there twice is
    fetched once and gets two equal rows. `on_page` is called as each page ends, with what went wrong, if anything.
    A failure is a Page with its `error`, one of `failures.KINDS`, and no file. Raises UserError where the disk fails
    or another download is using `folder`. The folder stays locked until the last page was taken. Several shards, each
    with a name of its own, may fill one folder at the same time.
    """
    with Store(folder, source, shard) as store:
        missing = []
        for url, address in dict(zip(urls, fetched_from, strict=True)).items():
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


_Turn = tuple[Host[Any], _Job]


class _Download:
    """One run of the downloader: a task for each request that may be under way, everything else in the schedule."""

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
        self._robots = robots.Robots()
        self._unknown: dict[Host[Any], FetchError] = {}  # hosts that have no address
        self._under_way: set[_Job] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._all_ended = asyncio.Event()
        self._stopped = False

    async def run(self, missing: Sequence[tuple[str, str]]) -> None:
        """Bring each of `missing` (URL, address) to its end. Raises UserError where the disk fails."""
        self._missing = missing
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
                    Client(self._manners, self._limits, len(self._schedule.hosts)) as self._client,
                    asyncio.TaskGroup() as self._tasks,
                ):
                    writing = self._tasks.create_task(self._write())
                    self._pump()
                    try:
                        await self._all_ended.wait()
                    finally:
                        self._stopped = True
                    writing.cancel()
        except BaseExceptionGroup as group:
            if disk := group.subgroup(UserError):
                raise disk.exceptions[0] from None
            raise
        finally:
            if self._timer:
                self._timer.cancel()
            for job in self._under_way:
                with suppress(UserError):  # what cannot be kept is fetched again
                    job.part.keep()

    async def _write(self) -> None:
        try:
            await self._writer.run()
        finally:  # a timer may come before the task group has told anybody
            self._stopped = True

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
                if asked := self._robots.ask_first(job.address):
                    self._schedule.put(host, job, monotonic())
                    host.held = True
                    job = self._new_job(asked, asked)
                    job.holds = host
            await self._request(host, job)
        except FetchError as failure:
            self._failed(job, failure, host)
            await asyncio.sleep(0)  # it may have failed without waiting for anything, and so may the next one

    def _new_job(self, url: str, address: str) -> _Job:
        return _Job(Page(url), address, address, self._store.part(url), monotonic())

    async def _request(self, host: Host[Any], job: _Job) -> None:
        """One request for `job`: its body comes, or it goes on elsewhere. Raises FetchError."""
        if unknown := self._unknown.get(host):
            raise unknown.again()
        try:
            locations = await self._client.get(
                job.address,
                job.page,
                job.part,
                began=job.began,
                most=robots.MOST_BYTES if job.holds else self._limits.max_bytes,
                last=not host.queue,
            )
        except FetchError as failure:
            if failure.kind == "dns" and not failure.passing:
                self._unknown[host] = failure
            raise
        if locations is not None:
            self._redirect(job, locations)
        elif job.holds:
            delay_s = self._robots.came(job.start, job.part.read(robots.MOST_BYTES))
            job.holds.space(min(delay_s, self._limits.max_wait_s))
            self._let_go(job)
        else:
            self._writer.put(job.page, job.part, partial(self._written, job, None))

    def _redirect(self, job: _Job, locations: Collection[str]) -> None:
        """Let `job` go on where the reply points. Raises FetchError where that is not acceptable."""
        assert job.page.status
        job.hops += 1
        if job.hops > self._limits.max_redirects:
            raise FetchError("redirect", f"more than {self._limits.max_redirects} redirects")
        job.address = addresses.redirected(
            job.address, job.page.status, locations, allow_downgrade=self._limits.allow_downgrade
        )
        host = self._schedule.host(addresses.hostname(job.address))
        self._schedule.put(host, job, monotonic(), urgent=job.holds is not None)

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
            job.address, job.hops = job.start, 0
            job.part.keep()
            start = self._schedule.host(addresses.hostname(job.start))
            self._schedule.put(start, job, monotonic() + job.retry.upcoming_sleep, urgent=job.holds is not None)
        if host and failure.kind == "status" and job.page.status in replies.OVERLOADED:
            self._schedule.block(host, monotonic() + job.retry.upcoming_sleep)

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
        self._writer.put(job.page, None, partial(self._written, job, failure))

    def _let_go(self, job: _Job) -> None:
        """The pages that wait for this robots.txt may go on."""
        assert job.holds
        job.part.drop()
        job.holds.held = False
        self._schedule.offer(job.holds)

    def _written(self, job: _Job, failure: FetchError | None, undecodable: FetchError | None) -> None:
        """The page is in the journal, or its body turned out to be `undecodable`."""
        if undecodable:
            job.part.drop()
            self._failed(job, undecodable)
        else:
            if failure:
                log.info("%s: %s: %s", job.page.url, failure.kind, failure)
            self._on_page(job.page, str(failure or ""))
            self._open -= 1
            if not self._open:
                self._all_ended.set()
        if len(self._under_way) < self._manners.in_flight:  # for want of pages, or because too much was unwritten
            self._pump()


def _asked_wait_s(state: tenacity.RetryCallState) -> float:
    assert state.outcome
    return cast(FetchError, state.outcome.exception()).wait_s
