"""Items of any kind that JSON can carry: a list, lines of a text, rows of a table, JSON lines, files, numbers."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from glob import glob, has_magic
from pathlib import Path
from typing import Any, NoReturn

from concurrency.errors import UserError
from concurrency.files import read_text
from concurrency.workloads import rows
from concurrency.workloads.rows import shown

Source = Path | str | Mapping[str, int] | list[Any]


def read(source: Source, origin: str = "items") -> list[Any]:
    """The items of a list, of {start, count}, of a pattern for file names (a str; their paths, sorted), or of a file.

    A file's kind goes by its name: `.csv` and `.tsv` have a dict of text per row, `.jsonl` and `.ndjson` any JSON per
    line, `.json` a list of it, all others the line itself; empty lines are none. Raises UserError naming file and line
    (or `origin`, which is what the configuration calls the source) of what is no item.
    """
    if isinstance(source, Mapping):
        return list(range(source["start"], source["start"] + source["count"]))
    if isinstance(source, list):
        return [_carried(item, f"{origin}: entry {place}") for place, item in enumerate(source, 1)]
    if isinstance(source, str):
        if found := files(source):
            return found
        raise UserError(f"{origin}: no file is called like {source}; looked in {Path().resolve()}")
    text = read_text(source)
    kinds = {".csv": _rows, ".tsv": _rows, ".json": _json_list, ".jsonl": _json_lines, ".ndjson": _json_lines}
    if items := list(kinds.get(source.suffix.lower(), _lines)(text, source)):
        return items
    raise UserError(f"{source}: there are no items in it")


def is_pattern(text: str) -> bool:
    """Whether it stands for files instead of being the name of one."""
    return has_magic(text)


def files(pattern: str) -> list[str]:
    """The files that are called like that (`**`: in folders at any depth), sorted."""
    return sorted(path for path in glob(pattern, recursive=True) if Path(path).is_file())  # noqa: PTH207  (`~`, `/`)


def facts(path: str) -> tuple[str, int, int]:
    """What a file is known by: its path, its size in bytes, and when it was changed, in nanoseconds."""
    told = Path(path).stat()
    return path, told.st_size, told.st_mtime_ns


def digest(pattern: str) -> str:
    """Of the facts of all files that are called like that: what makes a job on them anew."""
    found = hashlib.sha256()
    for path in files(pattern):
        with suppress(FileNotFoundError):  # it went meanwhile
            found.update(f"{facts(path)}\0".encode("utf-8", "surrogateescape"))
    return found.hexdigest()[:12]


def _lines(text: str, _: Path) -> Iterator[str]:
    return (line.removesuffix("\r") for line in text.split("\n") if line.strip())


def _json_lines(text: str, path: Path) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield _parsed(line)
            except (ValueError, RecursionError) as error:
                raise UserError(f"{path}: line {number}: is no JSON: {error}: {shown(line)}") from error


def _json_list(text: str, path: Path) -> list[Any]:
    try:
        items = _parsed(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is no JSON: {error}; with an item on each line, call it .jsonl") from error
    if not isinstance(items, list):
        raise UserError(f"{path}: expected a list of items, not {shown(text)}")
    return items


def _parsed(text: str) -> Any:
    return json.loads(text, parse_constant=_no_constant, parse_float=_finite)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is none")


def _finite(text: str) -> float:
    if math.isinf(number := float(text)):
        raise ValueError(f"{text} is too large a number")
    return number


def _rows(text: str, path: Path) -> Iterator[dict[str, str]]:
    return (row for _, row in rows.read(text, path)[1])


def check_keys(value: Any) -> None:
    """Raises TypeError where a mapping in `value` has a key that is no text, of which JSON would make some."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a key, {shown(repr(key))}, is no text")
            check_keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, dict | list | tuple):
                check_keys(item)


def _carried(item: Any, place: str) -> Any:
    try:
        check_keys(item)
        json.dumps(item, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UserError(
            f"{place}: {shown(str(item))} is a {type(item).__name__}, which JSON cannot carry: {error}"
        ) from error
    return item
