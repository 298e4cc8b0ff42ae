"""Rule collect: the rounds of all workloads, and tables measured elsewhere, as one tidy table, one row per sample."""

from typing import Any

import pandas as pd

from concurrency.deciding import tables
from concurrency.running import job


def main(snakemake: Any) -> None:
    own = tables.read_timings(file for file in snakemake.input.rounds if file.endswith(".csv"))
    own["screening"] = own["screening"].fillna(False)
    own["warm_up"] = (own["round"] == 1) & snakemake.params.warm_up & ~own["screening"]
    table = own.sort_values(
        ["workload", "screening", "round", "position"], ascending=[True, False, True, True], kind="stable"
    )
    for path in snakemake.input.extra:
        table = pd.concat([table, tables.read_extra(path, set(table["host"]))])
    tables.write(table, snakemake.output[0])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
