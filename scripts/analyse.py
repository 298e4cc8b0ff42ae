"""Rule analyse: from timings to the answer: one row per arm, the verdict, and the law of each strategy's scaling."""

import json
import logging
from pathlib import Path
from typing import Any

from concurrency.deciding import recording, scaling, tables
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.running import job

STAND_IN = "Measured on a stand-in that waits and computes as long as your function did when it did each item once."


def main(snakemake: Any) -> None:
    timings, params = tables.read_timings([snakemake.input.timings]), snakemake.params
    summary = summarise(timings, params.robust)
    tables.write(summary, snakemake.output.summary)
    tables.write(scaling.fit(timings), snakemake.output.scaling)
    recorded = [json.loads(Path(file).read_text(encoding="utf-8")) for file in snakemake.input.recorded]
    notes = {"download": list(recording.notes(*recorded))} if recorded else {}
    notes |= {name: [STAND_IN] for name in params.stand_ins}
    answers = verdict(timings, summary, params.robust, notes, params.worthwhile, params.cut)
    Path(snakemake.output.verdict).write_text(
        json.dumps(answers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    for workload, answer in answers.items():
        logging.info("%s: %s", workload, answer["sentence"])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
