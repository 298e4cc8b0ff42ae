"""Rule measure: one round of a workload, every arm once in random order, each in a fresh interpreter."""

import logging
from typing import Any

from concurrency import files
from concurrency.cores import usable
from concurrency.measuring import arms, lock, machine, sampling
from concurrency.measuring.comparison import with_finalists
from concurrency.running import job


def main(snakemake: Any) -> None:
    params, number, cores = snakemake.params, int(snakemake.wildcards.round), usable(snakemake.threads)
    conditions, rows = sampling.Conditions(**params.conditions), []
    where = machine.where(kind=snakemake.wildcards.host.removeprefix("_on_"))
    with lock.machine_to_itself():
        for comparison in with_finalists(params.compared, snakemake.input.get("finalists"), cores):
            workload = comparison.workload
            ordered = arms.in_order(comparison.samples(cores), params.seed, workload.name, number)
            with workload.at_hand(number) as items:
                rows += sampling.measure_round(
                    workload, ordered, items, workload.expected(), number=number, cores=cores, conditions=conditions
                )
    rows = [row | where for row in rows]
    files.write_rows(snakemake.output[0], rows)
    for row in rows:
        logging.info(
            "%s, %s workers: %s s %s", row["strategy"], row["workers"], row.get("wall_s"), row.get("error", "")
        )


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
