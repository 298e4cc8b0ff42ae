"""The rule of thumb, held against the map: of the ground that each of its claims is about, how much it has right."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from concurrency.mapping.grid import LEVELS, Place, nearest
from concurrency.mapping.position import Spot

SLOW_S = 0.010  # an I/O-bound item that waits at least so long is a slow one


@dataclass(frozen=True)
class Claim:
    """`text` says that one of `strategies` is best where an item's two times are as `holds` says."""

    text: str
    strategies: frozenset[str]
    holds: Callable[[Place], bool]


PROCESSES = frozenset({"process_pool", "processes_asyncio", "asyncio_then_processes", "threads_then_processes"})
CLAIMS = (
    Claim(
        "I/O-bound and slow: asyncio",
        frozenset({"asyncio"}),
        lambda place: place.waits_s > place.computes_s and place.waits_s >= SLOW_S,
    ),
    Claim(
        "I/O-bound and fast: threads",
        frozenset({"threads"}),
        lambda place: place.waits_s > place.computes_s and place.waits_s < SLOW_S,
    ),
    Claim("CPU-bound: processes", PROCESSES, lambda place: place.waits_s <= place.computes_s),
)


@dataclass(frozen=True)
class Tested:
    """Of the ground of a claim the shares where it is `right`, as one of its strategies is among the best there, or as
    good, and where it is `wrong`; on the rest no winner can be told from it. `wrong_at` are places where it is wrong,
    and `instead` is what is recommended at most of them."""

    claim: Claim
    right: float
    wrong: float
    wrong_at: tuple[Place, ...]
    instead: str


def tested(known: Mapping[Place, Spot]) -> list[Tested]:
    """Each claim, on one interpreter. Ground counts by the axes' levels, whatever number of places lies on it."""
    found = []
    everywhere = [Place(i, j) for i in range(LEVELS + 1) for j in range(LEVELS + 1) if i or j]
    for claim in CLAIMS:
        ground = {
            place: known[nearest(known, place.waits_s, place.computes_s)] for place in everywhere if claim.holds(place)
        }
        wrong = tuple(place for place, spot in ground.items() if not claim.strategies & spot.best)
        right = sum(spot.clear and bool(claim.strategies & spot.best) for spot in ground.values())
        best = [ground[place].recommended for place in wrong]
        instead = max(sorted(set(best)), key=best.count) if best else ""
        found.append(Tested(claim, right / len(ground), len(wrong) / len(ground), wrong, instead))
    return found
