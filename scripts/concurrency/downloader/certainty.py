"""What is certain of a page: that what came is its own, once all connections that it came over are known to have kept
the order of replies (see `connection`), and once the journal says so."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from concurrency.downloader import addresses
from concurrency.downloader.connection import Connection
from concurrency.downloader.failures import FetchError
from concurrency.downloader.jobs import Job, Trip
from concurrency.downloader.store import Store
from concurrency.downloader.write_queue import WriteQueue
from concurrency.errors import UserError


class Certainty:
    """Has what came of pages written, and finds out whether it is theirs.

    `written(job, failure)` is called when what came of a page is written, or with a failure if its body does not
    decode; later `ended()` when that is certain, or `doubted(job)` when the page has to be fetched again.
    """

    def __init__(
        self,
        store: Store,
        queue: WriteQueue,
        written: Callable[[Job, FetchError | None], None],
        ended: Callable[[], None],
        doubted: Callable[[Job], None],
    ) -> None:
        self._store, self._queue = store, queue
        self._on_written, self._on_ended, self._on_doubted = written, ended, doubted
        self._disorderly: Counter[str] = Counter()  # by host: its connections that brought what nobody asked for
        self._unmarked: set[int] = set()  # of those that are certain, which the journal does not say yet

    def is_disorderly(self, address: str) -> bool:
        """Whether the host of `address` has sent what nobody asked for, and again."""
        return bool(self._disorderly) and self._disorderly[addresses.hostname(address)] > 1

    def conclude(self, job: Job, failure: FetchError | None) -> None:
        """What came of the page, or its `failure`, is to be written, unless it is known to be in doubt."""
        job.failure = failure
        if job.is_to_doubt:
            self._on_doubted(job)
            return
        numbers: list[int] = []
        if not failure:
            job.trip.is_put = True
            for connection in job.trip.connections:
                connection.number = connection.number or self._store.new_number()
                numbers.append(connection.number)
        self._queue.put(job.page, None if failure else job.part, partial(self._written, job), numbers)

    def settled(self, connection: Connection, trips: list[Trip], certain: bool) -> None:
        """What came over `connection` on these trips is certain, or in doubt."""
        number, connection.number = connection.number, 0
        if connection.is_disorderly:
            self._disorderly[connection.host] += 1
        if certain and number:
            self._unmarked.add(number)
            put = [trip for trip in trips if trip.is_put]
            self._queue.mark(number, partial(self._marked, connection, number, put))
        for trip in trips:
            trip.in_doubt |= not certain
            if trip.job and not certain and connection.requests == 1:
                trip.job.alone = True  # it was already
            if not (certain and trip.is_put):
                self._leave(connection, trip)

    def keep(self) -> None:
        """Journal what is certain and not in there yet, now that no writing process does."""
        with suppress(UserError):  # what cannot be kept is fetched again
            self._store.mark(self._unmarked)

    def _written(self, job: Job, undecodable: FetchError | None) -> None:
        """What came of the page is in the journal, or its body turned out to be `undecodable`."""
        job.trip.is_written = undecodable is None
        self._on_written(job, undecodable)
        if not undecodable:
            self._close(job)

    def _marked(self, connection: Connection, number: int, trips: list[Trip], _: FetchError | None) -> None:
        """The journal says that what came over `connection` is certain."""
        self._unmarked.discard(number)
        for trip in trips:
            self._leave(connection, trip)

    def _leave(self, connection: Connection, trip: Trip) -> None:
        """The trip waits for `connection` no more."""
        if connection in trip.connections:
            trip.connections.discard(connection)
            if trip.job:
                self._close(trip.job)

    def _close(self, job: Job) -> None:
        """Have done with the page, if what came of it is written and settled."""
        if not job.trip.is_written or job.trip.connections:
            return
        if job.is_to_doubt:
            self._on_doubted(job)
            return
        job.trip.job = None  # they know each other: together they would stay until the garbage collector comes
        self._on_ended()
