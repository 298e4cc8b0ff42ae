"""Rule futures: the life of 24 futures, and what becomes of the tasks beside one that fails."""

from typing import Any

from concurrency.deciding import tables
from concurrency.lessons import futures
from concurrency.measuring import lock
from concurrency.running import job


def main(snakemake: Any) -> None:
    with lock.machine_to_itself():
        tables.write(futures.life(), snakemake.output.futures)
        tables.write(futures.when_one_fails(), snakemake.output.tasks)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
