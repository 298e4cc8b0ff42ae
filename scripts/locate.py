"""Rule locate: where measured works lie on the map, and whether it says the same of them."""

import json
import logging
from pathlib import Path
from typing import Any

from concurrency.deciding import tables
from concurrency.mapping import answers, position
from concurrency.running import job


def main(snakemake: Any) -> None:
    files = snakemake.input
    found = position.described(
        answers.read(files.map),
        tables.read_timings([files.timings]),
        tables.read_summary(files.summary),
        json.loads(Path(files.verdict).read_text(encoding="utf-8")),
        {Path(results).parent.name: position.seconds_of(Path(results)) for results in files.results},
    )
    Path(snakemake.output[0]).write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for one in found:
        logging.info("%s", one["sentence"])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
