"""Rule screen: short rounds that count for nothing but this: which strategies, with how many workers, to measure."""

import logging
from typing import Any

from concurrency import files
from concurrency.cores import usable
from concurrency.measuring import arms, lock, machine, sampling
from concurrency.measuring.comparison import Comparison, Finalists
from concurrency.measuring.screening import Screening
from concurrency.running import job


def main(snakemake: Any) -> None:
    params, cores = snakemake.params, usable(snakemake.threads)
    conditions, screening = sampling.Conditions(**params.conditions), Screening(**params.screening)
    where = machine.where(kind=snakemake.wildcards.host.removeprefix("_on_"))
    found, rows, most = {}, [], 1
    with lock.machine_to_itself():
        for comparison in map(Comparison.of, params.compared):
            chosen = arms.resolved(comparison.arms, cores, most)
            finalists, samples = screening.of(comparison.workload, chosen, cores, conditions)
            found[comparison.workload.name] = finalists
            rows += [row | where for row in samples]
            most = max(int(arm.workers) for arm in finalists)
    Finalists(cores, found).write(snakemake.output.finalists)
    files.write_rows(snakemake.output.samples, rows)
    for name, finalists in found.items():
        logging.info("%s: %s", name, ", ".join(f"{arm.strategy} with {arm.workers}" for arm in finalists))


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
