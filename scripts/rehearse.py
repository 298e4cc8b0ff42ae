"""Rule rehearse: what would make a work's samples worthless is told before any is taken, one line each.

Where there is such a thing, works that are still to be tried are tried, too, so that all is told at once.
"""

import json
import logging
from pathlib import Path
from typing import Any

from concurrency.errors import UserError, printable
from concurrency.measuring import lock
from concurrency.measuring.comparison import Comparison
from concurrency.measuring.preflight import Preflight
from concurrency.measuring.sampling import Conditions
from concurrency.running import job


def main(snakemake: Any) -> None:
    output = Path(snakemake.output[0])
    with lock.machine_to_itself():
        preflight = _tried(snakemake.params.tried)
        if wrong := preflight.wrong:
            wrong += [line for other in snakemake.params.others for line in _tried(other).wrong]
    if wrong:
        raise UserError("\n".join(map(printable, wrong)))
    found = {"first_item_s": preflight.took_s, "told": preflight.told}
    output.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _tried(order: dict[str, Any]) -> Preflight:
    compared, conditions = Comparison.of(order["compared"]), Conditions(**order["conditions"])
    preflight = Preflight(compared, conditions, order["calls"], order["count"])
    for line in preflight.told:
        logging.warning("%s", printable(line))
    return preflight


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
