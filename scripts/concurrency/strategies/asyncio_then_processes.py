"""One event loop waits for all that is under way; what has come back is computed on in a pool of processes."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from concurrency.cores import available
from concurrency.work import Work

from ._loops import event_loop
from ._processes import process_pool

RANK = 7
RUNS = "coroutine"
THEN = "processes"
OPTIONS = {  # null: one per core
    "processes": {"type": ["integer", "null"], "minimum": 1, "maximum": 10_000, "default": None}
}


async def run_all(work: Work, items: list[Any], workers: int, pool: Executor) -> list[Any]:
    call, then = await work.before.on_loop(), work.then_call
    loop = asyncio.get_running_loop()
    answers: list[Any] = [None] * len(items)
    todo = iter(enumerate(items))
    room = asyncio.Semaphore(4 * workers)  # of what has come back and is not computed on, so that it fills no memory

    async def take_turns() -> None:
        for i, item in todo:
            await room.acquire()
            came = await call(item)
            answers[i] = loop.run_in_executor(pool, then, came)  # the next item is asked for meanwhile
            answers[i].add_done_callback(lambda _: room.release())

    async with asyncio.TaskGroup() as group:
        for _ in range(min(workers, len(items))):
            group.create_task(take_turns())
    return await asyncio.gather(*answers)


@contextmanager
def start(workers: int, processes: int | None) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with process_pool(processes or available()) as pool, event_loop() as runner:
        yield lambda work, items: runner.run(run_all(work, items, workers, pool))
