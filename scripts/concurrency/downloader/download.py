"""One download: what follows from how each request ended: another one of its page, elsewhere or later, or the page's
end."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from time import monotonic
from typing import Any

from concurrency.downloader import addresses, replies
from concurrency.downloader.certainty import Certainty
from concurrency.downloader.client import Client, Redirect
from concurrency.downloader.connection import QUIET_S
from concurrency.downloader.exchange import Request
from concurrency.downloader.failures import FetchError, fault
from concurrency.downloader.jobs import Job
from concurrency.downloader.limits import Limits, Manners
from concurrency.downloader.page import Page
from concurrency.downloader.recorded import Recording
from concurrency.downloader.retries import Retries
from concurrency.downloader.robots import MOST_BYTES, Robots
from concurrency.downloader.store import Store
from concurrency.downloader.workers import Workers
from concurrency.downloader.write_queue import WriteQueue
from concurrency.errors import UserError
from concurrency.schedule import Host, Schedule

log = logging.getLogger(__name__)


class Download:
    """One run of the downloader: what is to be done lies in the schedule until a worker takes it."""

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
        self._schedule: Schedule[int | Job] = Schedule(
            manners.in_flight_per_host or manners.in_flight, manners.requests_per_second or float("inf")
        )
        self._retries = Retries(limits)
        self._robots = Robots()
        self._unknown: dict[Host[Any], FetchError] = {}  # hosts that have no address
        self._failure: BaseException | None = None  # of the disk, or a fault of ours that is no page's
        self._under_way: set[Job] = set()
        self._all_ended = asyncio.Event()
        self._queue = WriteQueue(store, limits.max_bytes)
        self._certainty = Certainty(store, self._queue, self._written, self._ended, self._repeat)
        self._workers = Workers(self._schedule, manners.in_flight, lambda: self._queue.is_full, self._take)

    async def run(self, missing: Sequence[tuple[str, str]]) -> None:
        """Bring each of `missing` (URL, address) to its end. Raises UserError where the disk fails."""
        self._missing = missing
        asyncio.get_running_loop().set_exception_handler(self._broken)
        self._open = len(missing)
        for i, (_, address) in enumerate(missing):
            self._schedule.host(addresses.hostname(address)).queue.append(i)
        for name, portion in self._manners.portions.items():
            self._schedule.share(name, portion)
        for host in self._schedule.hosts.values():
            host.queue.reverse()
            self._schedule.offer(host)
        try:
            with self._queue, Recording(self._store.state) if self._manners.record else nullcontext() as recording:
                self._recording = recording
                self._client = Client(
                    self._manners, self._limits, len(self._schedule.hosts), self._certainty.settled, recording
                )
                async with self._client, asyncio.TaskGroup() as tasks:
                    writing = tasks.create_task(self._write())
                    self._workers.start(tasks)
                    try:
                        await self._all_ended.wait()
                    finally:
                        self._workers.stop()
                        await self._wind_up()
                    if self._failure:
                        raise self._failure
                    writing.cancel()
        except BaseExceptionGroup as group:
            if disk := group.subgroup(UserError):
                raise disk.exceptions[0] from None
            raise
        finally:
            self._certainty.keep()
            for job in self._under_way:
                with suppress(UserError):
                    job.part.keep()

    async def _write(self) -> None:
        try:
            await self._queue.run()
        except UserError as error:
            self._failure = error
        finally:
            self._stop()

    def _stop(self) -> None:
        self._workers.stop()
        self._all_ended.set()

    def _broken(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A fault of ours in what no task waits for must not leave all waiting for ever."""
        error = context.get("exception")
        if not isinstance(error, UserError):
            loop.default_exception_handler(context)
        if error and not (isinstance(error, OSError) and "transport" in context):  # that one's connection is lost
            self._failure = self._failure or error
            self._stop()

    async def _wind_up(self) -> None:
        """Interrupted, or the disk failed: give what is under way, and then is silent, the time to become certain."""
        give_up = monotonic() + 2 * QUIET_S
        while (
            self._workers.busy or not self._client.is_settled or not (self._failure or self._queue.is_idle)
        ) and monotonic() < give_up:
            await asyncio.sleep(0.02)

    async def _take(self, host: Host[Any], entry: int | Job) -> None:
        job = self._new_job(*self._missing[entry]) if isinstance(entry, int) else entry
        self._under_way.add(job)
        try:
            await self._step(host, job)
        except BaseException:
            self._stop()
            raise
        self._under_way.discard(job)

    async def _step(self, host: Host[Any], job: Job) -> None:
        """One request, and what follows from it."""
        try:
            if self._manners.robots and not job.holds:
                if host.held:  # this turn was given before another one began to ask for robots.txt
                    self._schedule.put(host, job, monotonic())
                    return
                if asked := await self._robots.ask_first(job.address):
                    self._schedule.put(host, job, monotonic())
                    host.held = True
                    job = Job(Page(asked), asked, asked, self._store.part(asked, noted=False), monotonic())
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

    def _new_job(self, url: str, address: str) -> Job:
        return Job(Page(url), address, address, self._store.part(url), monotonic())

    async def _request(self, host: Host[Any], job: Job) -> None:
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
                    most=MOST_BYTES if job.holds else self._limits.max_bytes,
                    is_robots=job.holds is not None,
                    last=len(host.queue) < host.in_flight,
                    alone=job.alone or self._certainty.is_disorderly(job.address),
                )
            )
        except FetchError as failure:
            if failure.kind == "dns" and not failure.passing:
                self._unknown[host] = failure
            raise
        if redirect:
            self._redirect(job, redirect)
        elif job.holds:
            delay_s = min(await self._robots.came(job.start, job.part), self._limits.max_wait_s)
            job.holds.space(delay_s)
            if delay_s and self._recording:
                self._recording.crawl_delay(job.start, delay_s)
            self._let_go(job)
        else:
            self._certainty.conclude(job, None)

    def _redirect(self, job: Job, redirect: Redirect) -> None:
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

    def _failed(self, job: Job, failure: FetchError, host: Host[Any] | None = None) -> None:
        """Another try for `job`, later, or its end. An overloaded `host` is left alone altogether for that time."""
        is_another_due, wait_s = self._retries.next(job, failure)
        if is_another_due:
            log.info("%s: %s: %s; again in %.1f s", job.page.url, failure.kind, failure, wait_s)
            if job.trip.in_doubt or failure.kind == "unasked":
                job.alone = True
                job.part.drop()
            job.part.keep()
            job.set_out_again()
            self._put(job, wait_s)
        else:
            self._end(job, failure)
        if host and failure.kind == "status" and job.page.status in replies.OVERLOADED:
            self._schedule.block(host, monotonic() + wait_s)

    def _put(self, job: Job, wait_s: float) -> None:
        """Let `job` start, after a while."""
        host = self._schedule.host(addresses.hostname(job.start))
        self._schedule.put(host, job, monotonic() + wait_s, urgent=job.holds is not None)

    def _end(self, job: Job, failure: FetchError) -> None:
        """There is no other try."""
        if job.holds:
            self._robots.failed(job.start, job.page.status or 0, failure)
            self._let_go(job)
            return
        if failure.kind in ("encoding", "too_large"):
            job.part.drop()
        job.part.keep()
        job.page.error = failure.kind
        self._certainty.conclude(job, failure)

    def _let_go(self, job: Job) -> None:
        """The pages that wait for this robots.txt may go on."""
        assert job.holds
        job.part.drop()
        job.holds.held = False
        self._schedule.offer(job.holds)

    def _written(self, job: Job, undecodable: FetchError | None) -> None:
        """What came of the page is in the journal, or its body turned out to be `undecodable`."""
        if undecodable:
            job.part.drop()
            self._failed(job, undecodable)
        else:
            if job.failure:
                log.info("%s: %s: %s", job.page.url, job.failure.kind, job.failure)
            self._on_page(job.page, str(job.failure or ""))
        self._workers.fill()

    def _ended(self) -> None:
        """What came of a page is certain."""
        self._open -= 1
        if not self._open:
            self._all_ended.set()

    def _repeat(self, job: Job) -> None:
        """What came of the page may have been meant for another one."""
        was_written = job.trip.is_written
        if was_written:
            self._on_doubt(job.page)
        job.page = Page(job.page.url, attempts=job.page.attempts, total_ms=job.page.total_ms)
        job.part.drop()
        if job.alone:
            self._failed(job, FetchError("unasked", "more than what was asked for, on a connection of its own"))
        else:
            log.info("%s: its connection did not keep the order of replies; again on one of its own", job.page.url)
            job.alone = True
            job.set_out_again()
            self._put(job, 0)
        if was_written:  # else it is under way, and so is whoever takes what is next
            self._workers.fill()
