"""Rule timeline: every arm of a workload once more, traced: what each of its workers did when."""

import json
import logging
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from concurrency import notes
from concurrency.cores import usable
from concurrency.deciding.names import arm_name
from concurrency.deciding.tables import ArmKey
from concurrency.measuring import arms, interpreters, lock, on_cores, sampling, tracing
from concurrency.measuring.arms import Arm
from concurrency.measuring.child import SampleError
from concurrency.measuring.comparison import with_finalists
from concurrency.running import job
from concurrency.workloads.workload import Workload

STARTS = ("concurrency.measuring.watching",)  # in the processes that are traced


def main(snakemake: Any) -> None:
    cores = usable(snakemake.threads)
    comparison = with_finalists(snakemake.params.compared, snakemake.input.get("finalists"))[0]
    workload, chosen = comparison.workload, arms.resolved(comparison.arms, cores)
    conditions = sampling.Conditions(**snakemake.params.conditions)
    several = len({arm.interpreter for arm in chosen}) > 1
    traced: dict[str, Path] = {}
    with tempfile.TemporaryDirectory() as folder, lock.machine_to_itself():
        for arm in chosen:
            interpreter = arm.interpreter or interpreters.RUNNING.label
            key = ArmKey(arm.strategy, int(arm.workers), arm.options_text, interpreter)
            name = arm_name(workload.name, key, several)
            file = Path(folder, f"{len(traced)}.jsonl")
            try:
                _trace(workload, arm, conditions, str(file))
            except SampleError as error:
                logging.warning("no timeline of %s: %s", name, error)
            else:
                traced[name] = file
        trace = tracing.chrome_trace(traced)
    Path(snakemake.output[0]).write_text(json.dumps(trace), encoding="utf-8")


def tracer(file: str) -> sampling.Tracer:
    """What traces a sample, noting all in `file`."""
    return sampling.Tracer(file, *STARTS, partial(on_cores.watched, file=file))


def _trace(workload: Workload, arm: Arm, conditions: sampling.Conditions, file: str) -> None:
    strategy = workload.strategies()[arm.strategy]
    with workload.at_hand(notes=file) as items:
        measured, _ = sampling.run_sample(
            workload, strategy, int(arm.workers), strategy.defaults | dict(arm.options), items, conditions,
            tracer(file), executable=arm.executable,
        )  # fmt: skip
    notes.note(file, what="arm", shares=strategy.shares, rank=strategy.rank, gil=measured["gil"])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
