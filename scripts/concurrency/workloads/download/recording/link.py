"""The rate of the link as it was seen when it was full."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

WINDOW_S = 0.02
SHARE = 0.9  # of the windows of all bursts, which are less than full before and after
LEAST_WINDOWS = 50
LARGEST_PIECE = 8_000  # beyond which a piece is a TLS record, all of which is seen when its last byte comes
NEAR = 1.1  # up to this factor from what explains all times best, what was seen is it; else the link was not full


def seen_mbit_per_s(lines: Iterable[Mapping[str, Any]]) -> float | None:
    """What came over all connections together, in Mbit/s of bodies, while bursts filled the link; None where there is
    too little of that, or where bytes are seen a TLS record at a time."""
    came: dict[tuple[str, int], list[tuple[float, int]]] = defaultdict(list)
    for line in lines:
        if line["kind"] != "probe" or not line["burst"]:
            continue
        before = 0
        for ms, so_far in line["arrivals"] or ():
            came[line["run"], line["burst"]].append((line["sent"] + ms / 1000, so_far - before))
            before = so_far
    pieces = [size for arrivals in came.values() for _, size in arrivals]
    if not pieces or median(pieces) > LARGEST_PIECE:
        return None
    rates = sorted(rate for arrivals in came.values() for rate in _rates(sorted(arrivals)))
    return rates[int(SHARE * len(rates))] if len(rates) >= LEAST_WINDOWS else None


def _rates(arrivals: list[tuple[float, int]]) -> Iterable[float]:
    """In each window that begins with an arrival, whose own bytes came before."""
    end, size = 0, 0
    for begin, (when, _) in enumerate(arrivals):
        size -= arrivals[begin][1] if begin and begin <= end else 0
        while end < len(arrivals) - 1 and (end <= begin or arrivals[end][0] - when < WINDOW_S):
            end += 1
            size += arrivals[end][1]
        if arrivals[end][0] - when >= WINDOW_S:
            yield size * 8 / 1e6 / (arrivals[end][0] - when)
