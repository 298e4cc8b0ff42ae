"""Rule plot_timeline: what each worker of each arm did when, one below the other on one clock, and in words."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from concurrency.running import job
from concurrency.showing import style
from concurrency.showing.timeline import still, words
from concurrency.workloads.known import kind_of


def main(snakemake: Any) -> None:
    trace = json.loads(Path(snakemake.input.trace).read_text(encoding="utf-8"))
    title = kind_of(snakemake.wildcards.workload).title
    style.save(partial(still.draw, trace, title), *snakemake.output[:3])
    Path(snakemake.output.text).write_text(words.describe(trace), encoding="utf-8")


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
