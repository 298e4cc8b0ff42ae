"""Rule squares: the sum of squares below each number, across the cores; exact sums into sums.csv."""

import csv
import logging
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from tqdm import tqdm

from concurrency import job, usage
from concurrency.errors import UserError
from concurrency.squares import closed_form, read_numbers, sum_of_squares, task


def main(snakemake: Any) -> None:
    numbers = read_numbers(snakemake.params.numbers)
    function = task(snakemake.params.function, snakemake.params.split).function
    workers = min(snakemake.threads, usage.available_cores())
    chunksize = max(1, len(numbers) // (64 * workers))
    with (
        open(snakemake.output[0], "w", encoding="utf-8", newline="") as file,
        ProcessPoolExecutor(workers, multiprocessing.get_context(snakemake.params.start_method)) as pool,
    ):
        rows = csv.writer(file)
        rows.writerow(["number", "sum"])
        sums = pool.map(function, numbers, chunksize=chunksize)
        bar = tqdm(sums, "squares", len(numbers), unit="sum", delay=1, mininterval=0.5)
        try:
            for number, total in zip(numbers, bar, strict=True):
                if function is sum_of_squares and total != closed_form(number):
                    raise ArithmeticError(f"the sum of squares below {number} came out as {total}")
                rows.writerow([number, total])
        except BrokenProcessPool as error:
            raise UserError("squares: a worker process was killed; is there enough memory?") from error
        except Exception as error:
            if function is sum_of_squares:
                raise
            reason = f"{type(error).__name__}: {error}, after {bar.n} of {len(numbers)} numbers"
            raise UserError(f"{snakemake.params.function}: {reason}") from error
    logging.info("%d sums by %d processes", len(numbers), workers)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
