"""Rule switching: what it costs to switch between threads and between tasks, and to have many of them."""

from typing import Any

from concurrency.deciding import tables
from concurrency.lessons import switching
from concurrency.measuring import lock
from concurrency.running import job


def main(snakemake: Any) -> None:
    with lock.machine_to_itself():
        tables.write(switching.table(), snakemake.output[0])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
