"""Rule environment: what machine, system and versions the measurements ran on."""

import json
from pathlib import Path
from typing import Any

from concurrency.cores import usable
from concurrency.measuring import machine
from concurrency.running import job


def main(snakemake: Any) -> None:
    facts = machine.describe(usable(snakemake.threads))
    Path(snakemake.output[0]).write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
