"""joblib.Parallel on its loky processes, which are always started afresh; batches grow as the items turn out short."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from joblib import Parallel, delayed

from concurrency.work import Work

from ._processes import wait_until_awake

RANK = 4
RUNS = "function"
NEEDS = ["joblib"]


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with Parallel(n_jobs=workers, batch_size=1) as parallel:
        wait_until_awake(workers, lambda nap, naps: parallel(delayed(nap)(i) for i in naps))
        parallel.batch_size = "auto"
        yield lambda work, items: parallel(delayed(work.call)(item) for item in items)
