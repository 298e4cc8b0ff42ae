"""Rule gather_squares: the shards' tables as one sums.csv in input order; numbers cut between shards are added up."""

import csv
import itertools
from typing import Any

from concurrency import files
from concurrency.errors import UserError
from concurrency.running import job
from concurrency.workloads.squares import numbers
from concurrency.workloads.squares.sums import closed_form, sum_of_squares
from concurrency.workloads.squares.work import build


def main(snakemake: Any) -> None:
    params = snakemake.params
    wanted, work = numbers.read(params.numbers), build("function", params.function, params.split)
    merged = itertools.groupby(files.merged(snakemake.input.shards), key=lambda row: int(row[0]))
    with files.writing(snakemake.output[0]) as file:
        rows = csv.writer(file)
        rows.writerow(["number", "sum"])
        for (place, parts), (expected, number) in zip(merged, enumerate(wanted), strict=True):
            totals = [part[-1] for part in parts]
            total: Any = totals[0]
            if len(totals) > 1 and work.split:
                total = work.split.combine([_number(text, params.split) for text in totals])
            wrong = work.function is sum_of_squares and int(total) != closed_form(number)
            if place != expected or wrong:
                raise ArithmeticError(f"the shards' sum of squares below {number} came out as {total}")
            rows.writerow([number, total])


def _number(text: str, split: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    raise UserError(
        f"squares.split: {split}: shares of one number are added up across shards, so they must be int or float, not "
        f"{text[:100]!r}; or set squares.shards: 1"
    )


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
