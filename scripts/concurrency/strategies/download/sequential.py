"""One page after the other over one session: the baseline."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ._requests import fetch, new_session

RANK = 0
ONE_WORKER = True
NEEDS = ["requests"]


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    with new_session() as session:
        yield lambda urls: [fetch(session, url) for url in urls]
