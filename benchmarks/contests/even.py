"""Computing evenly: numbers of one size, against as many independent interpreters as there are cores."""

from collections.abc import Iterator
from contextlib import contextmanager

from contestants import computations, names

from concurrency.cores import available

from . import Contest, Goal, Size


@contextmanager
def contest(size: Size) -> Iterator[Contest]:
    cores = available()
    numbers = [size.even] * 20
    ours = computations.strategies(numbers, cores)
    yield Contest(
        "even",
        f"Computing evenly: 20 × {size.even:,} on {cores} cores",
        f"speed-up / that of {cores} independent interpreters",
        [*ours, *computations.peers(numbers, cores), computations.limit(numbers, cores)],
        lambda name, others: others["independent"].lasted / others[name].lasted,
        [Goal("best strategy at least 0.97", names(ours), 0.97, at_most=False)],
    )
