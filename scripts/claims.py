"""Rule claims: what is often said of concurrent Python, and whether it held here."""

from typing import Any

from concurrency.deciding import claims, tables
from concurrency.running import job


def main(snakemake: Any) -> None:
    timings = tables.read_timings([snakemake.input.timings])
    tables.write(claims.examine(timings, snakemake.params.worthwhile), snakemake.output[0])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
