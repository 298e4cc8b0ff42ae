"""Are the predictions of `snakemake capacity` right? Downloads of up to 100,000 pages and sums of up to 3,000 numbers,
predicted from constants measured just before, and then done.

python benchmarks/scale.py                    about ten minutes on a machine to itself; docs/scale.md has the outcome
python benchmarks/scale.py --most 10000       no more pages than this
python benchmarks/scale.py --in-flight 100    with this many requests in flight only
"""

import argparse
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from concurrency.cores import available
from concurrency.planning import constants
from concurrency.workloads.download import sites
from concurrency.workloads.squares.sums import sum_of_squares

IN_FLIGHT = (15, 100, 400)
PAGES = (1_000, 10_000, 100_000)
NUMBERS = (1_000, 3_000)
NUMBER = 450_000
PATIENCE_S = 400  # what is predicted to take longer is left out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=max(PAGES))
    parser.add_argument("--in-flight", type=int, nargs="+", default=IN_FLIGHT)
    asked = parser.parse_args()
    most = asked.most
    listed = sites.read(ROOT / "sites.csv")
    print("| what | predicted, s | measured, s | off |\n| --- | ---: | ---: | ---: |", flush=True)
    memory = constants.measure_memory(seed=1)
    run = constants.download(constants.repeated(constants.TINY, most), 100, seed=1)
    predicted, measured = memory.peak(most) / 1e6, run.peak_bytes / 1e6
    print(
        f"| {most:,} pages: memory, MB | {predicted:.0f} | {measured:.0f} | {measured / predicted - 1:+.0%} |",
        flush=True,
    )
    for in_flight in asked.in_flight:
        known = constants.measure_pages(listed, in_flight, seed=1)
        for count in PAGES:
            if count <= most and (predicted := known.seconds(count)) < PATIENCE_S:
                run = constants.download(constants.repeated(listed, count), in_flight, seed=1)
                print_row(f"{count:,} pages, {in_flight} in flight", predicted, run.wall_s)
    cores = available()
    terms = constants.measure_terms(NUMBER, cores)
    for count in NUMBERS:
        began = time.perf_counter()
        with ProcessPoolExecutor(cores, multiprocessing.get_context()) as pool:
            list(pool.map(sum_of_squares, [NUMBER] * count))
        print_row(
            f"{count:,} numbers of {NUMBER:,}, {cores} cores",
            count * NUMBER * terms.all_cores_s,
            time.perf_counter() - began,
        )


def print_row(what: str, predicted_s: float, measured_s: float) -> None:
    print(f"| {what} | {predicted_s:.1f} | {measured_s:.1f} | {measured_s / predicted_s - 1:+.0%} |", flush=True)


if __name__ == "__main__":
    main()
