"""joblib.Parallel on its loky processes, which are always started afresh; batches grow as the items turn out short."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from joblib import Parallel, delayed

from concurrency.workloads.squares.squares import Task

from .._processes import wait_until_awake

RANK = 4
NEEDS = ["joblib"]


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    with Parallel(n_jobs=workers, batch_size=1) as parallel:
        wait_until_awake(workers, lambda nap, naps: parallel(delayed(nap)(i) for i in naps))
        parallel.batch_size = "auto"
        yield lambda task, items: parallel(delayed(task.function)(item) for item in items)
