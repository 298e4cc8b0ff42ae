"""The tables of downloaded pages, whole and of a shard, and what a download says of pages that failed."""

import csv
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from concurrency.errors import UserError
from concurrency.failures import KINDS
from concurrency.job import writing
from concurrency.store import COLUMNS, Page, values

PROFILE = ("url", "wire_bytes", "framing", "latency_ms", "connect_ms")


def write_pages(pages: Iterable[Page], path: str | Path) -> None:
    """pages.csv."""
    with writing(path) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        rows.writerows(map(values, pages))


def write_share(places: Sequence[int], pages: Iterable[Page], path: str | Path) -> None:
    """A shard's pages.csv, each row after its place in the whole list."""
    with writing(path) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("place", *COLUMNS))
        rows.writerows((place, *values(page)) for place, page in zip(places, pages, strict=True))


def write_profile(pages_csv: str | Path, path: str | Path) -> None:
    """What the sites took in the columns of a site list, so that `measure` can replay live ones."""
    with open(pages_csv, encoding="utf-8", newline="") as table:
        connects = [float(row["connect_ms"]) for row in csv.DictReader(table) if row["connect_ms"] and not row["error"]]
    typical = median(connects) if connects else 0.0
    with open(pages_csv, encoding="utf-8", newline="") as table, writing(path) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(PROFILE)
        for row in csv.DictReader(table):
            if not row["error"]:
                framing = "length" if row["content_length"] else "chunked"
                connect_ms = float(row["connect_ms"] or typical)
                rows.writerow(
                    [row["url"], row["wire_bytes"], framing, f"{float(row['latency_ms']):.1f}", f"{connect_ms:.1f}"]
                )


@dataclass
class _Kind:
    """The failures of one class: how many, and the first of them."""

    count: int
    url: str
    detail: str


@dataclass
class Ended:
    """How many pages have ended, of which size, and the failures among them by class."""

    total: int = 0
    bytes: int = 0
    kinds: dict[str, _Kind] = field(default_factory=dict)

    def add(self, page: Page, detail: str) -> None:
        """Count `page`; `detail` says what went wrong, if anything."""
        self.total += 1
        self.bytes += page.bytes
        if page.error:
            self.kinds.setdefault(page.error, _Kind(0, page.url, detail)).count += 1

    @property
    def failures(self) -> int:
        return sum(kind.count for kind in self.kinds.values())

    def tell(self, max_failures: int, folder: Path, rule: str) -> None:
        """What failed, by class, on the screen and in the log. Raises UserError if that is more than is tolerated.

        `rule` is the one to run again for those that were tolerated.
        """
        logging.info("%d of %d pages, %d bytes", self.total - self.failures, self.total, self.bytes)
        if not self.kinds:
            return
        lines = [f"{self.failures} of {self.total} pages failed:"]
        for name, kind in sorted(self.kinds.items(), key=lambda item: -item[1].count):
            lines.append(f"  {kind.count:6} × {name}: {KINDS[name].meaning}")
            lines.append(f"           for example {kind.url}: {kind.detail}")
            lines.append(f"           what to do: {KINDS[name].remedy}")
        logging.warning("%s", "\n".join(lines))
        if self.failures > max_failures:
            raise UserError(
                f"download: {self.failures} failures are more than download.max_failures: {max_failures} tolerates; "
                f"the same command tries only them again, what was fetched is kept in {folder}"
            )
        logging.warning(
            "tolerated (download.max_failures: %d); to try them again: snakemake --forcerun %s", max_failures, rule
        )
