"""Rule collect: the rounds of all workloads as one tidy table, one row a sample."""

from typing import Any

from concurrency import job, tables


def main(snakemake: Any) -> None:
    timings = tables.read_timings(snakemake.input.rounds)
    tables.write(timings.sort_values(["workload", "round", "position"], kind="stable"), snakemake.output[0])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
