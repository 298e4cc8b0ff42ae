"""Rule timeline: every arm of a workload once more, traced: what each of its workers did when."""

import json
import logging
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from concurrency.cores import usable
from concurrency.deciding import words
from concurrency.measuring import arms, interpreters, sampling, tracing
from concurrency.measuring.arms import Arm
from concurrency.running import job
from concurrency.strategies import catalogue
from concurrency.workloads.download import replay, sites
from concurrency.workloads.squares import squares


def main(snakemake: Any) -> None:
    params, workload = snakemake.params, snakemake.wildcards.workload
    chosen = arms.resolved([Arm(**arm) for arm in params.arms], usable(snakemake.threads))
    conditions = sampling.Conditions(**params.conditions)
    rows = pd.DataFrame(
        {
            "workload": workload, "strategy": arm.strategy, "workers": arm.workers, "options": arm.options_text,
            "interpreter": arm.interpreter or interpreters.RUNNING.label,
        }
        for arm in chosen
    )  # fmt: skip
    traced: dict[str, Path] = {}
    with tempfile.TemporaryDirectory() as folder, sampling.machine_to_itself():
        for arm, (_, row) in zip(chosen, rows.iterrows(), strict=True):
            name = words.row_name(row, rows)
            notes = Path(folder, f"{len(traced)}.jsonl")
            try:
                _trace(workload, arm, params, conditions, notes)
            except sampling.SampleError as error:
                logging.warning("no timeline of %s: %s", name, error)
            else:
                traced[name] = notes
        trace = tracing.chrome_trace(traced)
    Path(snakemake.output[0]).write_text(json.dumps(trace), encoding="utf-8")


def _trace(workload: str, arm: Arm, params: Any, conditions: sampling.Conditions, notes: Path) -> None:
    strategy = catalogue(workload)[arm.strategy]
    options = strategy.defaults | dict(arm.options)

    def run(items: list[Any]) -> None:
        sampling.run_sample(
            workload, strategy.module, int(arm.workers), options, items, conditions,
            trace=str(notes), executable=arm.executable,
        )  # fmt: skip

    if workload == "download":
        wanted = sites.read(params.source)[: params.measure_items]
        with replay.serve(wanted, params.seed, trace=str(notes)) as urls:
            run(urls)
    else:
        run(squares.read_numbers(params.source)[: params.measure_items])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
