"""Rule squares: the sum of squares below each number, across the cores; exact sums into sums.csv.

Rule squares_shard: one shard's share of the work, in which a number may be a part of one.
"""

import csv
import itertools
import logging
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

from tqdm import tqdm

from concurrency import files
from concurrency.cores import usable
from concurrency.errors import UserError
from concurrency.running import job
from concurrency.work import Work
from concurrency.workloads.squares import numbers, pieces
from concurrency.workloads.squares.sums import closed_form
from concurrency.workloads.squares.work import build


def main(snakemake: Any) -> None:
    params, shard = snakemake.params, snakemake.wildcards.get("scatteritem", "")
    wanted, work = numbers.read(params.numbers), build()
    workers = usable(snakemake.threads)
    own = pieces.pieces_of(shard or "1-of-1", wanted, work.split)
    with (
        files.writing(snakemake.output[0]) as file,
        ProcessPoolExecutor(workers, multiprocessing.get_context(params.start_method)) as pool,
    ):
        rows = csv.writer(file)
        rows.writerow(["place", "start", "stop", "sum"] if shard else ["number", "sum"])
        sums = _sums(pool, work, pieces.divided(own, work.split, workers), workers)
        bar = tqdm(sums, "squares", len(own), unit="sum", delay=1, mininterval=0.5, disable=bool(shard))
        for piece, total in zip(own, bar, strict=True):
            number = wanted[piece.index]
            if piece.whole and total != closed_form(number):
                raise ArithmeticError(f"the sum of squares below {number} came out as {total}")
            rows.writerow([piece.index, piece.start, piece.stop, total] if shard else [number, total])
    logging.info("%d sums by %d processes", len(own), workers)


def _sums(pool: ProcessPoolExecutor, work: Work, cut: list[pieces.Piece], workers: int) -> Iterator[Any]:
    """What comes of each number, in order; the cuts of one number are computed apart and combined."""
    chunksize = max(1, len(cut) // (64 * workers))
    totals = zip(cut, pool.map(partial(pieces.compute, work), cut, chunksize=chunksize), strict=True)
    try:
        for _, of_one in itertools.groupby(totals, key=lambda pair: pair[0].index):
            yield sum(total for _, total in of_one)
    except BrokenProcessPool as error:
        raise UserError("squares: a worker process was killed; is there enough memory?") from error


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
