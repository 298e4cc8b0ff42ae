"""Rule plot_comparison: every arm of a workload, its times and its speed-up."""

from typing import Any

from concurrency.deciding import tables
from concurrency.running import job
from concurrency.showing import plots


def main(snakemake: Any) -> None:
    timings, summary = tables.read_timings([snakemake.input.timings]), tables.read_summary(snakemake.input.summary)
    plots.save(plots.comparison(timings, summary, snakemake.wildcards.workload), *snakemake.output)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
