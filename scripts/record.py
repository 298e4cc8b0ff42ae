"""Rule record: each item of a work of the user's own once, one by one: how long it waits, how long it computes."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

from concurrency.doing.job import Job
from concurrency.errors import UserError
from concurrency.measuring import lock
from concurrency.measuring.arms import Arm
from concurrency.measuring.comparison import Comparison
from concurrency.measuring.sampling import Conditions
from concurrency.running import job
from concurrency.strategies._catalogue import BASELINE
from concurrency.work import Failed
from concurrency.workloads.own import recording
from concurrency.workloads.own.workload import Own


def main(snakemake: Any) -> None:
    params, output = snakemake.params, Path(snakemake.output[0])
    workload = Recorded(**vars(Comparison.of(params.compared[0]).workload))
    folder, code = output.with_name("recording"), json.dumps([params.own, params.packages])
    with lock.machine_to_itself(), Job(workload, folder, code, Conditions(**params.conditions)) as recorded:
        recorded.do(Arm(BASELINE))
        every = list(recording.write(output, (told for _, told in recorded.results())))
        failed = [(place, one) for place, one in enumerate(every, 1) if isinstance(one, Failed)]
        if len(failed) > workload.max_failures:
            recorded.forget_failed()
            (place, first), count = failed[0], f" ({len(failed)} of {len(every)} failed)" if len(failed) > 1 else ""
            logging.info("%s", first.traceback)
            raise UserError(f"{workload.setting}: one by one: item {place}: {first}{count}")
    shutil.rmtree(folder)  # what is recorded anew, is so from the beginning
    seen = [one for one in every if not isinstance(one, Failed)]
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
