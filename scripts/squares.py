"""Rule squares: the sum of squares below each number, across the cores; exact sums into sums.csv.

Rule squares_shard: one shard's share of the work, in which a number may be a part of one.
"""

import csv
import itertools
import logging
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

from concurrency import files, processes
from concurrency.cores import usable
from concurrency.doing.arm import chosen, run
from concurrency.errors import UserError
from concurrency.measuring.arms import Arm
from concurrency.measuring.child import SampleError
from concurrency.measuring.sampling import Conditions
from concurrency.running import job
from concurrency.showing import terminal
from concurrency.workloads.squares import numbers, pieces
from concurrency.workloads.squares.sums import closed_form
from concurrency.workloads.squares.work import build
from concurrency.workloads.squares.workload import Squares


def main(snakemake: Any) -> None:
    params, shard = snakemake.params, snakemake.wildcards.get("scatteritem", "")
    wanted, workers = numbers.read(params.numbers), usable(snakemake.threads)
    own = pieces.pieces_of(shard or "1-of-1", wanted, build().split)
    sums: Iterable[int]
    if shard or not params.arms:
        sums = _by_processes(own, workers, params.start_method)
    else:
        sums = _by_arm(chosen(params.arms, workers, snakemake.input.verdict, Squares(params.numbers)), snakemake)
    with files.writing(snakemake.output[0]) as file:
        rows = csv.writer(file)
        rows.writerow(["place", "start", "stop", "sum"] if shard else ["number", "sum"])
        bar = terminal.progress(sums, desc="squares", total=len(own), unit="sum", delay=1, disable=bool(shard))
        for piece, total in zip(own, bar, strict=True):
            number = wanted[piece.index]
            if piece.whole and total != closed_form(number):
                raise ArithmeticError(f"the sum of squares below {number} came out as {total}")
            rows.writerow([piece.index, piece.start, piece.stop, total] if shard else [number, total])


def _by_processes(own: list[pieces.Piece], workers: int, start_method: str | None) -> Iterator[int]:
    """What comes of each piece, in order; a large one is cut, and its cuts are computed apart and combined."""
    work = build()
    cut = pieces.divided(own, work.split, workers)
    chunksize = max(1, len(cut) // (64 * workers))
    context = multiprocessing.get_context(start_method)
    with ProcessPoolExecutor(workers, context, initializer=processes.follow_parent) as pool:
        totals = zip(cut, pool.map(partial(pieces.compute, work), cut, chunksize=chunksize), strict=True)
        try:
            for _, of_one in itertools.groupby(totals, key=lambda pair: pair[0].index):
                yield sum(total for _, total in of_one)
        except BrokenProcessPool as error:
            raise UserError("squares: a worker process was killed; is there enough memory?") from error
        except BaseException:  # Ctrl-C: the pool would wait for what its workers are doing
            for process in multiprocessing.active_children():
                process.kill()
            raise
    logging.info("%d sums by %d processes", len(own), workers)


def _by_arm(arm: Arm, snakemake: Any) -> list[int]:
    workload = Squares(snakemake.params.numbers)
    try:
        sums = run(workload, arm, workload.numbers, Conditions(snakemake.params.start_method))
    except SampleError as error:
        raise UserError(f"squares.job: {arm.strategy}: {error}") from error
    logging.info("%d sums by %s with %s workers", len(workload.numbers), arm.strategy, arm.workers)
    return sums or []


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
