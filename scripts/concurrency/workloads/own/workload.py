"""The user's own work as a workload."""

import math
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar

from concurrency.strategies._catalogue import BASELINE, Strategy
from concurrency.workloads import items
from concurrency.workloads.own import stand_in
from concurrency.workloads.workload import Bound, Workload

IN_FLIGHT = ("in flight", "in flight")
STARTS = ("concurrency.workloads.own.work", "concurrency.workloads.own.stand_in")


@dataclass(frozen=True)
class Own(Workload):
    """What the user calls `name`: the first `measure_items` items of `source` (as `items.read` takes it), and the
    places of the functions for them, as `own.work.build` takes them; `check` as `Workload` has it.

    With `profile`, the file of what was seen when each item was done once, a stand-in is what is measured.
    """

    source: items.Source
    measure_items: int | None = None
    name: str = "own"  # type: ignore[misc]
    function: str | None = None
    coroutine: str | None = None
    open: str | None = None
    then: str | None = None
    split: str | None = None
    check: str | dict[str, float] | None = None
    max_failures: int = 0
    profile: str = ""
    bound: Bound = "mixed"  # type: ignore[misc]

    results: ClassVar[str] = "results"
    units: ClassVar[tuple[str, str]] = ("worker", "workers")
    axis: ClassVar[str] = "workers (threads, processes, or items in flight)"
    awaits: ClassVar[bool] = True
    needs: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    folders: ClassVar[tuple[Path, ...]] = ()
    has_then: ClassVar[bool] = True
    knows_answers: ClassVar[bool] = False

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.name

    @property
    def setting(self) -> str:  # type: ignore[override]
        return f"works.{self.name}"

    @property
    def tolerated(self) -> int:
        return self.max_failures

    @property
    def places(self) -> list[str]:
        own = self.function, self.coroutine, self.open, self.then, self.split
        return [place for place in (*own, self.check) if isinstance(place, str)]

    @cached_property
    def items(self) -> list[Any]:
        """What it is done for."""
        return items.read(self.source, f"{self.setting}.items")[: self.measure_items]

    @classmethod
    def units_of(cls, strategy: str) -> tuple[str, str]:
        known = cls.strategies().get(strategy)
        return IN_FLIGHT if known and known.runs == "coroutine" else cls.units

    @classmethod
    def axis_of(cls, strategies: Collection[str]) -> str:
        kinds = {cls.units_of(strategy) for strategy in strategies if strategy != BASELINE}
        names = {frozenset({cls.units}): "workers (threads or processes)", frozenset({IN_FLIGHT}): "items in flight"}
        return names.get(frozenset(kinds), cls.axis)

    def excludes(self, strategy: Strategy) -> str:
        if strategy.then and not self.then:
            return "does what comes `then` apart, and this work has no `then`"
        if strategy.runs == "coroutine" and not self.coroutine:
            return "runs an `async def`, and this work has no `coroutine`"
        if strategy.runs == "function" and not self.function and not strategy.is_baseline:
            return "runs a plain `def`, and this work has no `function`"
        return ""

    @property
    def work(self) -> str:  # type: ignore[override]
        return f"concurrency.workloads.own.{'stand_in' if self.profile else 'work'}"

    def spec(self) -> dict[str, Any]:
        places = {key: getattr(self, key) for key in ("function", "coroutine", "open", "then", "split")}
        return places | ({"profile": self.profile} if self.profile else {})

    @property
    def count(self) -> int:
        return len(self.items)

    def expected(self) -> None:
        """Nobody but the baseline knows."""

    @contextmanager
    def at_hand(self, number: int = 0, notes: str | None = None) -> Iterator[list[Any]]:
        yield stand_in.items(self.profile) if self.profile else self.items

    def estimate_s(self, strategy: Strategy, workers: int, cores: int, gil: bool) -> float:
        return math.nan


@cache
def named(name: str) -> type[Own]:
    """What tables and pictures know of a work of that name, of whose functions and items they know nothing."""
    return type(name, (Own,), {"name": name, "title": name, "setting": f"works.{name}", "bound": "mixed"})
