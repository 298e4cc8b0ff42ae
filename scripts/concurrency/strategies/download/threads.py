"""A pool of threads, each with a session of its own: while one waits for its page, the others go on."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from ._requests import fetch, new_session

RANK = 1
NEEDS = ["requests"]


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    own = threading.local()
    awake = threading.Barrier(workers + 1)

    def begin() -> None:
        own.session = new_session()
        awake.wait()

    with ThreadPoolExecutor(workers, initializer=begin) as pool:
        for _ in range(workers):
            pool.submit(int)
        awake.wait()
        yield lambda urls: list(pool.map(lambda url: fetch(own.session, url), urls))
