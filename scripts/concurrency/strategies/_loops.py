"""What the strategies with an event loop share: a loop that leaves, at its end, what the work has opened on it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from concurrency.work import leave_loop


@contextmanager
def event_loop(loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None) -> Iterator[asyncio.Runner]:
    """A Runner whose loop, made by `loop_factory`, is there already."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.get_loop()
        try:
            yield runner
        finally:
            runner.run(leave_loop())
