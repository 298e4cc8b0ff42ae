"""Rule plot_map: the map of concurrency as a picture, and in words."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from concurrency.mapping import answers
from concurrency.running import job
from concurrency.showing import map as picture
from concurrency.showing import style


def main(snakemake: Any) -> None:
    table = answers.read(snakemake.input.map)
    located = json.loads(Path(file).read_text(encoding="utf-8")) if (file := snakemake.input.get("located")) else []
    style.save(partial(picture.draw, table, located), *snakemake.output[:3])
    Path(snakemake.output.text).write_text(picture.text(table), encoding="utf-8")


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
