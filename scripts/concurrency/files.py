"""Files that several jobs write: each appears whole or not at all, and those of shards are put together again."""

import csv
import heapq
import os
import pickle
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from concurrency.errors import UserError

_unfinished: set[Path] = set()


def read_text(path: Path, name: str = "") -> str:
    """The text of a user's file, in UTF-8, with or without a byte order mark; messages call it `name`, if not `path`.

    Raises UserError where it cannot be read; pipes and devices, which may have no end, are not tried.
    """
    name = name or str(path)
    try:
        if path.exists() and not path.is_file():
            raise UserError(f"{name}: is {'a folder' if path.is_dir() else 'a pipe or a device'}; give a file")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"{name}: line {line}: cannot be read as UTF-8 text: {error}; save it as UTF-8") from error
    except OSError as error:
        raise UserError(f"{name}: cannot be read: {error.strerror}") from error


@contextmanager
def writing(path: str | Path) -> Iterator[TextIO]:
    """A new CSV file that takes the place of `path` at one stroke: on a cluster, what a killed Snakemake left running
    may write the same table at the same time."""
    part = Path(f"{path}.{platform.node()}-{os.getpid()}.part")
    _unfinished.add(part)
    try:
        with open(part, "w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a write that fails does not tell where
        raise
    finally:
        part.unlink(missing_ok=True)
        _unfinished.discard(part)


def discard() -> None:
    """Remove what this process has not written to its end; for one that ends without unwinding."""
    for part in list(_unfinished):
        part.unlink(missing_ok=True)


def write_rows(path: str | Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """A CSV table with a column for each key of any of `rows`; not by pandas, which takes long to import."""
    with writing(path) as file:
        table = csv.DictWriter(file, dict.fromkeys(key for row in rows for key in row))
        table.writeheader()
        table.writerows(rows)


def unpickled(path: str | Path) -> Iterator[Any]:
    """What was pickled into a file of ours, one by one; it may be of any class, and raise whatever that does."""
    with open(path, "rb") as file:
        while True:
            try:
                yield pickle.load(file)  # noqa: S301
            except EOFError:
                return


def merged(paths: Iterable[str | Path]) -> Iterator[list[str]]:
    """The rows of the shards' tables, whose first column is the place in the whole list, in the order of that."""

    def rows(path: str | Path) -> Iterator[list[str]]:
        with open(path, encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            next(reader)
            yield from reader

    return heapq.merge(*map(rows, paths), key=lambda row: int(row[0]))


def number_and_count(shard: str) -> tuple[int, int]:
    """Number and count of a shard, named as Snakemake's scatter–gather does it: `2-of-4`."""
    number, _, count = shard.partition("-of-")
    return int(number), int(count)
