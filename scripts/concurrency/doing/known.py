"""What a job's journal has said so far, each line read once, and for how long its items are under way."""

from collections.abc import Container
from pathlib import Path
from time import monotonic

import psutil

from concurrency.doing.arm import PATIENCE_S
from concurrency.measuring.child import SampleError
from concurrency.workloads.own.journal import Ended, Journal

STAGES = ("begun", "came", "then")


class TimedOutError(SampleError):
    """A run that was ended as items, those of `keys`, took too long."""

    def __init__(self, message: str, keys: Container[str]) -> None:
        super().__init__(message)
        self.keys = keys


class OpeningError(SampleError):
    """A run that was ended as what `open` gives could not be had."""


class Known:
    """Of each item that has `ended` where its line is, which of them `failed`, and which this run has `begun` besides.

    An item's time passes from its beginning on, but not while its worker opens something, nor while what came waits for
    its `then`. As no line tells a time, it is that of looking.
    """

    def __init__(self, journal: Journal) -> None:
        self.ended: dict[str, Ended] = {}
        self.failed: set[str] = set()
        self._journal = journal
        self._seen: dict[Path, int] = {}
        self._stages: dict[str, int] = {}  # of what is begun; files are not read in the order of time
        self._since: dict[str, float] = {}  # of that, whose time passes
        self._spent: dict[str, float] = {}  # by what waits for its `then`
        self._opening: dict[str, float] = {}
        self.begin_run()

    def begin_run(self) -> None:
        """What was begun until now is so no longer."""
        self.look()
        for found in (self._stages, self._since, self._spent, self._opening):
            found.clear()
        self._last = monotonic()

    @property
    def begun(self) -> Container[str]:
        """The items that this run has begun, and that have not ended."""
        return self._stages.keys()

    def under_way_s(self, key: str) -> float:
        """For how long an item that was begun has been under way."""
        return monotonic() - self._since[key] if key in self._since else self._spent.get(key, 0.0)

    def look(self) -> None:
        """Read on."""
        now = monotonic()
        for what, who, ended in self._journal.lines(self._seen):
            self._last = now
            if ended:
                self._end(who, ended)
            elif what == "opening":
                self._opening[who] = now
                self._since.pop(who.split()[1], None)
            elif what == "opened":
                self._opening.pop(who, None)
                if (key := who.split()[1]) in self._stages:
                    self._since[key] = now
            elif who not in self.ended and STAGES.index(what) >= self._stages.get(who, -1):  # again, if a worker died
                self._go_on(who, STAGES.index(what), now)

    def _end(self, key: str, ended: Ended) -> None:
        self.ended[key] = ended
        (self.failed.add if ended.failed else self.failed.discard)(key)
        for found in (self._stages, self._since, self._spent):
            found.pop(key, None)

    def _go_on(self, key: str, stage: int, now: float) -> None:
        self._stages[key] = stage
        if STAGES[stage] == "came":
            self._spent[key] = now - self._since.pop(key, now)
        else:
            self._since[key] = now - self._spent.pop(key, 0.0)

    def check(self, limit_s: float, key: str) -> None:
        """Raises TimedOutError where an item has taken longer than `limit_s`, which the configuration calls `key`;
        OpeningError where opening something has; SampleError where nothing is under way, and nothing begins."""
        now = monotonic()  # items first: what opens may wait for what one of them holds
        if over := {item for item, since in self._since.items() if now - since > limit_s}:
            raise TimedOutError(f"no answer within {limit_s:g} s ({key})", over)
        for who in [who for who, since in self._opening.items() if now - since > limit_s]:
            if _lives(int(who.split()[0])):
                raise OpeningError(f"what `open` gives was not there within {limit_s:g} s ({key})")
            del self._opening[who]
        if not (self._opening or self._since) and now - self._last > max(limit_s, PATIENCE_S):
            raise SampleError(f"no item was begun within {max(limit_s, PATIENCE_S):g} s")


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
