"""Computing unevenly: one huge number among small ones, against one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager

from contestants import computations, names

from concurrency.cores import available

from . import Contest, Goal, Size


@contextmanager
def contest(size: Size) -> Iterator[Contest]:
    cores = available()
    numbers = [size.small] * 10 + [size.huge] + [size.small] * 9
    ours = computations.strategies(numbers, cores)
    limit = computations.limit([sum(numbers) // cores] * cores, cores)
    yield Contest(
        "skewed",
        f"Computing unevenly: one number of {size.huge:,} and 19 of {size.small:,} on {cores} cores",
        "speed-up / cores",
        [computations.sequential(numbers), *ours, *computations.peers(numbers, cores), limit],
        lambda name, others: others["sequential"].lasted / others[name].lasted / cores,
        [Goal("best strategy at least 0.93", names(ours), 0.93, at_most=False)],
    )
