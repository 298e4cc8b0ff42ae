"""A pool of threads, each with a session of its own: while one waits for its page, the others go on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .._threads import thread_pool
from ._requests import fetch, new_session

RANK = 1
NEEDS = ["requests"]


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    own = threading.local()

    def begin() -> None:
        own.session = new_session()

    with thread_pool(workers, begin) as pool:
        yield lambda urls: list(pool.map(lambda url: fetch(own.session, url), urls))
