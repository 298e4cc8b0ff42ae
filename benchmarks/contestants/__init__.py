"""Who takes part: strategies and what else is written in Python (`strategies`), and commands (`programs`).

`downloads` and `computations` hold those that more than one contest has.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

LIMIT_S = 900.0  # the longest that a run may take


class FailedError(Exception):
    """A contestant that brought no result or a wrong one."""


@dataclass(frozen=True)
class Contestant:
    """`run` does the work once and returns seconds and, where known, peak memory in bytes. Kinds: ours, peer, limit."""

    name: str
    kind: str
    run: Callable[[], tuple[float, int | None]]
    missing: str = ""


def names(contestants: Iterable[Contestant]) -> tuple[str, ...]:
    return tuple(contestant.name for contestant in contestants)
