"""Numbers are split: pieces of equal cost, largest first, so that one huge number keeps every core busy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from concurrency.workloads.squares.squares import Task

from .._processes import process_pool

RANK = 6
OPTIONS = {"pieces": {"type": "integer", "minimum": 1, "default": 32}}  # for each worker


@contextmanager
def start(workers: int, pieces: int) -> Iterator[Callable[[Task, list[int]], list[int]]]:
    with process_pool(workers) as pool:

        def run(task: Task, items: list[int]) -> list[int]:
            split = task.split
            if not split:
                return list(pool.map(task.function, items))
            size = sum(split.cost(item) for item in items) / (workers * pieces)
            cuts = [(start, stop, i) for i, item in enumerate(items) for start, stop in split.cut(item, size)]
            cuts.sort(key=lambda cut: cut[0] - cut[1])  # the longest first, so that the last to end is a short one
            parts: list[list[int]] = [[] for _ in items]
            futures = [(i, pool.submit(split.part, start, stop)) for start, stop, i in cuts]
            for i, future in futures:
                parts[i].append(future.result())
            return [split.combine(own) for own in parts]

        yield run
