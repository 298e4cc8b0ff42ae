"""Rule analyse: from timings to the answer: one row an arm, and the verdict."""

import json
import logging
from pathlib import Path
from typing import Any

from concurrency.deciding import statistics, tables
from concurrency.running import job


def main(snakemake: Any) -> None:
    timings, params = tables.read_timings([snakemake.input.timings]), snakemake.params
    summary = statistics.summarise(timings, params.robust, params.own_function)
    tables.write(summary, snakemake.output.summary)
    verdict = statistics.verdict(timings, summary, params.robust, params.own_function)
    Path(snakemake.output.verdict).write_text(
        json.dumps(verdict, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    for workload, answer in verdict.items():
        logging.info("%s: %s", workload, answer["sentence"])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
