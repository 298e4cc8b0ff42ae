"""`asyncio` on uvloop, an event loop in C over libuv: not a line of the client changes."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvloop

from ._aiohttp import open_session
from .asyncio import fetch_all

RANK = 3
NEEDS = ["aiohttp", "uvloop"]


@contextmanager
def start(workers: int) -> Iterator[Callable[[list[str]], list[tuple[int, int]]]]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, open_session(runner.run) as session:
        yield lambda urls: runner.run(fetch_all(session, urls, workers))
