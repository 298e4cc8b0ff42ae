"""The items that a script is for, as source."""

import json
import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from concurrency.errors import without_logins
from concurrency.workloads import rows
from concurrency.workloads.workload import Workload

WIDEST = 110  # characters of an item that stands on a line of its own


class Items(NamedTuple):
    """`constant` is what ITEMS is in the script, `documents` the JSON lines that it may be parsed from.

    `reader` is the function of `parts` that reads what `--items` names, which is `called` so, and, where ITEMS names
    the source (`is_read`), that too; `delimiter` is a table's.
    """

    constant: str
    reader: str
    called: str
    is_read: bool = False
    delimiter: str = ""
    documents: str = ""


def items_of(workload: Workload) -> Items:
    """What the items of `workload` are in its script."""
    source = workload.source
    if isinstance(source, Path | str):
        reader, called = READERS.get(workload.name) or _reader(source)
        constant = literal(_from_here(source) if isinstance(source, Path) else source)
        divides = ""
        if reader == "read_rows" and isinstance(source, Path):
            divides = rows.delimiter(source.read_text(encoding="utf-8-sig"), source)
        return Items(constant, reader, called, is_read=True, delimiter=divides)
    if isinstance(source, Mapping):
        return Items(f"range({source['start']:_}, {source['start'] + source['count']:_})", *READERS["squares"])
    reader, called = INLINE.get(workload.name, INLINE[""])
    if workload.name == "download":
        source = list(map(without_logins, source))
    if all(map(_is_plain, source)):
        short = f"[{', '.join(map(literal, source))}]"
        listed = "".join(f"    {literal(item)},\n" for item in source)
        return Items(short if width(short) <= WIDEST else f"[\n{listed}]", reader, called)
    documents = "".join(f"{json.dumps(item)}\n" for item in source)
    return Items('[json.loads(line) for line in DOCUMENTS.strip().split("\\n")]', reader, called, documents=documents)


READERS = {
    "download": ("read_urls", "a CSV file with a column `url`"),
    "squares": ("read_numbers", "a file with a whole number per line"),
}
INLINE = {
    "download": ("read_lines", "a file with a URL per line"),
    "squares": READERS["squares"],
    "": ("read_json_lines", "a file with JSON per line"),
}


def _reader(source: Path | str) -> tuple[str, str]:
    if isinstance(source, str):
        return "read_files", "a pattern for file names"
    kind = source.suffix.lower()
    if kind in (".csv", ".tsv"):
        return "read_rows", "a table with the same delimiter"
    if kind == ".json":
        return "read_json", "a file with a JSON list"
    return INLINE[""] if kind in (".jsonl", ".ndjson") else ("read_lines", "a file with an item per line")


def width(text: str) -> int:
    """How many columns it takes."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def literal(value: Any) -> str:
    """A text, a number, a boolean or None as source, with the quotes that ruff prefers."""
    is_quoted = isinstance(value, str) and '"' not in value and "'" not in value
    return f'"{repr(value)[1:-1]}"' if is_quoted else repr(value)


def _is_plain(item: Any) -> bool:
    """Whether its literal stands well on a line of its own, and ruff leaves it alone."""
    if isinstance(item, str) and '"' in item and "'" in item:
        return False
    return (item is None or isinstance(item, str | bool | int | float)) and width(literal(item)) <= WIDEST


def _from_here(path: Path) -> str:
    """As it is called in the working directory, if it is in there."""
    inside = os.path.relpath(path)
    return str(path.resolve()) if inside.startswith("..") else inside
