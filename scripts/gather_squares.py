"""Rule gather_squares: the shards' tables as one sums.csv in input order; numbers cut between shards are added up."""

import csv
import itertools
from typing import Any

from concurrency import files
from concurrency.running import job
from concurrency.workloads.squares import numbers
from concurrency.workloads.squares.sums import closed_form


def main(snakemake: Any) -> None:
    wanted = numbers.read(snakemake.params.numbers)
    merged = itertools.groupby(files.merged(snakemake.input.shards), key=lambda row: int(row[0]))
    with files.writing(snakemake.output[0]) as file:
        rows = csv.writer(file)
        rows.writerow(["number", "sum"])
        for (place, parts), (expected, number) in zip(merged, enumerate(wanted), strict=True):
            total = sum(int(part[-1]) for part in parts)
            if place != expected or total != closed_form(number):
                raise ArithmeticError(f"the shards' sum of squares below {number} came out as {total}")
            rows.writerow([number, total])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
