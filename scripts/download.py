"""Rule download: every site once, asynchronously; pages into the store, one row a site into pages.csv."""

import csv
import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from concurrency import fetch, job, replay, sites
from concurrency.errors import UserError
from concurrency.failures import KINDS
from concurrency.store import COLUMNS, Page, disk, values

PROFILE = ("url", "wire_bytes", "framing", "latency_ms", "connect_ms")


def main(snakemake: Any) -> None:
    params, output = snakemake.params, snakemake.output
    wanted = sites.read(params.sites)
    urls = [site.url for site in wanted]
    manners = _manners(params)
    with _served(wanted, params) as (addresses, source), _Progress(len(set(urls))) as progress:
        folder = Path(output.pages).parent
        pages = fetch.fetch_all(
            urls, addresses, folder, source, manners, fetch.Limits(**params.limits), progress.on_page
        )
        with disk(folder):
            _write_tables(pages, output.pages, output.profile)
    _tell(progress, params.max_failures, folder)


def _manners(params: Any) -> fetch.Manners:
    if params.source == "replay":
        return fetch.Manners(params.in_flight)
    return fetch.Manners(
        in_flight=params.in_flight,
        in_flight_per_host=params.live["in_flight_per_host"],
        requests_per_second=params.live["requests_per_second"],
        user_agent=fetch.USER_AGENT.format(contact=params.live["contact"]),
        robots=params.live["robots"],
        use_proxies=True,
    )


@contextmanager
def _served(wanted: list[sites.Site], params: Any) -> Iterator[tuple[list[str], str]]:
    """Where each site is fetched from, and a name for the source of it all: other replays bring other pages."""
    if params.source == "live":
        yield [site.url for site in wanted], "live"
    else:
        what = json.dumps([params.seed, [asdict(site) for site in wanted]])
        with replay.serve(wanted, params.seed) as addresses:
            yield addresses, f"replay {hashlib.sha256(what.encode()).hexdigest()}"


@dataclass
class _Failed:
    """The failures of one class: how many, and the first of them."""

    count: int
    url: str
    detail: str


@dataclass
class _Progress:
    """The bar, and what the end has to tell."""

    total: int
    bytes: int = 0
    failed: dict[str, _Failed] = field(default_factory=dict)

    def __enter__(self) -> "_Progress":
        self._bar = tqdm(total=self.total, unit="page", desc="download", delay=1, mininterval=0.5)
        self._redirect = logging_redirect_tqdm()
        self._redirect.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._redirect.__exit__(*exc)
        self._bar.close()

    def on_page(self, page: Page, detail: str) -> None:
        self.bytes += page.bytes
        if page.error:
            self.failed.setdefault(page.error, _Failed(0, page.url, detail)).count += 1
        self._bar.set_postfix_str(f"{self.bytes / 1e6:.1f} MB, {self.failures} failed", refresh=False)
        self._bar.update()

    @property
    def failures(self) -> int:
        return sum(failed.count for failed in self.failed.values())


def _write_tables(pages: Iterator[Page], pages_csv: str, profile_csv: str) -> None:
    """pages.csv, and what the sites took in the columns of a site list, so that `measure` can replay live ones."""
    connects: list[float] = []
    with open(pages_csv, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for page in pages:
            rows.writerow(values(page))
            if not page.error and page.connect_ms is not None:
                connects.append(page.connect_ms)
    typical = median(connects) if connects else 0.0
    with (
        open(pages_csv, encoding="utf-8", newline="") as table,
        open(profile_csv, "w", encoding="utf-8", newline="") as file,
    ):
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(PROFILE)
        for row in csv.DictReader(table):
            if not row["error"]:
                framing = "length" if row["content_length"] else "chunked"
                connect_ms = float(row["connect_ms"] or typical)
                rows.writerow(
                    [row["url"], row["wire_bytes"], framing, f"{float(row['latency_ms']):.1f}", f"{connect_ms:.1f}"]
                )


def _tell(progress: _Progress, max_failures: int, folder: Path) -> None:
    """What failed, by class, on the screen and in the log. Raises UserError if that is more than is tolerated."""
    logging.info("%d of %d pages, %d bytes", progress.total - progress.failures, progress.total, progress.bytes)
    if not progress.failed:
        return
    lines = [f"{progress.failures} of {progress.total} pages failed:"]
    for kind, failed in sorted(progress.failed.items(), key=lambda item: -item[1].count):
        lines.append(f"  {failed.count:6} × {kind}: {KINDS[kind].meaning}")
        lines.append(f"           for example {failed.url}: {failed.detail}")
        lines.append(f"           what to do: {KINDS[kind].remedy}")
    logging.warning("%s", "\n".join(lines))
    if progress.failures > max_failures:
        raise UserError(
            f"download: {progress.failures} failures are more than download.max_failures: {max_failures} tolerates; "
            f"the same command tries only them again, what was fetched is kept in {folder}"
        )
    logging.warning(
        "tolerated (download.max_failures: %d); to try them again: snakemake --forcerun download", max_failures
    )


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
