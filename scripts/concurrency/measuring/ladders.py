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

WORTHWHILE = 0.05  # a share of the time: what gains less is not worth climbing on for
CLOSE = 1.1  # times the time of the best, at the end: what takes longer by a tenth is not the best
CONTENDS = 1.25  # times the time of the best: what takes longer in a sample or two can hardly be the best


@dataclass
class Ladder:
    """The worker counts of an arm that may be tried, `rungs`, ascending, and the seconds that each has taken so far
    (infinite: it failed)."""

    arm: Arm
    rungs: Sequence[int]
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
    def least_s(self) -> float:
        """The least time of a rung, on average; infinite if all failed."""
        return min(map(self.mean, self.times), default=math.inf)

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
        return math.isfinite(self.least_s) and self.least_s <= CONTENDS * best_s

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
        if len(last_two) == 2 and min(map(self.mean, last_two)) * (1 + WORTHWHILE) > best_before:
            return None
        if len(climbed) >= 2 and all(math.isinf(self.mean(rung)) for rung in last_two):
            return None
        return above[0]

    @property
    def _succeeded(self) -> list[int]:
        """The rungs that did, upwards; one worker, for whom one by one stands, only where no others did."""
        rungs = sorted(rung for rung in self.times if math.isfinite(self.mean(rung)))
        return [rung for rung in rungs if rung > 1] or rungs

    @property
    def _place(self) -> int:
        """Where among those the lowest stands that is about as fast as the fastest of them."""
        means = [self.mean(rung) for rung in self._succeeded]
        return next(i for i, mean in enumerate(means) if mean <= min(means) * (1 + WORTHWHILE))

    @property
    def _midpoints(self) -> list[int]:
        """The counts halfway, by their ratio, between the best one and those tried beside it."""
        tried = sorted(rung for rung in self.times if math.isfinite(self.mean(rung)))
        place = tried.index(self._succeeded[self._place])
        middle = {round(math.sqrt(tried[place] * other)) for other in tried[max(0, place - 1) : place + 2]}
        return sorted(middle - set(self.times))

    def close(self, best_s: float) -> list[int]:
        """The counts that may still be the best ones, where the best takes `best_s`."""
        return [rung for rung in self._succeeded if self.mean(rung) <= CLOSE * best_s]

    @property
    def places(self) -> list[int]:
        """The counts to measure, the most telling first: the lowest that is about as fast as the fastest; the fastest
        or, if it is that, the next one up, to tell whether more is better; the next one down. None if all failed."""
        if not (rungs := self._succeeded):
            return []
        place, fastest = self._place, min(rungs, key=self.mean)
        more = [fastest] if fastest > rungs[place] else rungs[place + 1 : place + 2]
        return [rungs[place], *more, *rungs[max(0, place - 1) : place]]


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
    strategy that tell how many are enough, the best one of each other strategy, what stands beside those that might
    still win, and whatever else may.

    A strategy of which every rung failed is not among them.
    """
    found: list[Arm] = []
    for interpreter in {ladder.arm.interpreter: None for ladder in ladders}:
        own = [ladder for ladder in ladders if ladder.arm.interpreter == interpreter and ladder.places]
        leading = sorted(own, key=lambda ladder: ladder.least_s)
        ranked = [(ladder, rung) for ladder in leading[:1] for rung in ladder.places]
        ranked += [(ladder, ladder.places[0]) for ladder in leading[1:]]
        rivals = [ladder for ladder in leading[1:] if ladder.contends(leading[0].least_s)]
        ranked += [(ladder, rung) for ladder in rivals for rung in ladder.places[1:]]
        for ladder, rung in sorted(((one, rung) for one in own for rung in one.close(leading[0].least_s)), key=_mean):
            ranked += [(ladder, rung)] if (ladder, rung) not in ranked else []
        found = [replace(ladder.arm, workers=rung) for ladder, rung in ranked[:most][::-1]] + found
    return found


def _mean(place: tuple[Ladder, int]) -> float:
    ladder, rung = place
    return ladder.mean(rung)
