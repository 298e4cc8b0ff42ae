"""The work of squares: the sum below a number, whole or in pieces."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from concurrency.notes import Noted
from concurrency.work import Split, Work
from concurrency.workloads.squares.sums import cut_range, sum_of_squares, sum_of_squares_between

NEEDS: dict[str, tuple[str, ...]] = {"function": (), "coroutine": ()}


@dataclass(frozen=True)
class NeverAwaiting:
    """`function` as a coroutine function: it has nothing to wait for, so the loop gets no chance to switch."""

    function: Callable[[Any], Any]

    async def __call__(self, item: Any) -> Any:
        return self.function(item)


def build(form: str = "", notes: str | None = None) -> Work:
    """The sum of squares; what is computed when is noted in the file `notes`."""
    whole: Callable[[int], int] = sum_of_squares
    part: Callable[[int, int], int] = sum_of_squares_between
    if notes:
        whole, part = Noted(whole, notes), Noted(part, notes)
    return Work(
        function=whole,
        coroutine=NeverAwaiting(whole),
        split=Split(cost=float, cut=cut_range, part=part, combine=sum),
    )
