"""Work: what is done for each item, in the forms that strategies take it in; built in the interpreter that does it."""

import importlib
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack, ExitStack
from dataclasses import dataclass
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from concurrency.errors import UserError


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
class Work:
    """What a strategy runs for each item: `function`, or `coroutine`, a coroutine function that does the same.

    What a worker needs for all its items (a session, a connection) comes from `open`, a context manager that each
    thread, process or interpreter enters once, or from its asynchronous form `open_on_loop`, entered once per event
    loop; it is the second argument then. Functions are importable by name, so that worker processes find them.
    """

    function: Callable[..., Any] | None = None
    coroutine: Callable[..., Awaitable[Any]] | None = None
    open: Callable[[], AbstractContextManager[Any]] | None = None
    open_on_loop: Callable[[], AbstractAsyncContextManager[Any]] | None = None
    split: Split | None = None

    @property
    def call(self) -> Callable[[Any], Any]:
        """`function` as a function of an item alone, for whatever worker calls it."""
        assert self.function
        if self.open is None:
            return self.function
        return InWorker(self.function, self.open)

    async def on_loop(self) -> Callable[[Any], Awaitable[Any]]:
        """`coroutine` as a coroutine function of an item alone, for tasks of the running event loop."""
        assert self.coroutine
        if self.open_on_loop is None:
            return self.coroutine
        coroutine, opened = self.coroutine, await _enter_on_loop(self.open_on_loop)
        return lambda item: coroutine(item, opened)


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


_mine = threading.local()


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


def load(place: str) -> Callable[..., Any]:
    """The user's function at `path/to/file.py:name`.

    The file is imported as a module by its name, and its folder joins `sys.path`, so that workers find it too. Raises
    UserError for what cannot be imported.
    """
    path, _, name = place.rpartition(":")
    file = Path(path).resolve()
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    try:
        module = importlib.import_module(file.stem)
    except Exception as error:  # whatever a user's file raises when it is run
        raise UserError(f"{path}: cannot be imported: {type(error).__name__}: {error}") from error
    if not module.__file__ or not file.samefile(module.__file__):
        raise UserError(f"{path}: there is another module named {file.stem}; give the file another name")
    if not callable(function := getattr(module, name, None)):
        raise UserError(f"{path}: there is no function {name} in it")
    return function  # type: ignore[no-any-return]
