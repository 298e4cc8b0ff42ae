"""What a job's journal has said so far, each line read once, and for how long its items are under way."""

from collections.abc import Container
from pathlib import Path
from time import monotonic

from concurrency.measuring.child import SampleError
from concurrency.workloads.own.journal import Ended, Journal

STAGES = ("begun", "came", "then")
PATIENCE_S = 60.0  # at least, for what begins no item: starting workers takes its time


class TimedOutError(SampleError):
    """A run that was ended as one of its items took too long."""


class OpeningError(SampleError):
    """A run that was ended as what `open` gives could not be had."""


class Known:
    """Of each item that has `ended` where its line is, which of them `failed`, and which are under way in this run.

    An item is under way from its beginning on, but not while what came waits for its `then`. As no line tells a time,
    it is that of looking.
    """

    def __init__(self, journal: Journal) -> None:
        self.ended: dict[str, Ended] = {}
        self.failed: set[str] = set()
        self._journal = journal
        self._seen: dict[Path, int] = {}
        self._stages: dict[str, int] = {}  # of what is begun; files are not read in the order of time
        self._since: dict[str, float] = {}  # what is under way
        self._spent: dict[str, float] = {}  # by what waits
        self._opening: dict[str, float] = {}
        self.begin_run()

    def begin_run(self) -> None:
        """What was begun until now is under way no longer."""
        self.look()
        for found in (self._stages, self._since, self._spent, self._opening):
            found.clear()
        self._last = monotonic()

    @property
    def under_way(self) -> Container[str]:
        """The items that this run is working on, or was when it ended."""
        return self._since.keys()

    def look(self) -> None:
        """Read on."""
        now = monotonic()
        for what, who, ended in self._journal.lines(self._seen):
            self._last = now
            if ended:
                self._end(who, ended)
            elif what == "opening":
                self._opening[who] = now
            elif what == "opened":
                self._opening.pop(who, None)
                self._since = dict.fromkeys(self._since, now)  # some item had to wait for it, who knows which
            elif who not in self.ended and STAGES.index(what) > self._stages.get(who, -1):
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
        """Raises TimedOutError where an item has been under way for longer than `limit_s`, which the configuration
        calls `key`; OpeningError where what is opened has been; SampleError where nothing is, and nothing begins."""
        now = monotonic()
        if self._opening:  # some item waits for that
            if now - min(self._opening.values()) > limit_s:
                raise OpeningError(f"what `open` gives was not there within {limit_s:g} s ({key})")
        elif self._since:
            if now - min(self._since.values()) > limit_s:
                raise TimedOutError(f"no answer within {limit_s:g} s ({key})")
        elif now - self._last > max(limit_s, PATIENCE_S):
            raise SampleError(f"no item was begun within {max(limit_s, PATIENCE_S):g} s")
