"""Rule plot_workers: speed-up against the number of workers, beside the ideal."""

from typing import Any

from concurrency.deciding import tables
from concurrency.running import job
from concurrency.showing import plots


def main(snakemake: Any) -> None:
    timings, summary = tables.read_timings([snakemake.input.timings]), tables.read_summary(snakemake.input.summary)
    cores = int(timings["cores"].max())
    plots.save(plots.workers(summary, snakemake.wildcards.workload, cores), *snakemake.output)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
