"""The store: the folder of a download, locked by whoever writes there, and what of it is kept.

results/download/pages/      complete pages and nothing else
results/download/state/      lock      held by the one downloader that may write here
                             journal   see `journal`
                             parts/    bodies as sent, as far as they came, each with a note of what it is a part of
                             recorded.jsonl   of live sites, what each exchange took: see `recorded`
                             2-of-4/   the same, of one shard
                             failed.csv   the pages that failed in the last run, with the details
"""

import fcntl
import hashlib
import logging
import os
import time
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from types import TracebackType

from concurrency.downloader import journal
from concurrency.downloader.disk import disk
from concurrency.downloader.page import Page, file_name
from concurrency.downloader.part import Part
from concurrency.errors import UserError

LOCK_WAIT_S = 10.0  # a job whose parent was killed needs a moment to end
PAGES, STATE = "pages", "state"
LOCK, JOURNAL, PARTS, FAILED = "lock", "journal", "parts", "failed.csv"  # in the state

log = logging.getLogger(__name__)


class Store:
    """The folder of one download, open and locked between `with` and its end; `writer_process` writes pages and
    journal.

    `source` says where the pages come from; pages kept from another source are forgotten. A `shard` has a state of
    its own and shares the pages with others. Where the disk fails, every method raises UserError: a full disk ends
    the download with one clear line.
    """

    def __init__(self, folder: Path, source: str, shard: str = "") -> None:
        self.folder, self.state = folder, folder / STATE / shard
        self._shard = shard
        self._pages, self._parts = folder / PAGES, self.state / PARTS
        self._parts_path = str(self._parts)
        self._source = source

    def __enter__(self) -> "Store":
        with disk(self.folder):
            self._pages.mkdir(parents=True, exist_ok=True)
            self._parts.mkdir(parents=True, exist_ok=True)
            self._lock = open(self.state / LOCK, "w")
            self._wait_for_lock()
            known = journal.read(self.state / JOURNAL, self._source)
            self._ended, self._highest = known.ended, known.highest
            self._notes = {path.stem for path in self._parts.glob("*.json")}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.close()

    @property
    def lock(self) -> int:
        """The file descriptor that holds the lock: whoever inherits it keeps the folder locked."""
        return self._lock.fileno()

    def _wait_for_lock(self) -> None:
        give_up = time.monotonic() + LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < give_up:
                    time.sleep(0.1)
                    continue
                if self._shard:  # what a killed Snakemake left running on another node does our work
                    log.warning(
                        "%s: shard %s is being fetched by another job; waiting for it", self.folder, self._shard
                    )
                    fcntl.flock(self._lock, fcntl.LOCK_EX)
                    return
                self._lock.close()
                raise UserError(f"{self.folder}: another download is writing here; wait for it or end it") from None
            except OSError as error:
                self._lock.close()
                raise UserError(
                    f"{self.folder}: flock, which keeps two downloads apart, fails on this filesystem "
                    f"({error.strerror}); work in a folder on another one"
                ) from error
            return

    def new_number(self) -> int:
        """For a connection: one that no run before had."""
        self._highest += 1
        return self._highest

    def mark(self, connections: Iterable[int]) -> None:
        """What came over these is certain; for when there is no writing process any more."""
        with disk(self.folder), open(self.state / JOURNAL, "ab") as file:
            file.write(b"".join(map(journal.mark, connections)))

    def ended(self, page: Page) -> None:
        """This is what became of the page's URL, and it is in the journal."""
        self._ended[page.url] = page

    def row(self, url: str) -> Page | None:
        """What the journal last said of `url`."""
        return self._ended.get(url)

    def finished(self, url: str) -> Page | None:
        """The page of `url` if an earlier run fetched it and its file still has the same digest."""
        page = self.row(url)
        if page is None or page.error:
            return None
        try:
            with disk(self.folder), open(self.folder / page.file, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
        return page if digest == page.sha256 else None

    def part(self, url: str, *, noted: bool = True) -> Part:
        """The body of `url`, as far as an earlier run or try brought it; or from its first byte, if not `noted`."""
        return Part(self._parts_path, url, noted=noted and bool(self._notes) and file_name(url) in self._notes)

    def sweep(self, ended: Iterable[Page]) -> Iterator[Page]:
        """Pass on what `ended`; then remove all files but those pages and the parts that another run can continue.

        The pages of other shards are not a shard's to remove: see `sweep_pages`.
        """
        whole: set[str] = set()
        begun: set[str] = set()
        for page in ended:
            if page.error:
                begun.add(file_name(page.url))
            else:
                whole.add(page.file)
            yield page
        with disk(self.folder):
            if not self._shard:
                sweep_pages(self.folder, whole)
            for path in self._parts.iterdir():
                if path.stem not in begun or not path.with_suffix(".json").exists():
                    path.unlink()


def sweep_pages(folder: Path, whole: Set[str]) -> None:
    """Remove all files of `pages/` but those in `whole`, which are named as in pages.csv."""
    for name in os.listdir(folder / PAGES):  # noqa: PTH208  (a Path for each would take most of a run's end)
        if f"{PAGES}/{name}" not in whole:
            (folder / PAGES / name).unlink()
