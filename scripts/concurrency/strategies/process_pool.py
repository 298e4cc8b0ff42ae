"""concurrent.futures' pool of processes: items and results travel between them pickled, `chunksize` at a time."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

from ._processes import process_pool

RANK = 3
RUNS = "function"
OPTIONS = {  # auto: four chunks per worker, as multiprocessing.Pool does by itself
    "chunksize": {
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": 10_000_000,
        "pattern": r"^auto\Z",
        "default": 1,
    }
}


@contextmanager
def start(workers: int, chunksize: int | str) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with process_pool(workers) as pool:

        def run(work: Work, items: list[Any]) -> Iterable[Any]:
            size = max(1, -(-len(items) // (4 * workers))) if chunksize == "auto" else int(chunksize)
            return pool.map(work.call, items, chunksize=size)

        yield run
