"""Rule measure: one round of one workload, every arm once in random order, each in a fresh interpreter.

A round of downloads also measures the arms of the rule of thumb on the same sites replayed at 1 ms.
"""

import csv
import logging
from typing import Any

from concurrency import files
from concurrency.cores import usable
from concurrency.measuring import arms, environment, sampling
from concurrency.measuring.arms import FAST, Arm
from concurrency.running import job
from concurrency.workloads.download import replay, sites
from concurrency.workloads.download.sites import Site
from concurrency.workloads.squares import squares


def main(snakemake: Any) -> None:
    params, workload, number = snakemake.params, snakemake.wildcards.workload, int(snakemake.wildcards.round)
    same = {
        "number": number,
        "cores": usable(snakemake.threads),
        "conditions": sampling.Conditions(**params.conditions),
    }
    chosen = arms.with_control(arms.resolved([Arm(**arm) for arm in params.arms], same["cores"]))
    ordered = arms.in_order(chosen, params.seed, workload, number)
    with sampling.machine_to_itself():
        if workload == "download":
            wanted = sites.read(params.source)[: params.measure_items]
            fast = sites.fast(wanted)
            quick = arms.for_rule_of_thumb(chosen)
            with replay.serve([*wanted, *fast], params.seed) as urls:
                rows = _downloads(workload, ordered, wanted, urls[: len(wanted)], same)
                if quick:
                    ordered = arms.in_order(quick, params.seed, FAST, number)
                    rows += _downloads(FAST, ordered, fast, urls[len(wanted) :], same)
        else:
            numbers = squares.read_numbers(params.source)[: params.measure_items]
            expected = None if params.conditions["function"] else sampling.expected_sums(numbers)
            rows = sampling.measure_round(workload, ordered, numbers, expected, **same)
    where = environment.where(kind=snakemake.wildcards.host.removeprefix("_on_"))
    rows = [row | where for row in rows]
    with files.writing(snakemake.output[0]) as file:  # not by pandas: it takes long to import
        table = csv.DictWriter(file, dict.fromkeys(key for row in rows for key in row))
        table.writeheader()
        table.writerows(rows)
    for row in rows:
        logging.info(
            "%s, %s workers: %s s %s", row["strategy"], row["workers"], row.get("wall_s"), row.get("error", "")
        )


def _downloads(
    workload: str, ordered: list[Arm], wanted: list[Site], urls: list[str], same: dict[str, Any]
) -> list[dict[str, Any]]:
    """One round of downloads of `wanted`, served at `urls`, as rows of timings.csv under the name `workload`."""
    rows = sampling.measure_round("download", ordered, urls, sampling.expected_pages(wanted), **same)
    return [
        row | {"workload": workload, "minimum_s": sampling.least_download_s(arm, wanted)}
        for arm, row in zip(ordered, rows, strict=True)
    ]


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
