"""The tables of downloaded pages, whole and of a shard, and what a download says of pages that failed."""

import csv
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from concurrency.downloader.failures import KINDS
from concurrency.downloader.page import COLUMNS, Page, values
from concurrency.downloader.store import FAILED, STATE
from concurrency.errors import UserError, printable
from concurrency.files import writing


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


def write_failed(failed: Iterable[tuple[Page, str]], path: str | Path) -> None:
    """The rows of pages that failed, each with what happened exactly."""
    with writing(path) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow((*COLUMNS, "detail"))
        rows.writerows((*values(page), detail) for page, detail in failed)


@dataclass
class Ended:
    """How many pages have ended, of which size, and those that failed, with the details."""

    total: int = 0
    bytes: int = 0
    failed: dict[str, tuple[Page, str]] = field(default_factory=dict)  # by URL

    def add(self, page: Page, detail: str) -> None:
        """Count `page`; `detail` says what went wrong, if anything."""
        self.total += 1
        self.bytes += page.bytes
        if page.error:
            self.failed[page.url] = page, detail

    def take_back(self, page: Page) -> None:
        """`page`, which was counted, has to be fetched again."""
        self.total -= 1
        self.bytes -= page.bytes
        self.failed.pop(page.url, None)

    @property
    def failures(self) -> int:
        return len(self.failed)

    def are_too_many(self, max_failures: int) -> bool:
        """Whether more failed than is tolerated, or any by a fault of ours."""
        return self.failures > max_failures or any(page.error == "internal" for page, _ in self.failed.values())

    def report(self, max_failures: int, folder: Path, rule: str) -> None:
        """What failed, by class, on the screen, in the log, and row by row in a table in the store in `folder`, which
        stays when Snakemake removes those of a rule that failed.

        `rule` is the one to run again for those that were tolerated. Raises UserError if more failed than is
        tolerated, or by a fault of ours.
        """
        logging.info("%d of %d pages, %d bytes", self.total - self.failures, self.total, self.bytes)
        table = folder / STATE / FAILED
        if not self.failed:
            table.unlink(missing_ok=True)
            return
        write_failed(self.failed.values(), table)
        counts = Counter(page.error for page, _ in self.failed.values())
        lines = [f"{self.failures} of {self.total} pages failed; their rows, with the details, are in {table}:"]
        for name, count in counts.most_common():
            page, detail = next(found for found in self.failed.values() if found[0].error == name)
            lines.append(f"  {count:6} × {name}: {KINDS[name].meaning}")
            lines.append(f"           for example {printable(page.url)}: {detail}")
            lines.append(f"           what to do: {KINDS[name].remedy}")
        logging.warning("%s", "\n".join(lines))
        if counts["internal"]:
            raise UserError(
                f"download: {counts['internal']} pages failed by a fault of this workflow, all others were fetched; "
                "please report it with the traceback above"
            )
        if self.failures > max_failures:
            raise UserError(
                f"download: {self.failures} failures are more than download.max_failures: {max_failures} tolerates; "
                f"the same command tries only them again, what was fetched is kept in {folder}"
            )
        logging.warning(
            "tolerated (download.max_failures: %d); to try them again: snakemake --forcerun %s", max_failures, rule
        )
