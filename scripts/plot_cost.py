"""Rule plot_cost: memory and CPU time against the number of workers."""

from typing import Any

from concurrency.deciding import tables
from concurrency.running import job
from concurrency.showing import plots


def main(snakemake: Any) -> None:
    summary = tables.read_summary(snakemake.input.summary)
    plots.save(plots.cost(summary, snakemake.wildcards.workload), *snakemake.output)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
