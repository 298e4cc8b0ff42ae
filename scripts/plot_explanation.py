"""Rule plot_explanation: the picture of one of the tables that explain: futures, switching or races."""

from typing import Any

import pandas as pd

from concurrency import explain, job, plots


def main(snakemake: Any) -> None:
    draw = {"futures": explain.futures, "switching": explain.switching, "races": explain.races}
    table = pd.read_csv(snakemake.input.table, keep_default_na=True).fillna({"limit": ""})
    plots.save(draw[snakemake.wildcards.topic](table), *snakemake.output)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
