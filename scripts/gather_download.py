"""Rule gather_download: the shards' tables as one pages.csv in input order, and what failed in all of them."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from concurrency import files
from concurrency.downloader import page_tables
from concurrency.downloader.disk import disk
from concurrency.downloader.page import Page
from concurrency.downloader.store import sweep_pages
from concurrency.errors import UserError, shown
from concurrency.running import job
from concurrency.running.profiling import write_profile
from concurrency.workloads.download import sites


def main(snakemake: Any) -> None:
    params, output = snakemake.params, snakemake.output
    folder, tables = Path(output.pages).parent, [Path(table) for table in snakemake.input.shards]
    logs = Path(snakemake.log[0]).with_suffix("")
    ended, whole = page_tables.Ended(), set[str]()
    wanted = sites.read(params.sites, given=sites.given_by(params.path))

    def pages() -> Iterator[Page]:
        seen: set[str] = set()
        for place, (row, site) in enumerate(itertools.zip_longest(files.merged(tables), wanted)):
            if not row or not site or row[:2] != [str(place), shown(site.url)]:
                raise UserError(f"{folder}: the shards are of another site list; run with --forcerun download_shard")
            page = Page.from_row(row[1:])
            if page.url not in seen:
                ended.add(page, f"the log of its shard, in {logs}, says more")
                seen.add(page.url)
            whole.add(page.file)
            yield page

    with disk(folder):
        page_tables.write_pages(pages(), output.pages)
        sweep_pages(folder, whole)
    write_profile(params, output, folder, wanted, ended.failures > params.max_failures)
    if ended.are_too_many(params.max_failures):
        _forget_failed(tables)
    ended.report(params.max_failures, folder, "download_shard")


def _forget_failed(tables: list[Path]) -> None:
    """Remove the tables with failures in them, so that the next run has their shards try again."""
    for table in tables:
        if any(row[-1] for row in files.merged([table])):
            table.unlink()


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
