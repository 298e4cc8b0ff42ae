"""What the strategies with processes share: pools whose workers are all awake."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A ProcessPoolExecutor of the campaign's start method, all of whose workers are running."""
    context = multiprocessing.get_context()
    awake = context.Barrier(workers + 1)
    with ProcessPoolExecutor(workers, context, initializer=awake.wait) as pool:
        for _ in range(workers):
            pool.submit(int)
        awake.wait()
        yield pool


def wait_until_awake(workers: int, run: Callable[[Callable[[int], int], range], Iterable[int]]) -> None:
    """Have `run` map naps over a pool that offers no sign of its workers' start, until each worker has taken one."""
    while len(set(run(pid_after_nap, range(2 * workers)))) < workers:
        pass


def pid_after_nap(_: int) -> int:
    """The worker's process id, after a wait in which the other workers get their share."""
    time.sleep(0.005)
    return os.getpid()
