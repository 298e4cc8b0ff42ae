"""A pool of threads for what waits, and a pool of processes for what is computed on what has come back."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Semaphore
from typing import Any

from concurrency.cores import available
from concurrency.work import Work

from ._processes import process_pool
from ._threads import thread_pool

RANK = 6
RUNS = "function"
THEN = "processes"
OPTIONS = {  # null: one per core
    "processes": {"type": ["integer", "null"], "minimum": 1, "maximum": 10_000, "default": None}
}


@contextmanager
def start(workers: int, processes: int | None) -> Iterator[Callable[[Work, list[Any]], Iterable[Any]]]:
    with process_pool(processes or available()) as pool, thread_pool(workers) as threads:

        def run(work: Work, items: list[Any]) -> Iterable[Any]:
            call, then = work.before.call, work.then_call
            room = Semaphore(4 * workers)  # of what has come back and is not computed on, so that it fills no memory

            def hand_over(item: Any) -> Future[Any]:
                room.acquire()
                try:
                    answer = pool.submit(then, call(item))
                except BaseException:  # the pool may be broken: nobody is to wait for it
                    room.release()
                    raise
                answer.add_done_callback(lambda _: room.release())
                return answer

            return (answer.result() for answer in threads.map(hand_over, items))

        yield run
