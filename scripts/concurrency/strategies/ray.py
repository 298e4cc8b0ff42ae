"""A local Ray cluster of its own: a remote task for each item, scheduled by Ray's daemons."""

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import ray

from concurrency.work import Work

from ._processes import wait_until_awake

RANK = 8
RUNS = "function"
NEEDS = ["ray"]


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    ray.init(
        "local",
        num_cpus=workers,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.ERROR,
        runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(sys.path)}},  # where the function is imported from
    )
    try:

        def compute(function: Callable[[Any], Any], items: list[Any]) -> list[Any]:
            def call(item: Any) -> Any:  # for Ray takes nothing but a plain function
                return function(item)

            remote = ray.remote(call)
            return list(ray.get([remote.remote(item) for item in items]))

        wait_until_awake(workers, lambda nap, naps: compute(nap, list(naps)))
        yield lambda work, items: compute(work.call, items)
    finally:
        ray.shutdown()
