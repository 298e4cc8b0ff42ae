"""What scripts are made of beside a strategy and a work: each of these as it stands here, where it is needed.

Readers of items take what `--items` was given, and raise OSError or ValueError with what is wrong with it.
"""

import argparse
import asyncio
import csv
import importlib.util
import json
import os
import pickle
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from glob import escape, glob
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from concurrency.workloads.items import check_keys

DELIMITER = ","


class Failed(NamedTuple):
    """The answer to an item that failed."""

    error: str
    message: str


def failed(error: BaseException) -> Failed:
    """How an item failed, in plain text."""
    try:
        return Failed(type(error).__name__, str(error))
    except Exception:  # noqa: BLE001  (a class may do anything)
        return Failed(type(error).__name__, "(it has no message)")


def answer_of(function: Callable[..., Any], *arguments: Any) -> Any:
    """What `function` answers, or how it failed: the other items go on."""
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return failed(error)


async def answer_on_loop(coroutine: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    """What `coroutine` answers, or how it failed: the other items go on."""
    try:
        return await coroutine(*arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return failed(error)
    except asyncio.CancelledError as error:  # one of its own; else somebody wants all of this to end
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        return failed(error)


def sendable(answer: Any) -> Any:
    """It, if one process can send it to another; else why not."""
    try:
        pickle.loads(pickle.dumps(answer))  # noqa: S301  (it is our own)
    except Exception as error:  # noqa: BLE001  (its class may do anything)
        return Failed("NotJSON", f"write a file and return its path: {error}")
    return answer


def of_then(function: Callable[[Any], Any], came: Any) -> Any:
    """What `function` makes of what came; what failed before stays as it is."""
    return came if isinstance(came, Failed) else answer_of(function, came)


def in_all(parts: list[Any]) -> Any:
    """The sum of what came of an item's parts, or how the first one failed that did."""
    failures = [part for part in parts if isinstance(part, Failed)]
    return failures[0] if failures else sum(parts)


class Progress:
    """Tells what comes of each item: a JSON line on stdout; where that is no terminal, with a bar, if tqdm is there."""

    def __init__(self, count: int) -> None:
        self.done, self.failed, self.bar = 0, 0, None
        if sys.stderr.isatty() and not sys.stdout.isatty():
            with suppress(ImportError):
                from tqdm import tqdm  # noqa: PLC0415

                self.bar = tqdm(total=count, unit="item")
        self.out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="ascii")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # where goes what functions print, in whatever process
        self.began = self.told = time.perf_counter()

    def tell(self, item: Any, answer: Any) -> None:
        """An item's line."""
        try:
            check_keys(answer)
            line = json.dumps(self.line(item, answer), allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            answer = Failed("NotJSON", f"write a file and return its path: {error}")
            line = json.dumps(self.line(item, answer))
        try:
            print(line, file=self.out, flush=True)
        except BrokenPipeError:  # nobody reads any more, as after `| head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.out.fileno())
            signal.raise_signal(signal.SIGINT)
        self.done += 1
        self.failed += isinstance(answer, Failed)
        self.told = time.perf_counter()
        if self.bar:
            self.bar.update()

    @staticmethod
    def line(item: Any, answer: Any) -> dict[str, Any]:
        """What is told of an item."""
        return {"item": item} | (answer._asdict() if isinstance(answer, Failed) else {"result": answer})

    def end(self) -> int:
        """The last line, on stderr; what the program ends with: 1 if any item failed."""
        if self.bar:
            self.bar.close()
        seconds = self.told - self.began
        print(f"{self.done - self.failed} done, {self.failed} failed, {seconds:.3f} s", file=sys.stderr)
        return 1 if self.failed else 0


on_the_loop = AsyncExitStack()  # what was entered there


async def entered(manager: Any) -> Any:
    """What a context manager gives to the event loop, which leaves it at its end."""
    if hasattr(manager, "__aenter__"):
        return await on_the_loop.enter_async_context(manager)
    return on_the_loop.enter_context(manager)


async def leave_loop() -> None:
    """Leave what was entered on the event loop."""
    await on_the_loop.aclose()


def available() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def at_least_one(text: str) -> int:
    """A number of workers, as argparse takes it."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def module_at(name: str, path: Path) -> ModuleType:
    """The file at `path` as a module, whatever it is called; workers find it by `name`."""
    spec = importlib.util.spec_from_file_location(name, path)
    if not spec or not spec.loader:
        raise ImportError(f"{path} is no Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_files(pattern: str) -> list[str]:
    """The files that are called like `pattern`, sorted."""
    return sorted(path for path in glob(pattern, recursive=True) if Path(path).is_file())  # noqa: PTH207


def from_here(pattern: str) -> str:
    """`pattern` for whoever goes elsewhere."""
    return os.path.join(escape(str(Path.cwd())), pattern)  # noqa: PTH118  (a Path would drop a `/` at its end)


def read_lines(file: str) -> list[str]:
    """The lines of a text, without empty ones."""
    text = Path(file).read_text(encoding="utf-8-sig")
    return [line.removesuffix("\r") for line in text.split("\n") if line.strip()]


def read_json(file: str) -> list[Any]:
    """The list that a JSON document is."""
    items = json.loads(Path(file).read_text(encoding="utf-8-sig"))
    if not isinstance(items, list):
        raise ValueError("a list was expected")
    return items


def read_json_lines(file: str) -> list[Any]:
    """A JSON document per line."""
    items = []
    for number, line in enumerate(Path(file).read_text(encoding="utf-8-sig").split("\n"), 1):
        try:
            items += [json.loads(line)] if line.strip() else []
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    return items


def read_numbers(file: str) -> list[int]:
    """A whole number per line, possibly below the header `number`."""
    lines = [line.strip() for line in read_lines(file)]
    return [int(line) for line in lines[lines[:1] == ["number"] :]]


def read_rows(file: str) -> list[dict[str, str]]:
    """The rows of a table, by its columns' names."""
    csv.field_size_limit(1 << 30)
    items = []
    with open(file, encoding="utf-8-sig", newline="") as table:
        rows = csv.reader(table, delimiter=DELIMITER, strict=True)
        columns = [name.strip() for name in next(rows, [])]
        for row in rows:
            if any(cell.strip() for cell in row):
                if len(row) != len(columns):
                    raise ValueError(f"line {rows.line_num}: {len(row)} cells, but {len(columns)} columns")
                items.append(dict(zip(columns, row, strict=True)))
    return items


def read_urls(file: str) -> list[str]:
    """The column `url` of a table."""
    with open(file, encoding="utf-8-sig", newline="") as table:
        rows = csv.DictReader(table)
        rows.fieldnames = [name.strip() for name in rows.fieldnames or []]
        if "url" not in rows.fieldnames:
            raise ValueError("there is no column `url`")
        urls = [(row["url"] or "").strip() for row in rows]
    return [url for url in urls if url]
