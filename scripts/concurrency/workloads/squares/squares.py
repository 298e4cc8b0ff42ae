"""The CPU-bound work: the sum of i*i for i below n, or the user's own function, and the numbers to do it for."""

import importlib
import itertools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concurrency.errors import UserError


@dataclass(frozen=True)
class Split:
    """How one item's work is divided: `part(*piece)` for each piece of `cut(item, size)`, joined by `combine`.

    `cost(item)` is what the item takes, in any unit; `cut` makes pieces of equal cost, none above `size` of that unit.
    """

    cost: Callable[[int], float]
    cut: Callable[[int, float], list[tuple[int, int]]]
    part: Callable[[int, int], int]
    combine: Callable[[list[int]], int]


@dataclass(frozen=True)
class Task:
    """What a squares strategy runs: a function of one item, and how it is split, if it can be.

    Functions are importable by name, so that worker processes find them. A user's own may return what it likes.
    """

    function: Callable[[int], int]
    split: Split | None = None


def sum_of_squares(n: int) -> int:
    """The sum of i*i for i = 0 … n-1, term by term in pure Python: the CPU-bound work of the benchmark."""
    return sum(i * i for i in range(n))


def sum_of_squares_between(start: int, stop: int) -> int:
    """The sum of i*i for i = start … stop-1, term by term: a share of `sum_of_squares(n)` for stop <= n."""
    return sum(i * i for i in range(start, stop))


def cut_range(n: int, size: float) -> list[tuple[int, int]]:
    """0 … n as ranges (start, stop) whose lengths differ by at most 1, none longer than `size` rounded up."""
    pieces = max(1, -int(-n // max(size, 1)))
    bounds = [n * i // pieces for i in range(pieces + 1)]
    return list(itertools.pairwise(bounds))


def task(function: str | None = None, split: str | None = None) -> Task:
    """The sum of squares, or the task of a user's `function` of a number and, if given, its `split` (start, stop).

    Both are `path/to/file.py:name`; the parts of a number, as `split` gives them, add up to what `function` gives.
    The file is imported as a module by its name, and its folder joins `sys.path`, so that workers find it too.
    Raises UserError for what cannot be imported.
    """
    whole = _load(function) if function else sum_of_squares
    if function and not split:
        return Task(whole)
    return Task(
        whole, Split(cost=float, cut=cut_range, part=_load(split) if split else sum_of_squares_between, combine=sum)
    )


def _load(place: str) -> Callable[..., Any]:
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
