"""multiprocessing.Pool: `map`, `imap_unordered` or `starmap`, by default in four chunks for each process."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import wait as first_ready
from typing import Any

from concurrency.processes import started
from concurrency.work import Work

RANK = 5
RUNS = "function"
OPTIONS = {
    "method": {"enum": ["map", "imap_unordered", "starmap"], "default": "map"},
    "chunksize": {"type": ["integer", "null"], "minimum": 1, "default": None},
}


def numbered(function: Callable[[Any], Any], item: tuple[int, Any]) -> tuple[int, Any]:
    return item[0], function(item[1])


@contextmanager
def start(workers: int, method: str, chunksize: int | None) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    context = multiprocessing.get_context()
    awake = context.Barrier(workers + 1)
    with context.Pool(workers, initializer=awake.wait) as pool, ThreadPoolExecutor(1) as guard:
        awake.wait()
        processes = multiprocessing.active_children()
        started(processes)

        def map_by_method(work: Work, items: list[Any]) -> list[Any]:
            if method == "map":
                return pool.map(work.call, items, chunksize)
            if method == "starmap":  # a function of several arguments: where a number's range starts and stops
                if not work.split:
                    return pool.starmap(work.call, [(item,) for item in items], chunksize)
                ranges = [piece for item in items for piece in work.split.cut(item, work.split.cost(item))]
                return pool.starmap(work.split.part, ranges, chunksize)
            size = chunksize or max(1, -(-len(items) // (4 * workers)))  # what the others do by themselves
            results = pool.imap_unordered(partial(numbered, work.call), enumerate(items), size)
            return [result for _, result in sorted(results, key=lambda pair: pair[0])]

        def run(work: Work, items: list[Any]) -> list[Any]:
            """A Pool waits for ever for what a killed worker was doing: look twice a second whether one has ended."""
            mapped = guard.submit(map_by_method, work, items)
            while not wait_for([mapped], timeout=0.5).done:
                if first_ready([process.sentinel for process in processes], timeout=0):
                    raise ChildProcessError("a worker process was killed")
            return mapped.result()

        yield run
