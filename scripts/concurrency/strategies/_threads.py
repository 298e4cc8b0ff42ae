"""What the strategies with threads share: a pool whose workers are all awake."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def thread_pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """A ThreadPoolExecutor all of whose workers are awake. Raises RuntimeError if there are no more threads."""
    awake = threading.Barrier(workers)
    with ThreadPoolExecutor(workers) as pool:
        try:
            woken = [pool.submit(awake.wait) for _ in range(workers)]
        except RuntimeError:  # those that were started must not wait for the others
            awake.abort()
            raise
        for future in woken:
            future.result()
        yield pool
