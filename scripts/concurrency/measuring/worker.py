"""What a process runs on and has used, as it sees it itself; part of every sample, on the standard library alone."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from resource import RUSAGE_CHILDREN, getrusage  # these, too, before strangers' code can patch them
from time import process_time
from typing import Any

from concurrency.work import Work

LONGEST_S = 2.0  # to ask all workers


def facts() -> dict[str, Any]:
    """`gil`, whether the GIL is on in here, and `python`, the version, build and compiler of this interpreter."""
    return {"gil": getattr(sys, "_is_gil_enabled", lambda: True)(), "python": " ".join(sys.version.split())}


def used() -> dict[str, float]:
    """CPU seconds so far: `own_s`, of this process, and `children_s`, of those that it has waited for.

    The latter count in microseconds for nobody but the process itself.
    """
    children = getrusage(RUSAGE_CHILDREN)
    return {"own_s": process_time(), "children_s": children.ru_utime + children.ru_stime}


def facts_after_nap(_: int) -> tuple[tuple[int, int], dict[str, Any]]:
    """Which worker this is, and its facts, after a wait in which the other workers get their share."""
    time.sleep(0.005)
    return (os.getpid(), threading.get_native_id()), facts()


def facts_of_all(run: Callable[[Work, list[Any]], Iterable[Any]], workers: int) -> list[dict[str, Any]]:
    """The facts of every one of the `workers` behind a strategy's `run`, which takes functions.

    It is given more and more naps until each worker has taken one; what strategy hands several to a worker at once may
    leave some without any, and is asked no longer than LONGEST_S.
    """
    ask = Work(function=facts_after_nap)
    found: dict[tuple[int, int], dict[str, Any]] = {}
    naps, end = 2 * workers, time.monotonic() + LONGEST_S
    while not found or (len(found) < workers and time.monotonic() < end):
        found.update((tuple(worker), known) for worker, known in run(ask, list(range(naps))))
        naps *= 2
    return list(found.values())
