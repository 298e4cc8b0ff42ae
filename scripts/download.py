"""Rule download: every site once, asynchronously; pages into the store, one row a site into pages.csv."""

import csv
import logging
from collections import Counter
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from tqdm import tqdm

from concurrency import fetch, job, replay, sites
from concurrency.errors import UserError

PROFILE = ("url", "wire_bytes", "framing", "latency_ms", "connect_ms")


def main(snakemake: Any) -> None:
    params = snakemake.params
    wanted = sites.read(params.sites)
    store = Path(snakemake.output.pages).parent / "pages"
    if params.source == "live":
        manners = fetch.Manners(
            in_flight=params.in_flight,
            in_flight_per_host=params.live["in_flight_per_host"],
            requests_per_second=params.live["requests_per_second"],
            user_agent=fetch.USER_AGENT.format(contact=params.live["contact"]),
            trust_env=True,
        )
        urls = [site.url for site in wanted]
        pages = _fetch(urls, urls, store, manners)
    else:
        with replay.serve(wanted, params.seed) as addresses:
            pages = _fetch([site.url for site in wanted], addresses, store, fetch.Manners(params.in_flight))
    _write_profile(pages, snakemake.output.profile)

    with open(snakemake.output.pages, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(field.name for field in fields(fetch.Page))
        rows.writerows(astuple(page) for page in pages)
    failed = [page for page in pages if page.error]
    for page in failed:
        logging.warning("%s: %s", page.url, page.error)
    logging.info("%d of %d pages, %d bytes", len(pages) - len(failed), len(pages), sum(page.bytes for page in pages))
    if len(failed) > params.max_failures:
        kinds = Counter(page.error.partition(":")[0] for page in failed)
        raise UserError(
            f"{len(failed)} of {len(pages)} pages failed ({', '.join(f'{n} × {kind}' for kind, n in kinds.items())}), "
            f"more than download.max_failures: {params.max_failures} tolerates; what was fetched is in {store}"
        )


def _fetch(urls: list[str], addresses: list[str], store: Path, manners: fetch.Manners) -> list[fetch.Page]:
    with tqdm(total=len(set(urls)), unit="page", desc="download", delay=1, mininterval=0.5) as bar:
        failures = 0

        def on_page(page: fetch.Page) -> None:
            nonlocal failures
            failures += bool(page.error)
            bar.set_postfix(failed=failures, refresh=False)
            bar.update()

        return fetch.fetch_all(urls, addresses, store, manners, on_page)


def _write_profile(pages: list[fetch.Page], path: str) -> None:
    """What the sites took, in the columns of a site list, so that `measure` can replay live ones."""
    connects = [page.connect_ms for page in pages if page.connect_ms is not None]
    typical = sorted(connects)[len(connects) // 2] if connects else 0.0
    with open(path, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(PROFILE)
        for page in pages:
            if not page.error:
                framing = "chunked" if page.content_length is None else "length"
                connect_ms = typical if page.connect_ms is None else page.connect_ms
                rows.writerow([page.url, page.wire_bytes, framing, f"{page.latency_ms:.1f}", f"{connect_ms:.1f}"])


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
