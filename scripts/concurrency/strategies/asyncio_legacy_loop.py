"""An event loop handled by hand, as before asyncio.run: `run_until_complete`, or `run_forever` and a call to stop."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from concurrency.work import Work, leave_loop

from .asyncio_gather import run_all

RANK = 4
RUNS = "coroutine"
SHARES = "loop"
OPTIONS = {"run": {"enum": ["until_complete", "forever"], "default": "until_complete"}}


def run_forever(loop: asyncio.AbstractEventLoop, running: Coroutine[Any, Any, Any]) -> Any:
    task = loop.create_task(running)
    task.add_done_callback(lambda _: loop.stop())
    loop.run_forever()
    return task.result()


@contextmanager
def start(workers: int, run: str) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    loop = asyncio.new_event_loop()
    try:
        if run == "forever":
            yield lambda work, items: run_forever(loop, run_all(work, items, workers))
        else:
            yield lambda work, items: loop.run_until_complete(run_all(work, items, workers))
    finally:
        loop.run_until_complete(leave_loop())
        loop.close()
