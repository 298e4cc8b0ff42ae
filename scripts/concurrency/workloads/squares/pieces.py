"""One job in pieces: which terms are a shard's, and what its workers compute of them.

Each shard deals out the whole job by itself and keeps what is its own, so all of them agree without a word between
them.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from concurrency.files import number_and_count
from concurrency.work import Split, Work


@dataclass(frozen=True)
class Piece:
    """A share of the work for the number at `index` of the list: its terms `start` … `stop` - 1."""

    index: int
    start: int
    stop: int
    whole: bool


def pieces_of(shard: str, numbers: Sequence[int], split: Split | None) -> list[Piece]:
    """The shard's share of the work for `numbers`, in their order.

    With a `split` all shards cost the same: the terms of all numbers lie in a row that is cut into equal lengths. What
    cannot be split is dealt out number by number.
    """
    number, count = number_and_count(shard)
    if split is None:
        return [Piece(i, 0, n, whole=True) for i, n in enumerate(numbers) if i % count == number - 1]
    costs = [split.cost(n) for n in numbers]
    total, done, current, mine = math.fsum(costs), 0.0, 1, []
    for i, (n, cost) in enumerate(zip(numbers, costs, strict=True)):
        start = 0
        while current < count and done + cost > (bound := total * current / count):
            stop = max(start, min(n, round(n * (bound - done) / cost)))
            if current == number and stop > start:
                mine.append(Piece(i, start, stop, whole=stop - start == n))
            start, current = stop, current + 1
        if current == number and (n > start or n == 0):
            mine.append(Piece(i, start, n, whole=start == 0))
        done += cost
    return mine


def divided(pieces: Iterable[Piece], split: Split | None, workers: int) -> list[Piece]:
    """`pieces` with the large ones cut, so that even a single one keeps all `workers` busy to about the same end."""
    pieces = list(pieces)
    if split is None or workers == 1:
        return pieces
    longest = math.ceil(sum(piece.stop - piece.start for piece in pieces) / (4 * workers))
    found = []
    for piece in pieces:
        cuts = split.cut(piece.stop - piece.start, longest)
        found += [
            Piece(piece.index, piece.start + start, piece.start + stop, whole=piece.whole and len(cuts) == 1)
            for start, stop in cuts
        ]
    return found


def compute(work: Work, piece: Piece) -> Any:
    """What `work` gives for `piece`: its function for a whole number, else the share that its split does."""
    if piece.whole:
        return work.call(piece.stop)
    assert work.split
    return work.split.part(piece.start, piece.stop)
