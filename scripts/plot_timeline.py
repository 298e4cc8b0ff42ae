"""Rule plot_timeline: what each worker of each arm did when, one below the other on one time axis."""

import json
from pathlib import Path
from typing import Any

from concurrency import explain, job, plots


def main(snakemake: Any) -> None:
    trace = json.loads(Path(snakemake.input.trace).read_text(encoding="utf-8"))
    plots.save(explain.timeline(trace, plots.TITLES[snakemake.wildcards.workload]), *snakemake.output)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
