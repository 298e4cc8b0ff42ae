"""The places of the map: how long an item waits and computes, each on a logarithmic scale that begins at 0."""

import math
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple, TypeVar

LEVELS = 16  # of each axis above 0, four in each factor of ten
IN_TEN = 4
LONGEST_WAIT_S, LONGEST_COMPUTING_S = 0.3, 0.03
COARSEST = 8  # levels from one place to the next on the first lattice

Answer = TypeVar("Answer")


class Place(NamedTuple):
    """A place of the map, by the levels of its two times, whole ones but for trials; the one with neither is none."""

    waiting: float
    computing: float

    @property
    def waits_s(self) -> float:
        """How long an item waits, in seconds."""
        return seconds(self.waiting, LONGEST_WAIT_S)

    @property
    def computes_s(self) -> float:
        """How long it computes, in seconds of CPU time."""
        return seconds(self.computing, LONGEST_COMPUTING_S)


def seconds(level: float, longest_s: float) -> float:
    """The time at `level` of an axis that ends with the longest."""
    return longest_s * 10.0 ** ((level - LEVELS) / IN_TEN) if level > 0 else 0.0


def level(of_s: float, longest_s: float) -> float:
    """The level of a time, between those of the axis."""
    if of_s <= seconds(1, longest_s):
        return of_s / seconds(1, longest_s)
    return min(float(LEVELS), LEVELS + IN_TEN * math.log10(of_s / longest_s))


def lattice(step: int) -> list[Place]:
    """Every place whose levels are multiples of `step`."""
    levels = range(0, LEVELS + 1, step)
    return [Place(i, j) for i in levels for j in levels if i or j]


def between(answers: Mapping[Place, Answer]) -> Iterator[tuple[Place, tuple[Place, Place]]]:
    """The places half-way between neighbours in a row or a column that have different answers, each with its two
    neighbours; none where nothing is left between them."""
    for axis in (0, 1):
        for line in {place[1 - axis] for place in answers}:
            on_line = sorted(place for place in answers if place[1 - axis] == line)
            for first, second in pairwise(on_line):
                middle = Place(*((a + b) // 2 for a, b in zip(first, second, strict=True)))
                if answers[first] != answers[second] and middle not in (first, second):
                    yield middle, (first, second)


def nearest(places: Collection[Place], waits_s: float, computes_s: float) -> Place:
    """The one of `places` whose levels are the nearest to two times in seconds."""
    at = level(waits_s, LONGEST_WAIT_S), level(computes_s, LONGEST_COMPUTING_S)
    return min(places, key=lambda place: (sum((a - b) ** 2 for a, b in zip(place, at, strict=True)), place))
