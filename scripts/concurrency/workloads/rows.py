"""The rows of a user's table, read strictly."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from concurrency.errors import UserError

DELIMITERS = ",;\t"
SHOWN = 60  # characters of a bad line


def read(text: str, path: Path, divides: str = "") -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """The columns of the table `text` of the file `path`, and each row with the number of its line; empty lines are
    none. `divides` is what stands between cells, if that is not to be found out.

    Raises UserError naming the line of what is no row: columns without a name, or two with the same; too few or too
    many cells.
    """
    header = text.partition("\n")[0]
    csv.field_size_limit(1 << 30)  # characters
    divides = divides or delimiter(text, path)
    lines = _lines(text, path, divides)
    columns = [name.strip() for name in next(lines, (1, []))[1]]
    for place, name in enumerate(columns, 1):
        if not name:
            raise UserError(f"{path}: line 1: column {place} has no name: {shown(header)}")
        if columns.index(name) != place - 1:
            raise UserError(f"{path}: line 1: there are two columns named {name}")
    return columns, _rows(columns, lines, path, divides)


def _lines(text: str, path: Path, divides: str) -> Iterator[tuple[int, list[str]]]:
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=divides, strict=True)
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:
        raise UserError(f"{path}: line {rows.line_num}: is no row of a table: {error}") from error


def _rows(
    columns: list[str], lines: Iterator[tuple[int, list[str]]], path: Path, divides: str
) -> Iterator[tuple[int, dict[str, str]]]:
    for number, row in lines:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(columns):
            raise UserError(
                f"{path}: line {number}: {len(row)} cells, but {len(columns)} columns "
                f"({', '.join(columns)}): {shown(divides.join(row))}"
            )
        yield number, dict(zip(columns, row, strict=True))


def delimiter(text: str, path: Path) -> str:
    """What divides the header of a table into most cells, and its first row into as many.

    Raises UserError where that may be one of several.
    """
    if path.suffix.lower() == ".tsv":
        return "\t"
    header, first = [*text.split("\n", 2), ""][:2]
    unquoted = [re.sub(r'"[^"]*"', "", line) for line in (header, first)]
    counts = {mark: [line.count(mark) for line in unquoted] for mark in DELIMITERS if mark in unquoted[0]}
    fits = [mark for mark, (of_header, of_first) in counts.items() if of_header == of_first] or list(counts)
    most = max((counts[mark][0] for mark in fits), default=0)
    best = [mark for mark in fits if counts[mark][0] == most]
    if len(best) > 1:
        raise UserError(
            f"{path}: line 1: {' or '.join(map(repr, best))} may divide the cells; quote those that hold the other one"
        )
    return best[0] if best else ","


def shown(text: str) -> str:
    """A bad line, or as much of it as a message can have."""
    return repr(cut(text))


def cut(text: str) -> str:
    """The same without quotes."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
