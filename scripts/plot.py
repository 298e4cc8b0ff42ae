"""Rule plot: one of the pictures of a workload, by the name of its module (comparison, workers or cost)."""

import json
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from concurrency.deciding import tables
from concurrency.running import job
from concurrency.showing import style


def main(snakemake: Any) -> None:
    timings, summary = tables.read_timings([snakemake.input.timings]), tables.read_summary(snakemake.input.summary)
    answers, workload = (
        json.loads(Path(snakemake.input.verdict).read_text(encoding="utf-8")),
        snakemake.wildcards.pictured,
    )
    picture = import_module(f"concurrency.showing.{snakemake.wildcards.plot}")
    style.save(partial(picture.draw, timings, summary, workload, answers[workload]), *snakemake.output)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
