"""What the strategies with processes share: pools whose workers are all awake."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

from concurrency.processes import how_it_ended, kills_for_memory

PATIENCE_S = 2.0
_started: list[BaseProcess] = []  # the workers of this process's pools
_kills_before = kills_for_memory()


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """A ProcessPoolExecutor of the campaign's start method, all of whose workers are awake.

    Raises OSError if there are no more processes, BrokenProcessPool if one dies: see `death`.
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


def started(workers: Iterable[BaseProcess]) -> None:
    """Note processes of a pool, of which `death` is to know."""
    _started.extend(workers)


def death() -> str:
    """How the first of the workers ended that has not ended because of another: a pool that has lost one ends all
    others by SIGTERM. Empty if there is none."""
    codes: list[int | None] = []
    give_up = time.monotonic() + PATIENCE_S  # the pool may just be looking at it
    while not codes and time.monotonic() < give_up:
        codes = [process.exitcode for process in _started if process.exitcode not in (None, -signal.SIGTERM)]
        time.sleep(0.02)
    codes.sort(key=lambda code: code == 0)
    return f"a worker process {how_it_ended(codes[0] or 0, _kills_before)}" if codes else ""


def wait_until_awake(workers: int, run: Callable[[Callable[[int], int], range], Iterable[int]]) -> None:
    """Have `run` map naps over a pool that offers no sign of its workers' start, until each worker has taken one."""
    while len(set(run(pid_after_nap, range(2 * workers)))) < workers:
        pass


def pid_after_nap(_: int) -> int:
    """The worker's process id, after a wait in which the other workers get their share."""
    time.sleep(0.005)
    return os.getpid()
