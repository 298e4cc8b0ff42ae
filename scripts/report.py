"""Rule report: the answer, the plots and the tables as one HTML file."""

import json
from pathlib import Path
from typing import Any

from concurrency.deciding import tables
from concurrency.measuring import machine
from concurrency.measuring.comparison import Comparison
from concurrency.running import job
from concurrency.showing import path, report
from concurrency.workloads.download.workload import Download


def main(snakemake: Any) -> None:
    files = snakemake.input
    html = report.render(
        timings=tables.read_timings([files.timings]),
        summary=tables.read_summary(files.summary),
        scaling=tables.read_scaling(files.scaling),
        verdict=json.loads(Path(files.verdict).read_text(encoding="utf-8")),
        claims=tables.read_claims(files.claims),
        plots=[Path(plot) for plot in files.plots],
        explanations=[Path(file) for file in files.explanations if file.endswith(".svg")],
        environment=machine.known(map(Path, files.environment)),
        config=snakemake.params.config,
        left_out=snakemake.params.left_out,
        measured=snakemake.params.measured,
        recommended={snakemake.params.recommended[Path(file).stem]: Path(file) for file in files.recommended},
        replayed=_replayed(snakemake.params.replayed, files),
        mapped=_mapped(files.mapped),
        traces={Path(file).stem: Path(file) for file in files.traces},
    )
    Path(snakemake.output[0]).write_text(html, encoding="utf-8")


def _replayed(compared: list[dict[str, Any]], files: Any) -> dict[str, str]:
    """What the downloads were compared on, if they were; and what the truth was, where that was measured."""
    if not compared:
        return {}
    workload = Comparison.of(compared[0]).workload
    assert isinstance(workload, Download)
    path_and_check = [json.loads(Path(file).read_text(encoding="utf-8")) for file in files.recorded] or [{}, {}]
    found = path.facts(workload.sites, workload.network.mbit_per_s, *path_and_check)
    for file in files.verified:
        found["verified"] = json.loads(Path(file).read_text(encoding="utf-8"))["sentence"]
    return found


def _mapped(files: list[str]) -> tuple[Path, list[str]] | None:
    """The map, if there is one, and what it says of each work."""
    if not files:
        return None
    picture, *_, located = map(Path, files)
    return picture, [one["sentence"] for one in json.loads(located.read_text(encoding="utf-8"))]


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
