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
from concurrency.workloads.squares.sums import closed_form, sum_of_squares
from concurrency.workloads.squares.work import build


def main(snakemake: Any) -> None:
    params, shard = snakemake.params, snakemake.wildcards.get("scatteritem", "")
    wanted, work = numbers.read(params.numbers), build("function", params.function, params.split)
    workers = usable(snakemake.threads)
    own = pieces.pieces_of(shard or "1-of-1", wanted, work.split)
    with (
        files.writing(snakemake.output[0]) as file,
        ProcessPoolExecutor(workers, multiprocessing.get_context(params.start_method)) as pool,
    ):
        rows = csv.writer(file)
        rows.writerow(["place", "start", "stop", "sum"] if shard else ["number", "sum"])
        sums = _reported(
            _sums(pool, work, pieces.divided(own, work.split, workers), workers), params.function, len(own)
        )
        bar = tqdm(sums, "squares", len(own), unit="sum", delay=1, mininterval=0.5, disable=bool(shard))
        for piece, total in zip(own, bar, strict=True):
            number = wanted[piece.index]
            if work.function is sum_of_squares and piece.whole and total != closed_form(number):
                raise ArithmeticError(f"the sum of squares below {number} came out as {total}")
            rows.writerow([piece.index, piece.start, piece.stop, total] if shard else [number, total])
    logging.info("%d sums by %d processes", len(own), workers)


def _reported(sums: Iterator[Any], function: str | None, count: int) -> Iterator[Any]:
    """The `count` results `sums`; what the user's `function` raises becomes one line."""
    done = 0
    try:
        for total in sums:
            yield total
            done += 1
    except BrokenProcessPool as error:
        raise UserError("squares: a worker process was killed; is there enough memory?") from error
    except Exception as error:
        if function is None:
            raise
        reason = f"{type(error).__name__}: {error}, after {done} of {count} numbers"
        raise UserError(f"{function}: {reason}") from error


def _sums(pool: ProcessPoolExecutor, work: Work, cut: list[pieces.Piece], workers: int) -> Iterator[Any]:
    """What comes of each number, in order; the cuts of one number are computed apart and combined."""
    chunksize = max(1, len(cut) // (64 * workers))
    totals = zip(cut, pool.map(partial(pieces.compute, work), cut, chunksize=chunksize), strict=True)
    for _, of_one in itertools.groupby(totals, key=lambda pair: pair[0].index):
        parts = [total for _, total in of_one]
        yield work.split.combine(parts) if work.split and len(parts) > 1 else parts[0]


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
