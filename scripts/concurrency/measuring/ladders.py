"""Ladders of worker counts: what to try next to find the best, and what of it to measure afresh.

A ladder is climbed rung by rung until two in succession bring nothing worth having. Further rounds try again what may
still be the best, and the last one the counts beside that. What comes of it is no evidence, as the luckiest of many is
always luckier than it is good: it only names the finalists.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from concurrency.measuring.arms import Arm

CONTENDS = 1.25  # times the time of the best: what takes longer in a sample or two can hardly be the best


@dataclass
class Ladder:
    """The worker counts of an arm that may be tried, `rungs`, ascending, and the seconds that each has taken so far
    (infinite: it failed); `worthwhile` is the least gain, as a share, that is worth more workers."""

    arm: Arm
    rungs: Sequence[int]
    worthwhile: float
    times: dict[int, list[float]] = field(default_factory=dict)
    _tried: set[int] = field(default_factory=set)  # in this round
    _is_divided: bool = False

    def add(self, rung: int, seconds: float) -> None:
        """What a sample of that rung took."""
        self.times.setdefault(rung, []).append(seconds)
        self._tried.add(rung)

    def mean(self, rung: int) -> float:
        """The geometric mean of its times; infinite if one of them failed."""
        return math.exp(fmean(map(math.log, self.times[rung])))

    @property
    def fastest(self) -> int | None:
        """The rung with the least time on average; None if all failed."""
        rung = min(self.times, key=lambda rung: (self.mean(rung), rung), default=None)
        return None if rung is None or math.isinf(self.mean(rung)) else rung

    @property
    def least_s(self) -> float:
        """The time of the fastest rung; infinite if there is none."""
        return math.inf if self.fastest is None else self.mean(self.fastest)

    @property
    def enough(self) -> int | None:
        """The lowest rung that is about as fast as the fastest one."""
        return min(
            (rung for rung in self.times if self.mean(rung) <= self.least_s * (1 + self.worthwhile)), default=None
        )

    def due(self, best_s: float, is_first: bool, is_last: bool) -> list[int]:
        """What to try next in this round, of which the best strategy takes `best_s` so far; nothing if it is over."""
        if not is_first:
            if not self.contends(best_s):
                return []
            near = [rung for rung in self.times if self.mean(rung) <= CONTENDS * self.least_s]
            if again := [rung for rung in near if rung not in self._tried]:
                return again
        if self._next is not None:
            return [self._next]
        if not is_last or self._is_divided or not self.contends(best_s):
            return []
        self._is_divided = True
        return self._midpoints

    def contends(self, best_s: float) -> bool:
        """Whether it may still win where the best strategy takes `best_s`."""
        return self.fastest is not None and self.least_s <= CONTENDS * best_s

    def end_round(self) -> None:
        """What was tried in this round may be tried again."""
        self._tried.clear()

    @property
    def _next(self) -> int | None:
        """The next rung up; None at the top, or where the last two brought nothing worth having."""
        above = [rung for rung in self.rungs if rung > max(self.times, default=0)]
        climbed = [rung for rung in self.rungs if rung in self.times]
        if not above:
            return None
        before, last_two = climbed[:-2], climbed[-2:]
        best_before = min(map(self.mean, before), default=math.inf)
        if len(last_two) == 2 and min(map(self.mean, last_two)) * (1 + self.worthwhile) > best_before:
            return None
        if len(climbed) >= 2 and all(math.isinf(self.mean(rung)) for rung in last_two):
            return None
        return above[0]

    @property
    def _midpoints(self) -> list[int]:
        """The counts halfway, by their ratio, between the best one and those tried beside it."""
        if (enough := self.enough) is None:
            return []
        middle = {round(math.sqrt(enough * other)) for other in self.beside(enough)}
        return sorted(middle - set(self.times))

    def beside(self, rung: int) -> list[int]:
        """The counts next to it that succeeded, the lower one first."""
        tried = sorted(count for count in self.times if math.isfinite(self.mean(count)))
        place = tried.index(rung)
        return [*tried[max(0, place - 1) : place], *tried[place + 1 : place + 2]]

    @property
    def places(self) -> list[int]:
        """The counts to measure, the most telling first: enough, and what would tell that less is not, or more is."""
        if (enough := self.enough) is None or self.fastest is None:
            return []
        lower, higher = (
            [rung for rung in self.beside(enough) if side(rung)] for side in (enough.__gt__, enough.__lt__)
        )
        return [enough, *([self.fastest] if self.fastest > enough else higher), *(rung for rung in lower if rung > 1)]


def climb(
    ladders: Sequence[Ladder], is_first: bool, is_last: bool, chance: random.Random
) -> Iterator[tuple[Ladder, int]]:
    """What to try in a round, one after the other, each to be added to its ladder before the next is asked for.

    The rungs due at a time come in random order. Those of each interpreter are held against the best one of the same.
    """
    while due := _due(ladders, is_first, is_last):
        yield from chance.sample(due, len(due))
    for ladder in ladders:
        ladder.end_round()


def _due(ladders: Sequence[Ladder], is_first: bool, is_last: bool) -> list[tuple[Ladder, int]]:
    best_s = {ladder.arm.interpreter: math.inf for ladder in ladders}
    for ladder in ladders:
        best_s[ladder.arm.interpreter] = min(best_s[ladder.arm.interpreter], ladder.least_s)
    return [
        (ladder, rung) for ladder in ladders for rung in ladder.due(best_s[ladder.arm.interpreter], is_first, is_last)
    ]


def finalists(ladders: Sequence[Ladder], most: int) -> list[Arm]:
    """At most so many arms of each interpreter to measure afresh, the most telling last: the counts of the best
    strategy that tell how many are enough, the best one of each other strategy, and what stands beside those that
    might still win.

    A strategy of which every rung failed is not among them.
    """
    found: list[Arm] = []
    for interpreter in {ladder.arm.interpreter: None for ladder in ladders}:
        own = [ladder for ladder in ladders if ladder.arm.interpreter == interpreter and ladder.fastest is not None]
        leading = sorted(own, key=lambda ladder: ladder.least_s)
        ranked = [(ladder, rung) for ladder in leading[:1] for rung in ladder.places]
        ranked += [(ladder, ladder.places[0]) for ladder in leading[1:]]
        rivals = [ladder for ladder in leading[1:] if ladder.contends(leading[0].least_s)]
        ranked += [(ladder, rung) for ladder in rivals for rung in ladder.places[1:]]
        found = [replace(ladder.arm, workers=rung) for ladder, rung in ranked[:most][::-1]] + found
    return found
