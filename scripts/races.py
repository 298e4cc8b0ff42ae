"""Rule races: what is lost when several add to a shared total, and what a lock costs."""

from typing import Any

from concurrency import job, races, sampling, tables


def main(snakemake: Any) -> None:
    with sampling.machine_to_itself():
        tables.write(races.table(), snakemake.output[0])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
