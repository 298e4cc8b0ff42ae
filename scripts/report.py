"""Rule report: the answer, the plots and the tables as one HTML file."""

import json
from pathlib import Path
from typing import Any

from concurrency import job, report, tables


def main(snakemake: Any) -> None:
    files = snakemake.input
    html = report.render(
        timings=tables.read_timings([files.timings]),
        summary=tables.read_summary(files.summary),
        verdict=json.loads(Path(files.verdict).read_text(encoding="utf-8")),
        claims=tables.read_claims(files.claims),
        plots=[Path(plot) for plot in files.plots],
        explanations=[Path(file) for file in files.explanations if file.endswith(".svg")],
        environment=json.loads(Path(files.environment).read_text(encoding="utf-8")),
        config=snakemake.params.config,
        left_out=snakemake.params.left_out,
    )
    Path(snakemake.output[0]).write_text(html, encoding="utf-8")


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
