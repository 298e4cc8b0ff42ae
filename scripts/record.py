"""Rule record: each item of a work of the user's own once, one by one: how long it waits, how long it computes."""

import logging
from pathlib import Path
from typing import Any

from concurrency.errors import UserError
from concurrency.measuring import lock
from concurrency.measuring.child import SampleError
from concurrency.measuring.comparison import Comparison
from concurrency.measuring.sampling import Conditions, run_sample
from concurrency.running import job
from concurrency.strategies._catalogue import BASELINE
from concurrency.work import Failed
from concurrency.workloads.own import recording
from concurrency.workloads.own.workload import Own


def main(snakemake: Any) -> None:
    workload = Comparison.of(snakemake.params.compared[0]).workload
    assert isinstance(workload, Own)
    strategy = workload.strategies()[BASELINE]
    output = Path(snakemake.output[0])
    with lock.machine_to_itself():
        try:
            run_sample(
                Recorded(**vars(workload)), strategy, 1, {}, workload.items, Conditions(**snakemake.params.conditions),
                file=str(output),
            )  # fmt: skip
        except SampleError as error:
            raise UserError(f"{workload.setting}: one by one: {error}") from error
    seen = [one for _, one in recording.read(str(output)) if not isinstance(one, Failed)]
    waited, computed = sum(one.waited_s for one in seen), sum(one.computed_s for one in seen)
    logging.info("%d items waited %.3g s and computed %.3g s", len(seen), waited, computed)


class Recorded(Own):
    """Whose answers are what is seen of its items."""

    @property
    def work(self) -> str:  # type: ignore[override]
        return "concurrency.workloads.own.recording"


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
