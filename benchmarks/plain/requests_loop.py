"""A loop over requests.get."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests

from concurrency.work import Work


def run(_: Work, urls: list[str]) -> list[tuple[int, int]]:
    pages = []
    for url in urls:
        response = requests.get(url, timeout=60)
        pages.append((response.status_code, len(response.content)))
    return pages


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[str]], list[tuple[int, int]]]]:
    yield run
