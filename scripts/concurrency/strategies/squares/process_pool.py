"""concurrent.futures' pool of processes: items and results travel between them pickled, `chunksize` at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from concurrency.workloads.squares.squares import Task

from .._processes import process_pool

RANK = 3
OPTIONS = {  # auto: four chunks a worker, as multiprocessing.Pool does by itself
    "chunksize": {"type": ["integer", "string"], "minimum": 1, "pattern": "^auto$", "default": 1}
}


@contextmanager
def start(workers: int, chunksize: int | str) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    with process_pool(workers) as pool:

        def run(task: Task, items: list[int]) -> list[int]:
            size = max(1, -(-len(items) // (4 * workers))) if chunksize == "auto" else int(chunksize)
            return list(pool.map(task.function, items, chunksize=size))

        yield run
