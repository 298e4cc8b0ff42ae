"""ThreadPoolExecutor.map over requests.get."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import requests

from concurrency.work import Work


def fetch(url: str) -> tuple[int, int]:
    response = requests.get(url, timeout=60)
    return response.status_code, len(response.content)


@contextmanager
def start(workers: int) -> Iterator[Callable[[Work, list[str]], list[tuple[int, int]]]]:
    def run(_: Work, urls: list[str]) -> list[tuple[int, int]]:
        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(fetch, urls))

    yield run
