"""Checkpoint precision: how wide the recommended arm's interval is after the rounds so far."""

import logging
from pathlib import Path
from typing import Any

from concurrency.deciding import estimates, tables
from concurrency.running import job


def main(snakemake: Any) -> None:
    wildcards = snakemake.wildcards
    timings = tables.read_timings(snakemake.input.rounds)
    timings["warm_up"] = timings["round"] < int(wildcards.first)
    robust, worthwhile = wildcards.form == "trimmed", snakemake.params.worthwhile
    half_width = estimates.half_width(timings, wildcards.workload, robust, worthwhile)
    logging.info("%s, %s rounds: ± %.1f %%", wildcards.workload, wildcards.round, 100 * half_width)
    Path(snakemake.output[0]).write_text(f"{half_width:.6g}\n")


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
