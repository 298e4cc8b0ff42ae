"""Rule measure: one round of one workload, every arm once in random order, each in a fresh interpreter."""

import logging
from typing import Any

from concurrency import arms, job, replay, sampling, sites, squares, tables
from concurrency.arms import Arm


def main(snakemake: Any) -> None:
    params, workload, number = snakemake.params, snakemake.wildcards.workload, int(snakemake.wildcards.round)
    cores = snakemake.threads
    chosen = arms.resolved([Arm(**arm) for arm in params.arms], cores)
    ordered = arms.in_order(chosen, params.seed, workload, number)
    with sampling.machine_to_itself():
        if workload == "download":
            wanted = sites.read(params.source)[: params.measure_items]
            with replay.serve(wanted, params.seed) as urls:
                expected = sampling.expected_pages(wanted)
                rows = sampling.measure_round(workload, ordered, urls, expected, number=number, cores=cores)
        else:
            numbers = squares.read_numbers(params.source)[: params.measure_items]
            expected = sampling.expected_sums(numbers)
            rows = sampling.measure_round(workload, ordered, numbers, expected, number=number, cores=cores)
    table = tables.timings(rows)
    tables.write(table, snakemake.output[0])
    logging.info("%s, round %d\n%s", workload, number, table[["strategy", "workers", "wall_s", "failed"]])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
