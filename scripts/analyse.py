"""Rule analyse: from timings to the answer: one row per arm, the verdict, and the law of each strategy's scaling."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from concurrency.deciding import recording, scaling, tables
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import noted, verdict
from concurrency.measuring.comparison import Comparison
from concurrency.running import job
from concurrency.workloads.download.path.manners import Manners, is_free, least
from concurrency.workloads.download.workload import Download

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
    if recorded and "download" in answers:
        answers["download"] = _with_manners(answers["download"], params, recorded[0]["hosts"])
    Path(snakemake.output.verdict).write_text(
        json.dumps(answers, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    for workload, answer in answers.items():
        logging.info("%s: %s", workload, answer["sentence"])


def _with_manners(answer: Mapping[str, Any], params: Any, hosts: Mapping[str, Any]) -> dict[str, Any]:
    """The answer on live sites with what they take where `hosts` are treated as `live` has it, which no replay is."""
    [compared] = params.replayed
    workload = Comparison.of(compared).workload
    assert isinstance(workload, Download)
    manners = Manners.live(params.live, hosts)
    path = workload.sites, workload.network.mbit_per_s
    least_s, in_flight = least(*path, manners, params.worthwhile)
    recommended = answer.get("workers")
    kept = recommended if recommended and is_free(*path, recommended, manners, params.worthwhile) else None
    answer = {**answer, "manners": {"least_s": round(least_s, 4), "in_flight": in_flight}}
    return noted(answer, [recording.polite(manners, least_s, in_flight, kept)])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
