"""A thread for each worker, in an interpreter of its own with a GIL of its own: all cores within one process."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from runpy import run_path
from select import select
from typing import Any

from concurrency.work import Work

RANK = 4
RUNS = "function"
PYTHON = (3, 14)
ALIAS = "__mp_main__"  # of the script, for what is not to run as it; multiprocessing has the same


def begin(script: str | None, arrivals: int, gate: int) -> None:
    if script:  # what is in it would else be run anew for each item
        vars(sys.modules["__main__"]).update(run_path(script, run_name=ALIAS))
    os.write(arrivals, b".")
    os.read(gate, 1)  # to its end: whoever is idle would be given what another is to be started for


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    from concurrent.futures import InterpreterPoolExecutor  # noqa: PLC0415  (not there before Python 3.14)

    main = sys.modules["__main__"]
    script = None if main.__spec__ else getattr(main, "__file__", None)
    sys.modules[ALIAS] = main  # for what comes back
    path = f"import sys; sys.path[:] = {sys.path}"  # a new interpreter knows nothing of what the first one has added
    arrived, arrivals = os.pipe()
    gate, lock = os.pipe()
    with InterpreterPoolExecutor(workers, initializer=exec, initargs=(path,)) as pool:
        try:
            woken = [pool.submit(begin, script, arrivals, gate) for _ in range(workers)]
            here = 0
            while here < workers and not any(future.done() for future in woken):  # until then only where it failed
                if select([arrived], [], [], 0.05)[0]:
                    here += len(os.read(arrived, workers))
        finally:
            os.close(lock)  # all go on
        for future in woken:
            future.result()
        for end in (arrived, arrivals, gate):
            os.close(end)
        yield lambda work, items: pool.map(work.call, items)
