"""The numbers to compute for: read and checked."""

from collections.abc import Mapping
from pathlib import Path

from concurrency.errors import UserError
from concurrency.files import read_text

MOST = 10**15  # which one core would be years at


def read(source: Path | Mapping[str, int] | list[int], origin: str = "numbers") -> list[int]:
    """The numbers of {start, count}, of a list, or of a text file with one per line (an optional first line `number`).

    Raises UserError naming the file and line (or `origin` and entry) of the first one that is not a whole number >= 0.
    """
    if isinstance(source, Mapping):
        return list(range(source["start"], source["start"] + source["count"]))
    if isinstance(source, list):
        return [_checked(str(number), f"{origin}: entry {i}") for i, number in enumerate(source, 1)]
    numbers = [
        _checked(line, f"{source}: line {i}")
        for i, line in enumerate(read_text(source).splitlines(), 1)
        if line.strip() and not (i == 1 and line.strip() == "number")
    ]
    if not numbers:
        raise UserError(
            f"{source}: no numbers in it; add one per line, or set `squares.numbers: []` to switch squares off"
        )
    return numbers


def _checked(text: str, place: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise UserError(f"{place}: {text.strip()[:60]!r} is not a whole number of at least 0")
    if number > MOST:
        raise UserError(f"{place}: {number:,} is more than any computer gets done; at most {MOST:,}")
    return number
