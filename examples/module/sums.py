"""Rule sums: the sum of the proper divisors of each number, by the strategy and the workers that are recommended."""

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from divisors import proper

POOLS = {"threads": ThreadPoolExecutor, "process_pool": ProcessPoolExecutor}


def main(snakemake: Any) -> None:
    numbers = [int(line) for line in Path(snakemake.input.numbers).read_text().split()]
    answer = json.loads(Path(snakemake.input.verdict).read_text())["divisors"]
    strategy, workers = answer["strategy"], answer["workers"]
    if strategy in POOLS:
        with POOLS[strategy](workers) as pool:
            sums = list(pool.map(proper, numbers))
    else:
        sums = [proper(number) for number in numbers]
    rows = ((number, total, "abundant" if total > number else "") for number, total in zip(numbers, sums, strict=True))
    Path(snakemake.output[0]).write_text("".join(f"{number},{total},{kind}\n" for number, total, kind in rows))
    Path(snakemake.log[0]).write_text(f"{len(numbers)} sums by {strategy} with {workers} workers\n")


if __name__ == "__main__":
    main(snakemake)
