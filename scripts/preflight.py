"""Rule preflight: what would make samples worthless is told before any is taken, one line each, all at once."""

import json
import logging
from pathlib import Path
from typing import Any

from concurrency.errors import UserError, printable
from concurrency.measuring import lock
from concurrency.measuring.comparison import Comparison
from concurrency.measuring.preflight import Preflight
from concurrency.running import job
from concurrency.workloads.own.workload import Own


def main(snakemake: Any) -> None:
    params = snakemake.params
    compared = [Comparison.of(plain) for plain in params.compared]
    preflight = Preflight(compared, params.start_method)
    with lock.machine_to_itself():
        for comparison in compared:
            if isinstance(comparison.workload, Own):
                name = comparison.workload.name
                preflight.try_work(comparison, params.timeout_s[name], calls=name not in params.stood_in)
        preflight.try_strategies()
    for line in preflight.told:
        logging.warning("%s", printable(line))
    if preflight.wrong:
        raise UserError("\n".join(map(printable, preflight.wrong)))
    found = {"first_item_s": preflight.took_s, "told": preflight.told}
    Path(snakemake.output[0]).write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
