"""Rule squares: the sum of squares below each number, across the cores; exact sums into sums.csv."""

import csv
import logging
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from tqdm import tqdm

from concurrency import job
from concurrency.squares import closed_form, read_numbers, sum_of_squares


def main(snakemake: Any) -> None:
    numbers = read_numbers(snakemake.params.numbers)
    workers = snakemake.threads
    chunksize = max(1, len(numbers) // (64 * workers))
    with (
        open(snakemake.output[0], "w", encoding="utf-8", newline="") as file,
        ProcessPoolExecutor(workers, multiprocessing.get_context()) as pool,
    ):
        rows = csv.writer(file)
        rows.writerow(["number", "sum"])
        sums = pool.map(sum_of_squares, numbers, chunksize=chunksize)
        for number, total in zip(
            numbers, tqdm(sums, "squares", len(numbers), unit="sum", delay=1, mininterval=0.5), strict=True
        ):
            if total != closed_form(number):
                raise ArithmeticError(
                    f"the sum of squares below {number} came out as {total}, not {closed_form(number)}"
                )
            rows.writerow([number, total])
    logging.info("%d sums by %d processes", len(numbers), workers)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
