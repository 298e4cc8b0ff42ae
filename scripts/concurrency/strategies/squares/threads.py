"""A pool of threads: under the GIL only one of them computes at any moment."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from concurrency.squares import Task

RANK = 1
ONE_GIL = True


@contextmanager
def start(workers: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    awake = threading.Barrier(workers + 1)
    with ThreadPoolExecutor(workers, initializer=awake.wait) as pool:
        for _ in range(workers):
            pool.submit(int)
        awake.wait()
        yield lambda task, items: list(pool.map(task.function, items))
