"""joblib.Parallel, all defaults but the number of processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from joblib import Parallel, delayed

from concurrency.work import Work


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[int]], list[int]]]:
    def run(work: Work, items: list[int]) -> list[int]:
        return list(Parallel(n_jobs=workers)(delayed(work.function)(item) for item in items))

    yield run
