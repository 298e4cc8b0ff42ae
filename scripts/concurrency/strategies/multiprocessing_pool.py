"""multiprocessing.Pool: `map`, `imap_unordered` or `starmap`, by default in four chunks for each process."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import wait as first_ready
from multiprocessing.pool import AsyncResult
from typing import Any

from concurrency.processes import started
from concurrency.work import Work

RANK = 5
RUNS = "function"
OPTIONS = {
    "method": {"enum": ["map", "imap_unordered", "starmap"], "default": "map"},
    "chunksize": {"type": ["integer", "null"], "minimum": 1, "maximum": 10_000_000, "default": None},
}


def numbered(function: Callable[[Any], Any], chunk: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    return [(i, function(item)) for i, item in chunk]


@contextmanager
def start(workers: int, method: str, chunksize: int | None) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    context = multiprocessing.get_context()
    awake = context.Barrier(workers + 1)
    with context.Pool(workers, initializer=awake.wait) as pool:
        awake.wait()
        processes = multiprocessing.active_children()
        started(processes)

        def check() -> None:  # a Pool waits for ever for what a killed worker was doing
            if first_ready([process.sentinel for process in processes], timeout=0):
                raise ChildProcessError("a worker process was killed")
            if not getattr(pool, "_result_handler").is_alive():  # noqa: B009  (nor does it say so)
                raise RuntimeError("an answer cannot be unpickled")

        def in_any_order(work: Work, items: list[Any]) -> list[Any]:
            size = chunksize or max(1, -(-len(items) // (4 * workers)))  # what the others do by themselves
            pairs = list(enumerate(items))
            chunks = [pairs[i : i + size] for i in range(0, len(pairs), size)]
            coming = pool.imap_unordered(partial(numbered, work.call), chunks)
            answers: dict[int, Any] = {}
            while len(answers) < len(items):
                try:
                    answers.update(coming.next(timeout=0.5))
                except multiprocessing.TimeoutError:
                    check()
            return [answers[i] for i in range(len(items))]

        def run(work: Work, items: list[Any]) -> list[Any]:
            if method == "imap_unordered":
                return in_any_order(work, items)
            mapped: AsyncResult[list[Any]]
            if method == "map":
                mapped = pool.map_async(work.call, items, chunksize)
            elif not work.split:
                mapped = pool.starmap_async(work.call, [(item,) for item in items], chunksize)
            else:  # a function of several arguments: where a number's range starts and stops
                ranges = [piece for item in items for piece in work.split.cut(item, work.split.cost(item))]
                mapped = pool.starmap_async(work.split.part, ranges, chunksize)
            while not mapped.ready():
                mapped.wait(0.5)
                check()
            return mapped.get()

        yield run
        pool.close()
        pool.join()  # left without, a Pool kills its workers
