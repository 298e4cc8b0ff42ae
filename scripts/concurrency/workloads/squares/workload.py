"""Sums of squares as a workload."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from concurrency.strategies._catalogue import Strategy
from concurrency.workloads.squares import numbers
from concurrency.workloads.squares.sums import closed_form, sum_of_squares
from concurrency.workloads.squares.work import NEEDS
from concurrency.workloads.workload import Bound, Workload

TRIAL_TERMS = 200_000


@dataclass(frozen=True)
class Squares(Workload):
    """The first `measure_items` numbers of `source` (as `numbers.read` takes it)."""

    source: Path | Mapping[str, int] | list[int]
    measure_items: int | None = None

    name: ClassVar[str] = "squares"
    title: ClassVar[str] = "Sums of squares (computing)"
    results: ClassVar[str] = "sums"
    setting: ClassVar[str] = "squares"
    units: ClassVar[tuple[str, str]] = ("worker", "workers")
    axis: ClassVar[str] = "workers (threads or processes)"
    bound: ClassVar[Bound] = "cpu"
    awaits: ClassVar[bool] = False
    work: ClassVar[str] = "concurrency.workloads.squares.work"
    needs: ClassVar[Mapping[str, tuple[str, ...]]] = NEEDS
    folders: ClassVar[tuple[Path, ...]] = (Path(__file__).parent / "algorithms",)

    @cached_property
    def numbers(self) -> list[int]:
        """What is computed for."""
        return numbers.read(self.source)[: self.measure_items]

    def spec(self) -> dict[str, Any]:
        return {}

    @property
    def count(self) -> int:
        return len(self.numbers)

    def expected(self) -> list[Any] | None:
        return [closed_form(number) for number in self.numbers]

    @contextmanager
    def at_hand(self, number: int = 0, notes: str | None = None) -> Iterator[list[Any]]:
        yield self.numbers

    def estimate_s(self, strategy: Strategy, workers: int, cores: int, gil: bool) -> float:
        """From a short trial of the work on this machine."""
        if strategy.is_algorithm:
            return 0.0
        return self._one_by_one_s / (1 if strategy.computes_in_one_thread(gil) else min(workers, cores))

    @cached_property
    def _one_by_one_s(self) -> float:
        begin = time.perf_counter()
        sum_of_squares(TRIAL_TERMS)
        return (time.perf_counter() - begin) / TRIAL_TERMS * sum(self.numbers)
