"""Rule plot_explanation: what one of the small runs shows (futures, switching or races), drawn and in words."""

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from concurrency.running import job
from concurrency.showing import style


def main(snakemake: Any) -> None:
    topic = import_module(f"concurrency.showing.{snakemake.wildcards.topic}")
    tables = [pd.read_csv(path) for path in snakemake.input]
    style.save(partial(topic.draw, *tables), *snakemake.output[:3])
    Path(snakemake.output.text).write_text(topic.describe(*tables), encoding="utf-8")


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
