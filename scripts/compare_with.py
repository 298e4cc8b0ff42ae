"""Rule compare_with: what changed from another campaign to this one, as a table, pictures, a page and in words."""

import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

from concurrency.deciding import campaigns, changes, tables
from concurrency.errors import UserError
from concurrency.measuring import machine
from concurrency.running import job
from concurrency.showing import changed, compared, style

TO_DO = {
    "no host in common": "; of several, only those of the same name are compared",
    "no arm in common": "; measure the same strategies to compare them",
}


def main(snakemake: Any) -> None:
    files, output, params = snakemake.input, snakemake.output, snakemake.params
    before, now = (tables.read_timings([file]) for file in (files.before, files.now))
    every = campaigns.compare(before, now, params.robust, params.worthwhile)
    if why := changes.hindrance(every):
        raise UserError(f"other: {files.before}: {why}{TO_DO.get(why, '')}")
    tables.write(changes.table(every), output.table)
    said = [changes.as_data(one) for one in every]
    Path(output.said).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    drawn = {}
    for workload in params.pictured:
        own = [one for one in every if one.workload == workload]
        files_of = [Path(file) for file in output.pictures if Path(file).name.startswith(f"{workload}_compared")]
        style.save(partial(compared.draw, workload, own), *files_of)
        drawn[workload] = files_of[0]
    facts = [machine.known(map(Path, found)) for found in (files.machine_before, files.machine_now)]
    page = changed.render(every, drawn, *facts, params.folders)
    Path(output.page).write_text(page, encoding="utf-8")
    for one in said:
        logging.info("%s: %s", one["workload"], one["sentence"])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
