"""A pool of processes, each with a session of its own: as `threads`, without a shared GIL but with more to start."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

import requests

from ._requests import fetch, new_session

RANK = 4
NEEDS = ["requests"]
OPTIONS = {"chunksize": {"type": "integer", "minimum": 1, "default": 1}}

session: requests.Session  # each worker's own


def begin(awake: Any) -> None:
    global session  # noqa: PLW0603  (there is no other place that a worker's functions share)
    session = new_session()
    awake.wait()


def fetch_one(url: str) -> tuple[int, int]:
    return fetch(session, url)


@contextmanager
def start(workers: int, chunksize: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    context = multiprocessing.get_context()
    awake = context.Barrier(workers + 1)
    with ProcessPoolExecutor(workers, context, initializer=begin, initargs=(awake,)) as pool:
        for _ in range(workers):
            pool.submit(int)
        awake.wait()
        yield lambda urls: list(pool.map(fetch_one, urls, chunksize=chunksize))
