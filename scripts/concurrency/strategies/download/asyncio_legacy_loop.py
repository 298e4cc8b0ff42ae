"""An event loop handled by hand, as before asyncio.run: `run_until_complete`, or `run_forever` and a call to stop."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from ._aiohttp import open_session
from .asyncio_gather import fetch_all

RANK = 4
NEEDS = ["aiohttp"]
OPTIONS = {"run": {"enum": ["until_complete", "forever"], "default": "until_complete"}}


def run_forever(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any]) -> Any:
    task = loop.create_task(work)
    task.add_done_callback(lambda _: loop.stop())
    loop.run_forever()
    return task.result()


@contextmanager
def start(workers: int, run: str) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    loop = asyncio.new_event_loop()
    try:
        with open_session(loop.run_until_complete) as session:
            if run == "forever":
                yield lambda urls: run_forever(loop, fetch_all(session, urls, workers))
            else:
                yield lambda urls: loop.run_until_complete(fetch_all(session, urls, workers))
    finally:
        loop.close()
