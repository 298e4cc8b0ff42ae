"""Rule races: what is lost when several add to a shared total, and what a lock costs."""

from typing import Any

import pandas as pd

from concurrency.deciding import tables
from concurrency.lessons import races
from concurrency.measuring import lock
from concurrency.measuring.interpreters import Interpreter
from concurrency.running import job


def main(snakemake: Any) -> None:
    interpreters = [Interpreter(**interpreter) for interpreter in snakemake.params.interpreters]
    with lock.machine_to_itself():
        tables.write(pd.DataFrame(races.table(interpreters)), snakemake.output[0])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
