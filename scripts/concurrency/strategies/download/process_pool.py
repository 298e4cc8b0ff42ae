"""A pool of processes, each with a session of its own: as `threads`, without a shared GIL but with more to start."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

from .._processes import process_pool
from ._requests import fetch, new_session

RANK = 4
NEEDS = ["requests"]
OPTIONS = {"chunksize": {"type": "integer", "minimum": 1, "default": 1}}

session: requests.Session  # each worker's own


def begin() -> None:
    global session  # noqa: PLW0603  (there is no other place that a worker's functions share)
    session = new_session()


def fetch_one(url: str) -> tuple[int, int]:
    return fetch(session, url)


@contextmanager
def start(workers: int, chunksize: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    with process_pool(workers, begin) as pool:
        yield lambda urls: list(pool.map(fetch_one, urls, chunksize=chunksize))
