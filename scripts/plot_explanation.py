"""Rule plot_explanation: what one of the small runs shows (futures, switching or races), drawn and in words."""

from pathlib import Path
from typing import Any

import pandas as pd

from concurrency.running import job
from concurrency.showing import explain, plots

TOPICS = {
    "futures": (explain.futures, explain.futures_text),
    "switching": (explain.switching, explain.switching_text),
    "races": (explain.races, explain.races_text),
}


def main(snakemake: Any) -> None:
    draw, tell = TOPICS[snakemake.wildcards.topic]
    tables = [pd.read_csv(path) for path in snakemake.input]
    plots.save(draw(*tables), *snakemake.output[:2])
    Path(snakemake.output.text).write_text(tell(*tables), encoding="utf-8")


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
