"""The user's own work, built of the places where its functions are."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from concurrency.errors import UserError
from concurrency.loading import Own, load, resolved
from concurrency.notes import Noted, NotedOnLoop
from concurrency.work import Split, Work
from concurrency.workloads.own.journal import JournalledWork
from concurrency.workloads.squares.sums import cut_range

WORKING = "working"  # computing or waiting, who knows


def build(
    form: str = "",
    function: str | None = None,
    coroutine: str | None = None,
    open: str | None = None,  # noqa: A002  (as the configuration calls it)
    then: str | None = None,
    split: str | None = None,
    notes: str | None = None,
    journal: str | None = None,
) -> Work:
    """The work of which the configuration gives the places, each `path/to/file.py:name`.

    `split` is a function (start, stop) that does a share of an item, which is a number then. What is computed when is
    noted in the file `notes`; with `journal`, a folder, items come with their keys, and answers go there. Raises
    UserError for what cannot be imported or is not what it is given as.
    """
    places = function, coroutine, open, then, split  # wherever the user's code may go to
    function, coroutine, open, then, split = (place and resolved(place) for place in places)  # noqa: A001
    given = {"function": function, "coroutine": coroutine, "open": open, "then": then, "split": split}
    for key, place in given.items():
        if place:
            _check(key, place)

    def own(place: str | None) -> Callable[..., Any] | None:
        return None if place is None else Noted(Own(place), notes, WORKING) if notes else Own(place)

    part = own(split)
    work = Work(
        function=own(function),
        coroutine=(NotedOnLoop(Own(coroutine), notes, WORKING) if notes else Own(coroutine)) if coroutine else None,
        open=Opened(open) if open else None,
        open_on_loop=OpenedOnLoop(open) if open else None,
        split=Split(cost=float, cut=cut_range, part=part, combine=sum) if part else None,
        then=Noted(Own(then), notes, WORKING, is_first=False) if then and notes else own(then),
        guarded=True,
    )
    return JournalledWork.of(work, journal) if journal else work


@dataclass(frozen=True)
class Opened:
    """What `open` gives to a worker that runs no event loop."""

    place: str

    def __call__(self) -> AbstractContextManager[Any]:
        manager = load(self.place)()
        if not hasattr(manager, "__enter__"):
            raise TypeError(f"{self.place} gives a {type(manager).__name__}, which a function cannot enter by `with`")
        return manager  # type: ignore[no-any-return]


@dataclass(frozen=True)
class OpenedOnLoop:
    """The same on an event loop; a manager for `with` will do there, too."""

    place: str

    def __call__(self) -> AbstractAsyncContextManager[Any]:
        return _on_loop(self.place)


@asynccontextmanager
async def _on_loop(place: str) -> Any:
    manager = load(place)()
    if hasattr(manager, "__aenter__"):
        async with manager as opened:
            yield opened
    elif hasattr(manager, "__enter__"):
        with manager as opened:
            yield opened
    else:
        raise TypeError(f"{place} gives a {type(manager).__name__}, which is no context manager")


def _check(key: str, place: str) -> None:
    """Raises UserError where what is at `place` cannot be what the configuration gives it as."""
    try:
        found = load(place)
    except UserError as error:
        raise UserError(f"{key}: {error}") from error
    if not callable(found):
        raise UserError(f"{key}: {place} is a {type(found).__name__}, which cannot be called")
    plain, on_loop = (
        any(kind(one) for one in _called(found)) for kind in (inspect.isgeneratorfunction, inspect.isasyncgenfunction)
    )
    if key == "open":
        if plain or on_loop:
            decorator = f"contextlib.{'async' * on_loop}contextmanager"
            raise UserError(f"{key}: {place} is a generator, which cannot be entered; decorate it: @{decorator}")
        return
    if plain or on_loop:
        raise UserError(f"{key}: {place} is a generator, of which nobody takes what it yields; return a list")
    if key == "coroutine" and not is_async(found):
        raise UserError(f"{key}: {place} is no `async def`; give it as `function` (or, decorated, in one)")
    if key != "coroutine" and is_async(found):
        raise UserError(
            f"{key}: {place} is an `async def`; " + ("give it as `coroutine`" if key == "function" else "give a `def`")
        )


def called_with(places: Mapping[str, str | None]) -> dict[str, tuple[int, str]]:
    """With how many arguments what is at each of the `places` of a work is called, and which these are, in words."""
    item = (2, "an item and what `open` gives") if places.get("open") else (1, "an item")
    return {
        "function": item,
        "coroutine": item,
        "open": (0, "nothing"),
        "then": (1, "what came back"),
        "split": (2, "where a share starts and stops"),
        "check": (2, "two answers"),
    }


def is_async(found: Any) -> bool:
    """Whether calling it gives a coroutine."""
    return any(inspect.iscoroutinefunction(one) for one in _called(found))


def _called(found: Any) -> tuple[Any, ...]:
    """What may tell: the thing itself and, of an object, its `__call__`."""
    return found, getattr(type(found), "__call__", None)  # noqa: B004
