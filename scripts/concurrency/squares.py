"""The CPU-bound work: the sum of i*i for i below n, and the numbers to do it for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from concurrency.errors import UserError


@dataclass(frozen=True)
class Task:
    """What a squares strategy runs: a function of one item, importable by name so that worker processes find it."""

    function: Callable[[int], int]


def sum_of_squares(n: int) -> int:
    """The sum of i*i for i = 0 … n-1, term by term in pure Python: the CPU-bound work of the benchmark."""
    return sum(i * i for i in range(n))


def closed_form(n: int) -> int:
    """What `sum_of_squares(n)` must return: (n-1)n(2n-1)/6, for n >= 0."""
    return (n - 1) * n * (2 * n - 1) // 6


def read_numbers(source: Path | Mapping[str, int] | list[int], origin: str = "numbers") -> list[int]:
    """The numbers of {start, count}, of a list, or of a text file with one a line (an optional first line `number`).

    Raises UserError naming the file and line (or `origin` and entry) of the first one that is not a whole number >= 0.
    """
    if isinstance(source, Mapping):
        return list(range(source["start"], source["start"] + source["count"]))
    if isinstance(source, list):
        return [_checked(str(number), f"{origin}: entry {i}") for i, number in enumerate(source, 1)]
    try:
        lines = source.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{source}: cannot be read as UTF-8 text: {error}") from error
    numbers = [
        _checked(line, f"{source}: line {i}")
        for i, line in enumerate(lines, 1)
        if line.strip() and not (i == 1 and line.strip() == "number")
    ]
    if not numbers:
        raise UserError(
            f"{source}: no numbers in it; add one a line, or set `squares.numbers: []` to switch squares off"
        )
    return numbers


def _checked(text: str, place: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise UserError(f"{place}: {text.strip()!r} is not a whole number of at least 0")
    return number
