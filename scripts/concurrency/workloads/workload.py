"""What a workload is to those who measure it, decide on it and show it: plain facts, and what only it can tell."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from concurrency.strategies._catalogue import Strategy, described

Bound = Literal["cpu", "io", "mixed"]


class Workload(ABC):
    """A kind of work, as a class; with the items that a configuration gives it, as an instance.

    `name` stands for it in tables and files, `title` in pictures, `results` for what its job brings; `setting` is its
    part of config.yaml. `units` is what one of its workers is called, and several; `axis` names their number in a plot.
    `bound` says what one worker spends its time on: computing (cpu), waiting (io), or nobody knows (mixed); `is_fast`
    that the waiting is short. `awaits` is whether its coroutine ever gives way to others. `work` is the module that
    builds its `Work`, of which `needs` are the packages that each form imports; `folders` are those of strategies that
    only it has. `has_then` is whether it may have a stage of its own for what came back, `knows_answers` whether
    answers are plain and known here; else only the user's code can tell.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    results: ClassVar[str]
    setting: ClassVar[str]
    units: ClassVar[tuple[str, str]]
    axis: ClassVar[str]
    bound: ClassVar[Bound]
    is_fast: ClassVar[bool] = False
    awaits: ClassVar[bool]
    work: ClassVar[str]
    needs: ClassVar[Mapping[str, tuple[str, ...]]]
    folders: ClassVar[tuple[Path, ...]]

    has_then: ClassVar[bool] = False
    knows_answers: ClassVar[bool] = True

    source: Any  # of the items, as configured

    @classmethod
    @cache
    def strategies(cls) -> dict[str, Strategy]:
        """Every strategy for it by name, simplest first; algorithms, which do other work to the same end, come last.

        Their needs are those of the form of the work that they run, too.
        """
        every = (strategy for folder in (None, *cls.folders) for strategy in described(folder).values())
        found = [strategy for strategy in every if cls.has_then or not strategy.then]
        found.sort(key=lambda strategy: (strategy.is_algorithm, strategy.rank, strategy.name))
        return {
            strategy.name: replace(strategy, needs=(*cls.needs.get(strategy.runs, ()), *strategy.needs))
            for strategy in found
        }

    @classmethod
    @cache
    def algorithms(cls) -> tuple[str, ...]:
        """The names of those that are algorithms and compete with no strategy."""
        return tuple(name for name, strategy in cls.strategies().items() if strategy.is_algorithm)

    @classmethod
    def has_one_worker(cls, strategy: Strategy) -> bool:
        """Whether another number of workers would change nothing: tasks that never await come one after the other."""
        return strategy.shares == "thread" or (strategy.shares == "loop" and not cls.awaits)

    @classmethod
    def units_of(cls, strategy: str) -> tuple[str, str]:  # noqa: ARG003  (all alike)
        """What a worker of that strategy is called, and several."""
        return cls.units

    @classmethod
    def axis_of(cls, strategies: Collection[str]) -> str:  # noqa: ARG003  (the same for all)
        """What the number of workers of those strategies is called in a plot."""
        return cls.axis

    def excludes(self, strategy: Strategy) -> str:
        """Why `strategy` cannot do this work; empty if it can."""
        return ""

    @property
    def check(self) -> str | dict[str, float] | None:
        """How answers are compared that only the user's code knows: arguments of `answers.same`, the place of a
        function of the user's own, or None: not at all."""
        return {}

    @property
    def tolerated(self) -> int:
        """How many items may fail, if they fail alike whatever is measured."""
        return 0

    @property
    def places(self) -> list[str]:
        """Where the user's own code for it is, each `path/to/file.py:name`."""
        return []

    @abstractmethod
    def spec(self) -> dict[str, Any]:
        """The arguments, as plain data, that `work` takes beside the form."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many items there are."""

    @abstractmethod
    def expected(self) -> list[Any] | None:
        """The right answer to each item, as JSON has it; None if only the baseline knows."""

    @abstractmethod
    def at_hand(self, number: int = 0, notes: str | None = None) -> AbstractContextManager[list[Any]]:
        """The items as strategies get them, with what must be there while they are worked on in round `number` (0: in
        none).

        With `notes`, what is there notes in that file what it does when.
        """

    def least_s(self, workers: int, number: int = 0) -> float | None:
        """What no strategy can beat with that many workers in round `number`, in seconds; None if that is not known."""
        return None

    def limit(self, workers: int, number: int = 0) -> str:
        """What sets `least_s`, in words; empty where nobody knows."""
        return ""

    def recording_sd(self, workers: int) -> float | None:
        """How far what is replayed may be from what was recorded: the standard deviation, over recordings that might
        have been made instead, of the logarithm of what that many workers gain; None where nothing was recorded."""
        return None

    @property
    def known_workers(self) -> int | None:
        """Up to how many workers it is known how what they work with answers; None: it is given."""
        return None

    @abstractmethod
    def estimate_s(self, strategy: Strategy, workers: int, cores: int, gil: bool) -> float:
        """About how many seconds a sample takes on that many cores, with or without a `gil`; nan if nobody knows."""
