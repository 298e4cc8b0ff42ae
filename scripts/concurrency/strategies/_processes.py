"""What the strategies with processes share: pools whose workers are all awake."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from concurrency.processes import started


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A ProcessPoolExecutor of the campaign's start method, all of whose workers are awake.

    Raises OSError if there are no more processes, BrokenProcessPool if one dies: see `processes.death`.
    """
    context = multiprocessing.get_context()
    awake = context.Barrier(workers)  # we wait for the pool instead, as only it notices that a worker has died
    with ProcessPoolExecutor(workers, context, initializer=awake.wait) as pool:
        try:
            woken = [pool.submit(int) for _ in range(workers)]
        except OSError:  # those that were started must not wait for the others
            awake.abort()
            raise
        finally:
            started((pool._processes or {}).values())  # `active_children` forgets whoever has ended
        for future in woken:
            future.result()
        yield pool


def wait_until_awake(workers: int, run: Callable[[Callable[[int], int], range], Iterable[int]]) -> None:
    """Have `run` map naps over a pool that offers no sign of its workers' start, until each worker has taken one."""
    while len(set(run(pid_after_nap, range(2 * workers)))) < workers:
        pass


def pid_after_nap(_: int) -> int:
    """The worker's process id, after a wait in which the other workers get their share."""
    time.sleep(0.005)
    return os.getpid()
