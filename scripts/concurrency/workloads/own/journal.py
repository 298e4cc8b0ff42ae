"""What is known of a job's items, as its workers write it down: files of JSON lines in one folder.

A worker appends a line when it begins an item and one when it is done with it, to a file of its process; a line is one
write, so that it is there or not, whenever and however the process ends. What a killed process left of a line is none.

    {"begun": KEY}
    {"came": KEY}   where what came waits for its `then`, and   {"then": KEY}   when that is begun
    {"key": KEY, "seconds": …, "result": …}   or   {"key": KEY, "seconds": …, "error": …, "message": …, "traceback": …}
    {"opening": WHO}   and   {"opened": WHO}   around the way into what `open` gives, whether it leads there or not
"""

import hashlib
import os
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    ExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass
from json import dumps, loads  # by these names, whatever strangers' code makes of `json.dumps` meanwhile
from os import close, write
from os import open as open_file
from pathlib import Path
from time import perf_counter
from typing import Any

from concurrency.work import Failed, Work
from concurrency.workloads.items import check_keys

SUFFIX = ".jsonl"
SURROGATE = re.compile("[\ud800-\udfff]")
# By folder, why this process notes nothing more: tasks that are cancelled by one's error would be noted as failed, and
# what is not noted is done again.
_broken: dict[str, OSError] = {}
_mine = threading.local()  # `begun`: the item that this thread has begun last


def keys(items: Iterable[Any]) -> list[str]:
    """A name for each item, by what it is and how often it came before: the same in another order or among others."""
    times, found = Counter[str](), []
    for item in items:
        digest = hashlib.sha256(dumps(item, sort_keys=True).encode()).hexdigest()[:20]
        times[digest] += 1
        found.append(f"{digest}-{times[digest]}")
    return found


def as_json(value: Any) -> str:
    """`value` on one line; what is no Unicode, as a file's name may be, is spelt out.

    Raises TypeError or ValueError for what JSON cannot hold: a mapping, too, whose keys are no text and would change.
    """
    check_keys(value)
    text = dumps(value, ensure_ascii=False, allow_nan=False)
    return text if text.isascii() or not SURROGATE.search(text) else dumps(value, allow_nan=False)


@dataclass(frozen=True)
class Ended:
    """What became of an item: whether it failed, and where its line is, which may be long."""

    file: Path
    place: int
    failed: bool

    def data(self) -> bytes:
        """The line as it was written."""
        with open(self.file, "rb") as file:
            file.seek(self.place)
            return file.readline()

    def line(self) -> dict[str, Any]:
        """What it says, without the item's key."""
        said: dict[str, Any] = loads(self.data())
        return {name: value for name, value in said.items() if name != "key"}


@dataclass(frozen=True)
class Journal:
    """That of a job, in `folder`."""

    folder: str

    def begin(self, key: str) -> float:
        """Note that the item is begun; when that was."""
        _mine.begun = key
        self.say("begun", key)
        return perf_counter()

    def say(self, what: str, who: str) -> None:
        """Note `what` is so now of an item, or of who opens something."""
        self._append({what: who})

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Note that something is opened, and when that is over: by which process, and for which item. That is the one
        that this thread has begun; on an event loop, where all is opened before any is begun, the thread itself."""
        who = f"{os.getpid()} {getattr(_mine, 'begun', threading.get_native_id())}"
        self.say("opening", who)
        try:
            yield
        finally:
            self.say("opened", who)

    def end(self, key: str, began: float, answer: Any) -> None:
        """Note what became of it."""
        self.note(key, perf_counter() - began, answer)

    def note(self, key: str, seconds: float, answer: Any) -> None:
        """Note an answer, which may be `Failed`."""
        line = {"key": key, "seconds": round(seconds, 6)}
        if not isinstance(answer, Failed):
            try:
                self._append(line | {"result": answer})
                return
            except (TypeError, ValueError, RecursionError) as error:
                kind = f"{type(answer).__module__}.{type(answer).__qualname__}".removeprefix("builtins.")
                advice = f"the answer, a {kind}, cannot be written as JSON ({error}): write a file and return its path"
                answer = Failed("NotJSON", advice, "")
        self._append(line | {"error": answer.error, "message": answer.message, "traceback": answer.traceback})

    def _append(self, line: dict[str, Any]) -> None:
        data = memoryview(as_json(line).encode() + b"\n")
        if error := _broken.get(self.folder):
            raise error
        try:
            file = open_file(f"{self.folder}/{os.getpid()}{SUFFIX}", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                while data:
                    data = data[write(file, data) :]
            finally:
                close(file)
        except OSError as error:
            _broken[self.folder] = error
            raise

    def lines(self, seen: dict[Path, int]) -> Iterator[tuple[str, str, Ended | None]]:
        """What the lines say, of which item or of who opens, and what became of it where it has `ended`.

        `seen` has how many bytes of each file were read before, which are not read again, and is brought up to date.
        """
        for path in self._files():
            with open(path, "rb") as file:
                file.seek(seen.get(path, 0))
                for data in file:
                    if not data.endswith(b"\n"):
                        break
                    place = seen.get(path, 0)
                    seen[path] = place + len(data)
                    try:
                        line = loads(data)
                    except ValueError:  # a power cut's
                        continue
                    if "key" in line:
                        yield "ended", line["key"], Ended(path, place, failed="error" in line)
                    else:
                        yield *next(iter(line.items())), None

    def rewrite(self, ended: Mapping[str, Ended]) -> None:
        """Hold the lines of `ended` and nothing else, in one file."""
        old = self._files()
        new = Path(self.folder, f"kept{SUFFIX}")
        part = new.with_suffix(".part")
        with open(part, "wb") as file:
            for one in ended.values():
                file.write(one.data())
            file.flush()
            os.fsync(file.fileno())  # before the old ones go
        part.replace(new)
        for path in old:
            if path != new:
                path.unlink()

    def _files(self) -> list[Path]:
        return sorted(Path(self.folder).glob(f"*{SUFFIX}"))


@dataclass(frozen=True)
class JournalledWork(Work):
    """A work whose items come with their keys, and whose answers go into the `journal` instead of to whoever asked."""

    journal: Journal = Journal("")

    @classmethod
    def of(cls, work: Work, folder: str) -> "JournalledWork":
        """`work`, all of whose answers go into the journal in `folder`."""
        journal = Journal(folder)
        opened = {
            "open": work.open and _Opening(work.open, journal),
            "open_on_loop": work.open_on_loop and _OpeningOnLoop(work.open_on_loop, journal),
        }
        return cls(**{**vars(work), **opened, "split": None}, journal=journal)

    @property
    def call(self) -> Callable[[Any], Any]:
        whole = super().call
        return _Noted(whole, self.journal) if self.function else whole  # a coroutine's is noted on its loop

    async def on_loop(self) -> Callable[[Any], Awaitable[Any]]:
        return _noted(await super().on_loop(), self.journal)

    @property
    def before(self) -> Work:
        return _Before(**{**vars(self), "then": None})

    @property
    def then_call(self) -> Callable[[Any], Any]:
        return _NotedThen(super().then_call, self.journal)


@dataclass(frozen=True)
class _Opening:
    open: Callable[[], AbstractContextManager[Any]]
    journal: Journal

    @contextmanager
    def __call__(self) -> Iterator[Any]:
        with ExitStack() as stack:
            with self.journal.opening():
                opened = stack.enter_context(self.open())
            yield opened


@dataclass(frozen=True)
class _OpeningOnLoop:
    open: Callable[[], AbstractAsyncContextManager[Any]]
    journal: Journal

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Any]:
        async with AsyncExitStack() as stack:
            with self.journal.opening():
                opened = await stack.enter_async_context(self.open())
            yield opened


@dataclass(frozen=True)
class _Noted:
    function: Callable[[Any], Any]
    journal: Journal

    def __call__(self, keyed: tuple[str, Any]) -> None:
        key, item = keyed
        began = self.journal.begin(key)
        self.journal.end(key, began, self.function(item))


def _noted(coroutine: Callable[[Any], Awaitable[Any]], journal: Journal) -> Callable[[Any], Awaitable[None]]:
    async def call(keyed: tuple[str, Any]) -> None:
        key, item = keyed
        began = journal.begin(key)
        journal.end(key, began, await coroutine(item))

    return call


@dataclass(frozen=True)
class _Before(JournalledWork):
    """The stage before `then`, of which nothing but the beginning is noted; key and time go on with the answer."""

    @property
    def call(self) -> Callable[[Any], Any]:
        return _Began(Work.call.fget(self), self.journal)  # type: ignore[attr-defined]

    async def on_loop(self) -> Callable[[Any], Awaitable[Any]]:
        call = await Work.on_loop(self)

        async def begun(keyed: tuple[str, Any]) -> tuple[str, float, Any]:
            key, item = keyed
            began = self.journal.begin(key)
            came = await call(item)
            self.journal.say("came", key)
            return key, perf_counter() - began, came

        return begun


@dataclass(frozen=True)
class _Began:
    function: Callable[[Any], Any]
    journal: Journal

    def __call__(self, keyed: tuple[str, Any]) -> tuple[str, float, Any]:
        key, item = keyed
        began = self.journal.begin(key)
        came = self.function(item)
        self.journal.say("came", key)
        return key, perf_counter() - began, came


@dataclass(frozen=True)
class _NotedThen:
    function: Callable[[Any], Any]
    journal: Journal

    def __call__(self, came: tuple[str, float, Any]) -> None:
        key, seconds, answer = came
        self.journal.say("then", key)
        began = perf_counter()
        answer = self.function(answer)
        self.journal.note(key, seconds + perf_counter() - began, answer)
