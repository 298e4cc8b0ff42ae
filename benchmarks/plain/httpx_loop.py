"""A loop over one httpx.Client."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from concurrency.work import Work


def run(_: Work, urls: list[str]) -> list[tuple[int, int]]:
    pages = []
    with httpx.Client() as client:
        for url in urls:
            response = client.get(url)
            pages.append((response.status_code, len(response.content)))
    return pages


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[str]], list[tuple[int, int]]]]:
    yield run
