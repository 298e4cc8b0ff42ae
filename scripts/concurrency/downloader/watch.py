"""The watch over all exchanges: ends those that take too long, and looks at what has been silent."""

import asyncio
from time import monotonic

from concurrency.downloader import decode
from concurrency.downloader.connection import Connection
from concurrency.downloader.exchange import Exchange
from concurrency.downloader.failures import FetchError
from concurrency.downloader.limits import Limits

TICK_S = 0.1
STALLED_S = 1.0  # a body that makes so long a pause is looked at: is what came of it any good?


class Watch:
    """Looks, from now on and until `stop`, at what is in its sets: one timer for all is cheaper than one for each."""

    def __init__(self, limits: Limits) -> None:
        self.exchanges: set[Exchange] = set()  # that have deadlines now
        self.unsettled: set[Connection] = set()
        self._limits = limits
        self._looking: set[asyncio.Task[None]] = set()
        self._tick()

    def stop(self) -> None:
        """No exchange is under way any more."""
        self._timer.cancel()

    def _tick(self) -> None:
        now = monotonic()
        self._timer = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        for exchange in self.exchanges:
            if kind := exchange.check(now, self._limits):
                exchange.end(FetchError(kind, f"after {now - exchange.began:.1f} s"))
            elif exchange.last_byte and now - exchange.last_byte > STALLED_S and exchange.looked_at < exchange.received:
                exchange.looked_at = exchange.received
                self._looking.add(looking := asyncio.create_task(self._look_at(exchange)))
                looking.add_done_callback(self._looking.discard)
        for connection in [*self.unsettled]:
            connection.look(now)

    async def _look_at(self, exchange: Exchange) -> None:
        """See whether the body that makes a pause can still become a page."""
        part = exchange.request.part
        if part.codings and not part.on_disk:
            failure = await asyncio.to_thread(decode.corruption, part.latest(), part.codings, exchange.request.most)
            if failure and exchange in self.exchanges:
                exchange.end(failure)
