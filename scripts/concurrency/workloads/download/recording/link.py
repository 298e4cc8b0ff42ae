"""The rate of the link as it was seen when it was full."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

WINDOW_S = 0.02
SHARE = 0.9  # of the windows of all bursts, which are less than full before and after
LEAST_WINDOWS = 50
LARGEST_PIECE = 8_000  # bytes; beyond that a piece is a TLS record, all of which is seen when its last byte comes
NEAR = 1.1  # up to this factor from what explains all times best, what was seen is it; else the link was not full


class Full:
    """What came over all connections together while bursts filled the link, of the lines that are added."""

    def __init__(self) -> None:
        self._came: dict[tuple[str, int], list[tuple[float, int]]] = defaultdict(list)

    def add(self, line: Mapping[str, Any]) -> None:
        """One that was recorded."""
        if line["kind"] != "probe" or not line["burst"]:
            return
        before = 0
        for ms, so_far in line["arrivals"] or ():
            self._came[line["run"], line["burst"]].append((line["sent"] + ms / 1000, so_far - before))
            before = so_far

    @property
    def mbit_per_s(self) -> float | None:
        """In bytes of bodies; None where there is too little of that, or it is not seen as it came."""
        pieces = [size for arrivals in self._came.values() for _, size in arrivals]
        if not pieces or median(pieces) > LARGEST_PIECE:
            return None
        rates = sorted(rate for arrivals in self._came.values() for rate in _rates(sorted(arrivals)))
        return rates[int(SHARE * len(rates))] if len(rates) >= LEAST_WINDOWS else None


def _rates(arrivals: Sequence[tuple[float, int]]) -> Iterator[float]:
    """In each window that begins with an arrival, whose own bytes came before."""
    end = size = 0
    for begin, (when, own) in enumerate(arrivals):
        size -= own if begin else 0
        while end < len(arrivals) - 1 and arrivals[end][0] - when < WINDOW_S:
            end += 1
            size += arrivals[end][1]
        if arrivals[end][0] - when >= WINDOW_S:
            yield size * 8 / 1e6 / (arrivals[end][0] - when)
