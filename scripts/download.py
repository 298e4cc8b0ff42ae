"""Rule download: every site once, asynchronously; pages into the store, one row per site into pages.csv.

Rule download_shard: the same for one shard's share of the sites; its failures are for gather_download to judge.
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tqdm.contrib.logging import logging_redirect_tqdm

from concurrency import errors
from concurrency.downloader import addresses, fetch, page_tables, shards
from concurrency.downloader.disk import disk
from concurrency.downloader.page import Page
from concurrency.running import job
from concurrency.running.profiling import write_profile
from concurrency.showing import terminal
from concurrency.workloads.download import replay, sites


def main(snakemake: Any) -> None:
    params, output = snakemake.params, snakemake.output
    shard = snakemake.wildcards.get("scatteritem", "")
    folder = Path(output[0]).parents[1 if shard else 0]
    wanted, limits = sites.read(params.sites, given=sites.given_by(params.path)), fetch.Limits(**params.limits)
    manners = _manners(params)
    if shard:
        urls = [site.url for site in wanted]
        places, portions = shards.pages_of(
            shard, urls, [addresses.hostname(url) for url in urls], manners.in_flight_per_host
        )
        wanted, manners = [wanted[place] for place in places], replace(manners, portions=portions)
    names = [errors.shown(site.url) for site in wanted]
    with _served(wanted, params) as (fetched_from, source), _Progress(len(set(names)), hidden=bool(shard)) as progress:
        pages = fetch.fetch_all(
            names,
            fetched_from,
            folder,
            source,
            manners,
            limits,
            progress.on_page,
            shard,
            progress.on_doubt,
        )
        with disk(folder):
            if shard:
                page_tables.write_share(places, pages, output[0])
            else:
                page_tables.write_pages(pages, output.pages)
    if not shard:
        write_profile(params, output, folder, wanted, progress.ended.failures > params.max_failures)
        progress.ended.report(params.max_failures, folder, "download")


def _manners(params: Any) -> fetch.Manners:
    if params.source == "replay":
        return fetch.Manners(params.in_flight)
    return fetch.Manners.live(params.in_flight, params.live)


@contextmanager
def _served(wanted: list[sites.Site], params: Any) -> Iterator[tuple[list[str], str]]:
    """Where each site is fetched from, and a name for the source of it all: other replays bring other pages."""
    if params.source == "live":
        yield [site.url for site in wanted], "live"
    else:
        what = json.dumps([params.seed, [asdict(site) for site in wanted]])
        with replay.serve(wanted, params.seed, params.path["mbit_per_s"]) as local:
            yield local, f"replay {hashlib.sha256(what.encode()).hexdigest()}"


class _Progress:
    """The bar, unless `hidden`, and what is to be reported at the end."""

    def __init__(self, total: int, hidden: bool) -> None:
        self.ended = page_tables.Ended()
        self._total, self._hidden = total, hidden

    def __enter__(self) -> "_Progress":
        self._bar = terminal.progress(total=self._total, unit="page", desc="download", delay=1, disable=self._hidden)
        self._redirect = logging_redirect_tqdm()
        self._redirect.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._redirect.__exit__(*exc)
        self._bar.close()
        logging.info("%d of %d pages have ended", self.ended.total, self._total)

    def on_page(self, page: Page, detail: str) -> None:
        self.ended.add(page, detail)
        self._show(1)

    def on_doubt(self, page: Page) -> None:
        self.ended.take_back(page)
        self._show(-1)

    def _show(self, change: int) -> None:
        self._bar.set_postfix_str(f"{self.ended.bytes / 1e6:.1f} MB, {self.ended.failures} failed", refresh=False)
        self._bar.update(change)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
