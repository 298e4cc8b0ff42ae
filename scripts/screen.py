"""Rule screen: short rounds that count for nothing but this: which strategies, with how many workers, to measure."""

import logging
import math
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from concurrency import files
from concurrency.cores import usable
from concurrency.deciding import screening
from concurrency.deciding.screening import Ladder
from concurrency.measuring import arms, lock, machine, sampling
from concurrency.measuring.arms import AUTO, Arm
from concurrency.measuring.comparison import Comparison, Finalists
from concurrency.running import job
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.workload import Workload


def main(snakemake: Any) -> None:
    params, cores = snakemake.params, usable(snakemake.threads)
    where = machine.where(kind=snakemake.wildcards.host.removeprefix("_on_"))
    rows: list[dict[str, Any]] = []
    found: dict[str, list[Arm]] = {}
    most = 1
    with lock.machine_to_itself():
        for comparison in map(Comparison.of, params.compared):
            chosen, workload = arms.resolved(comparison.arms, cores, most), comparison.workload
            fixed, ladders = [arm for arm in chosen if not _is_open(workload, arm)], []
            if any(arm.workers == AUTO for arm in chosen):
                ladders = _ladders(workload, chosen, cores, params.worthwhile)
                rows += _climbed(workload, ladders, cores, params)
            open_ones = [ladder for ladder in ladders if ladder.arm.strategy != BASELINE]
            found[workload.name] = fixed + screening.finalists(open_ones, params.finalists)
            most = max(int(arm.workers) for arm in found[workload.name])
    Finalists(cores, found).write(snakemake.output.finalists)
    files.write_rows(snakemake.output.samples, [row | where for row in rows])
    for name, finalists in found.items():
        logging.info("%s: %s", name, ", ".join(f"{arm.strategy} with {arm.workers}" for arm in finalists))


def _is_open(workload: Workload, arm: Arm) -> bool:
    """Whether how many workers it has, or whether it can win at all, is to be found."""
    strategy = workload.strategies()[arm.strategy]
    has_one = workload.has_one_worker(strategy) and not strategy.is_baseline and not strategy.is_algorithm
    return arm.workers == AUTO or has_one


def _ladders(workload: Workload, chosen: list[Arm], cores: int, worthwhile: float) -> list[Ladder]:
    """Of what is open, and of the baselines, beside which the others are shown."""
    climbing = [arm for arm in chosen if _is_open(workload, arm) or arm.strategy == BASELINE]
    known = workload.strategies()
    return [Ladder(arm, arms.rungs(workload, known[arm.strategy], cores), worthwhile) for arm in climbing]


def _climbed(workload: Workload, ladders: list[Ladder], cores: int, params: Any) -> Iterator[dict[str, Any]]:
    """The samples of all screening rounds; `ladders` know their times then."""
    conditions, expected = sampling.Conditions(**params.conditions), workload.expected()
    for number in range(1, params.rounds + 1):
        chance, position = random.Random(f"{params.seed} {workload.name} screening {number}"), 0
        with workload.at_hand(-number) as items:  # what is drawn for the rounds that count is not to be known before
            while tried := screening.wave(ladders, number == 1, number == params.rounds, chance):
                for ladder, workers in tried:
                    arm = replace(ladder.arm, workers=workers)
                    [row] = sampling.measure_round(
                        workload, [arm], items, expected, number=-number, cores=cores, conditions=conditions,
                        compare=False,
                    )  # fmt: skip
                    position += 1
                    ladder.add(workers, math.inf if row.get("error") or row["failed"] else row["wall_s"])
                    yield row | {"screening": True, "round": number, "position": position}
        for ladder in ladders:
            ladder.end_round()


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
