"""Rule plot_cost: memory and CPU time against the number of workers."""

from typing import Any

from concurrency import job, plots, tables


def main(snakemake: Any) -> None:
    summary = tables.read_summary(snakemake.input.summary)
    plots.save(plots.cost(summary, snakemake.wildcards.workload), *snakemake.output)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
