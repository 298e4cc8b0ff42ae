"""Work: what is done for each item, in the forms that strategies take it in; built in the interpreter that does it."""

import threading
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.util import Finalize
from types import SimpleNamespace
from typing import Any

TRACEBACK_FRAMES, LONGEST_TEXT = 50, 10_000  # of what is told of a failure: its last frames and characters


@dataclass(frozen=True)
class Split:
    """How one item's work is divided: `part(*piece)` for each piece of `cut(item, size)`, joined by `combine`.

    `cost(item)` is what the item takes, in any unit; `cut` makes pieces of equal cost, none above `size` of that unit.
    """

    cost: Callable[[Any], float]
    cut: Callable[[Any, float], list[tuple[int, int]]]
    part: Callable[[int, int], Any]
    combine: Callable[[list[Any]], Any]


@dataclass(frozen=True)
class Failed:
    """The answer to an item on which a guarded work failed: plain text, which travels from any worker to anywhere."""

    error: str
    message: str
    traceback: str

    @classmethod
    def of(cls, error: BaseException) -> "Failed":
        """What became of `error`, whatever it is."""
        try:
            message = str(error)
        except BaseException:  # noqa: BLE001  (a user's class may do anything)
            message = "(it has no message)"
        lines = traceback.format_exception(error, limit=-TRACEBACK_FRAMES)
        said = type(error).__name__, message[:LONGEST_TEXT], "".join(lines)[-LONGEST_TEXT:]
        # the name of a file may be in it, which need be no UTF-8
        return cls(*(text.encode(errors="backslashreplace").decode() for text in said))

    def __str__(self) -> str:
        return " ".join(f"{self.error}: {self.message}".split()).removesuffix(":")


@dataclass(frozen=True)
class Work:
    """What a strategy runs for each item: `function`, or `coroutine`, a coroutine function that does the same.

    What a worker needs for all its items (a session, a connection) comes from `open`, a context manager that each
    thread, process or interpreter enters once, or from its asynchronous form `open_on_loop`, entered once per event
    loop; it is the second argument then. `then` is a function that computes on what came back. Functions are importable
    by name, so that worker processes find them. What a `guarded` work raises is its answer, as `Failed`.

    Where there is no `function`, one is made of the coroutine: it is run to its end on a loop of the calling thread.
    """

    function: Callable[..., Any] | None = None
    coroutine: Callable[..., Awaitable[Any]] | None = None
    open: Callable[[], AbstractContextManager[Any]] | None = None
    open_on_loop: Callable[[], AbstractAsyncContextManager[Any]] | None = None
    split: Split | None = None
    then: Callable[[Any], Any] | None = None
    guarded: bool = False

    @property
    def call(self) -> Callable[[Any], Any]:
        """All of it as a function of an item alone, for whatever worker calls it."""
        call: Callable[[Any], Any]
        if self.function is None:
            return RunToItsEnd(self)
        call = self.function if self.open is None else InWorker(self.function, self.open)
        if self.guarded:
            call = Guarded(call)
        return call if self.then is None else Chained(call, self._then)

    async def on_loop(self) -> Callable[[Any], Awaitable[Any]]:
        """All of it as a coroutine function of an item alone, for tasks of the running event loop."""
        assert self.coroutine
        coroutine = self.coroutine
        if self.open_on_loop:
            coroutine = partial(_with_opened, coroutine, await _enter_on_loop(self.open_on_loop))
        if self.guarded:
            coroutine = partial(_guarded, coroutine)
        return coroutine if self.then is None else partial(_chained, coroutine, self._then)

    @property
    def before(self) -> "Work":
        """Without `then`, for who calls `then_call` somewhere else."""
        return replace(self, then=None)

    @property
    def then_call(self) -> Callable[[Any], Any]:
        """`then` as a function of what `before` gave."""
        return self._then

    @property
    def _then(self) -> Callable[[Any], Any]:
        assert self.then
        return Guarded(self.then) if self.guarded else self.then


@dataclass(frozen=True)
class Guarded:
    """A function whose failures are answers; an answer that is one already is passed on."""

    function: Callable[[Any], Any]

    def __call__(self, item: Any) -> Any:
        if isinstance(item, Failed):
            return item
        try:
            return self.function(item)
        except BaseException as error:  # noqa: BLE001  (whatever strangers' code raises, a SystemExit, too)
            return Failed.of(error)


@dataclass(frozen=True)
class Chained:
    """One function on what another one gives."""

    first: Callable[[Any], Any]
    then: Callable[[Any], Any]

    def __call__(self, item: Any) -> Any:
        return self.then(self.first(item))


async def _with_opened(coroutine: Callable[..., Awaitable[Any]], opened: Any, item: Any) -> Any:
    return await coroutine(item, opened)


async def _guarded(coroutine: Callable[[Any], Awaitable[Any]], item: Any) -> Any:
    import asyncio  # noqa: PLC0415

    try:
        return await coroutine(item)
    except GeneratorExit:
        raise  # nobody waits for it any more
    except BaseException as error:  # noqa: BLE001  (whatever strangers' code raises, a cancellation of its own, too)
        if task := asyncio.current_task():
            while task.cancelling():
                task.uncancel()
        return Failed.of(error)


async def _chained(coroutine: Callable[[Any], Awaitable[Any]], then: Callable[[Any], Any], item: Any) -> Any:
    return then(await coroutine(item))


@dataclass(frozen=True)
class InWorker:
    """A function of an item and of what `open` gave to the worker that calls it, on its first call."""

    function: Callable[[Any, Any], Any]
    open: Callable[[], AbstractContextManager[Any]]

    def __call__(self, item: Any) -> Any:
        try:
            opened = _mine.opened[self.open]
        except (AttributeError, KeyError):
            opened = _enter(self.open)
        return self.function(item, opened)


@dataclass(frozen=True)
class RunToItsEnd:
    """A work's coroutine as a function: each call runs it to its end, on the one loop of the calling thread."""

    work: Work

    def __call__(self, item: Any) -> Any:
        try:
            run = _mine.run
        except AttributeError:
            run = _mine.run = _enter(_own_loop)
        return run(self.work, item)


@contextmanager
def _own_loop() -> Iterator[Callable[[Work, Any], Any]]:
    import asyncio  # noqa: PLC0415

    calls: dict[Work, Callable[[Any], Awaitable[Any]]] = {}

    async def done(work: Work, item: Any) -> Any:
        task = asyncio.current_task()
        assert task
        task.set_name("one by one")  # as all of them are
        if work not in calls:
            calls[work] = await work.on_loop()
        return await calls[work](item)

    with asyncio.Runner() as runner:
        try:
            yield lambda work, item: runner.run(done(work, item))
        finally:
            runner.run(leave_loop())


# What a thread has to itself. In a pool of interpreters each call is by another thread, as far as Python can tell, but
# each interpreter has only one: there, and only there, is this not imported by the main thread.
_is_first = threading.current_thread() is threading.main_thread()
_mine: Any = threading.local() if _is_first else SimpleNamespace()


class _Worker:
    """What lives as long as the thread it was made in."""


def _enter(manager: Callable[[], AbstractContextManager[Any]]) -> Any:
    """What `manager` gives this thread, which leaves it when it ends, at the latest with its process."""
    if not hasattr(_mine, "opened"):
        _mine.opened, _mine.worker = {}, _Worker()
    stack = ExitStack()
    opened = _mine.opened[manager] = stack.enter_context(manager())
    Finalize(_mine.worker, stack.close, exitpriority=0)  # worker processes end without atexit
    return opened


def leave_worker() -> None:
    """Leave what this thread has entered. The main thread lives until Python can start no thread any more, which
    leaving may take."""
    vars(_mine).clear()


_on_loops: dict[Any, tuple[AsyncExitStack, dict[Any, Any]]] = {}


async def _enter_on_loop(manager: Callable[[], AbstractAsyncContextManager[Any]]) -> Any:
    """What `manager` gives the running event loop, until that is to `leave_loop`."""
    stack, opened = _on_loops.setdefault(_running_loop(), (AsyncExitStack(), {}))
    if manager not in opened:
        opened[manager] = await stack.enter_async_context(manager())
    return opened[manager]


async def leave_loop() -> None:
    """Leave what works have entered on the running event loop, before that is closed."""
    stack, _ = _on_loops.pop(_running_loop(), (AsyncExitStack(), {}))
    await stack.aclose()


def _running_loop() -> Any:
    import asyncio  # noqa: PLC0415  (who runs no loop must not import it)

    return asyncio.get_running_loop()
