"""All that is replayed, at the time that it is: what `path.model` says is due is done when it is due."""

import asyncio
from time import perf_counter
from typing import Any

from concurrency import notes
from concurrency.workloads.download.path.model import Agenda, Link, Server
from concurrency.workloads.download.replay.bodies import Bodies
from concurrency.workloads.download.sites import Site

TICK_S = 0.00005  # what is due so soon is done at once


class World:
    """The sites, their servers, and the path to them. Times are those of `perf_counter`, which all processes share."""

    def __init__(self, sites: list[Site], seed: int, mbit_per_s: float | None, trace: str | None) -> None:
        self.sites, self.trace = sites, trace
        self.bodies = Bodies(seed)
        self.agenda = Agenda()
        self.link = Link(mbit_per_s, self._note_link if trace and mbit_per_s else None)
        self.servers = {site.origin: Server(self.agenda, site.slots) for site in sites}
        self._loop = asyncio.get_running_loop()
        self._offset = self._loop.time() - perf_counter()
        self._timer: asyncio.TimerHandle | None = None
        self._busy: list[Any] = []

    def look(self, _: Any = None) -> None:
        """Let all happen that is due, and come back when something is; to be called when something was asked."""
        self.agenda.run(perf_counter() + TICK_S)
        if self._timer:
            self._timer.cancel()
        self._timer = None
        if (due := self.agenda.next) < float("inf"):
            self._timer = self._loop.call_at(due + self._offset, self.look, None)

    def _note_link(self, begin: float, end: float, size: int) -> None:
        if self._busy and begin <= self._busy[1]:
            self._busy[1:] = [end, self._busy[2] + size]
            return
        self.note_rest()
        self._busy = [begin, end, size]

    def note_rest(self) -> None:
        """Note what the link has carried last."""
        if self._busy:
            assert self.trace
            begin, end, size = self._busy
            notes.note(self.trace, what="link", begin=begin, end=end, bytes=size)
            self._busy = []
