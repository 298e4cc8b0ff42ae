"""Screening: which strategies, with how many workers, are worth measuring, from samples that count for nothing else."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from concurrency.measuring import arms, ladders, sampling
from concurrency.measuring.arms import AUTO, Arm
from concurrency.measuring.ladders import Ladder
from concurrency.measuring.sampling import Conditions
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.workload import Workload


@dataclass(frozen=True)
class Screening:
    """How to screen: `rounds` of it, in an order by `seed`, for at most so many `finalists` of each interpreter."""

    seed: int
    rounds: int
    finalists: int

    def of(
        self, workload: Workload, chosen: Sequence[Arm], cores: int, conditions: Conditions
    ) -> tuple[list[Arm], list[dict[str, Any]]]:
        """The arms to measure where `chosen` are asked for, and the samples by which they were found, as rows with the
        columns of timings.csv: those whose workers are given, as they are, and the finalists of the others."""
        known = workload.strategies()
        beside, climbing = (
            [Ladder(arm, arms.rungs(workload, known[arm.strategy], cores)) for arm in chosen if is_asked(arm)]
            for is_asked in (_is_baseline, _is_open)
        )
        if not climbing:
            return list(chosen), []
        rows = list(self._climbed(workload, beside + climbing, cores, conditions))
        found = ladders.finalists(climbing, self.finalists)
        return [arm for arm in chosen if not _is_open(arm) and arm not in found] + found, rows

    def _climbed(
        self, workload: Workload, climbing: Sequence[Ladder], cores: int, conditions: Conditions
    ) -> Iterator[dict[str, Any]]:
        """The samples of all rounds; the ladders know their times then."""
        expected = workload.expected()
        for number in range(1, self.rounds + 1):
            chance, position = random.Random(f"{self.seed} {workload.name} screening {number}"), 0
            with workload.at_hand(-number) as items:  # what is drawn for the rounds that count stays unknown
                for ladder, workers in ladders.climb(climbing, number == 1, number == self.rounds, chance):
                    [row] = sampling.measure_round(
                        workload, [replace(ladder.arm, workers=workers)], items, expected,
                        number=-number, cores=cores, conditions=conditions, compare=False,
                    )  # fmt: skip
                    ladder.add(workers, math.inf if row.get("error") or row["failed"] else row["wall_s"])
                    position += 1
                    yield row | {"screening": True, "round": number, "position": position}


def _is_open(arm: Arm) -> bool:
    return arm.workers == AUTO


def _is_baseline(arm: Arm) -> bool:
    return arm.strategy == BASELINE
