"""The work of squares: the sum below a number, or the user's own function of one, whole or in pieces."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from concurrency.notes import Noted
from concurrency.work import Split, Work, load
from concurrency.workloads.squares.sums import cut_range, sum_of_squares, sum_of_squares_between

NEEDS: dict[str, tuple[str, ...]] = {"function": (), "coroutine": ()}


@dataclass(frozen=True)
class NeverAwaiting:
    """`function` as a coroutine function: it has nothing to wait for, so the loop gets no chance to switch."""

    function: Callable[[Any], Any]

    async def __call__(self, item: Any) -> Any:
        return self.function(item)


def build(form: str = "", function: str | None = None, split: str | None = None, notes: str | None = None) -> Work:
    """The sum of squares, or the user's `function` of a number and, if given, its `split` (start, stop).

    Both are `path/to/file.py:name`; the parts of a number, as `split` gives them, add up to what `function` gives. What
    is computed when is noted in the file `notes`. Raises UserError for what cannot be imported.
    """
    whole = load(function) if function else sum_of_squares
    part = load(split) if split else None if function else sum_of_squares_between
    if notes:
        whole, part = Noted(whole, notes), part and Noted(part, notes)
    return Work(
        function=whole,
        coroutine=NeverAwaiting(whole),
        split=Split(cost=float, cut=cut_range, part=part, combine=sum) if part else None,
    )
