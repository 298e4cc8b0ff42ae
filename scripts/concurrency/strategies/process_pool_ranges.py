"""Numbers are split: pieces of equal cost, largest first, so that one huge number keeps every core busy."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work

from ._processes import process_pool

RANK = 6
RUNS = "function"
OPTIONS = {"pieces": {"type": "integer", "minimum": 1, "maximum": 1_000, "default": 32}}  # for each worker


@contextmanager
def start(workers: int, pieces: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with process_pool(workers) as pool:

        def run(work: Work, items: list[Any]) -> Iterable[Any]:
            split = work.split
            if not split:
                return pool.map(work.call, items)
            size = sum(split.cost(item) for item in items) / (workers * pieces)
            cuts = [(start, stop, i) for i, item in enumerate(items) for start, stop in split.cut(item, size)]
            cuts.sort(key=lambda cut: cut[0] - cut[1])  # the longest first, so that the last to end is a short one
            parts: list[list[int]] = [[] for _ in items]
            futures = [(i, pool.submit(split.part, start, stop)) for start, stop, i in cuts]
            for i, future in futures:
                parts[i].append(future.result())
            return [split.combine(own) for own in parts]

        yield run
