"""Rule races: what is lost when several add to a shared total, and what a lock costs."""

from typing import Any

import pandas as pd

from concurrency import job, races, sampling, tables
from concurrency.interpreters import Interpreter


def main(snakemake: Any) -> None:
    interpreters = [Interpreter(**interpreter) for interpreter in snakemake.params.interpreters]
    with sampling.machine_to_itself():
        tables.write(pd.DataFrame(races.table(interpreters)), snakemake.output[0])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
