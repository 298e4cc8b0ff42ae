"""multiprocessing.Pool: `map`, `imap_unordered` or `starmap`, by default in four chunks for each process."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import wait as first_ready
from typing import Any

from concurrency.workloads.squares.squares import Task

RANK = 5
OPTIONS = {
    "method": {"enum": ["map", "imap_unordered", "starmap"], "default": "map"},
    "chunksize": {"type": ["integer", "null"], "minimum": 1, "default": None},
}


def numbered(function: Callable[[Any], Any], item: tuple[int, Any]) -> tuple[int, Any]:
    return item[0], function(item[1])


@contextmanager
def start(workers: int, method: str, chunksize: int | None) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    context = multiprocessing.get_context()
    awake = context.Barrier(workers + 1)
    with context.Pool(workers, initializer=awake.wait) as pool, ThreadPoolExecutor(1) as guard:
        awake.wait()
        processes = multiprocessing.active_children()

        def map_by_method(task: Task, items: list[int]) -> list[int]:
            if method == "map":
                return pool.map(task.function, items, chunksize)
            if method == "starmap":  # a function of several arguments: where a number's range starts and stops
                if not task.split:
                    return pool.starmap(task.function, [(item,) for item in items], chunksize)
                ranges = [piece for item in items for piece in task.split.cut(item, task.split.cost(item))]
                return pool.starmap(task.split.part, ranges, chunksize)
            size = chunksize or max(1, -(-len(items) // (4 * workers)))  # what the others do by themselves
            results = pool.imap_unordered(partial(numbered, task.function), enumerate(items), size)
            return [result for _, result in sorted(results, key=lambda pair: pair[0])]

        def run(task: Task, items: list[int]) -> list[int]:
            """A Pool waits for ever for what a killed worker was doing: look twice a second whether one has ended."""
            mapped = guard.submit(map_by_method, task, items)
            while not wait_for([mapped], timeout=0.5).done:
                if first_ready([process.sentinel for process in processes], timeout=0):
                    raise ChildProcessError("a worker process was killed")
            return mapped.result()

        yield run
