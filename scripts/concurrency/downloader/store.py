"""Where downloads are kept: whole pages under their final names, and what makes a killed download go on.

results/download/pages/      complete pages and nothing else
results/download/state/      lock      held by the one downloader that may write here
                             journal   a row a page that ended, appended as it ends, and what has become certain since
                             parts/    bodies as sent, as far as they came, each with a note of what it is a part of
                             2-of-4/   the same three of a shard
                             failed.csv   the pages that failed in the last run, with the details
"""

import csv
import fcntl
import hashlib
import io
import json
import logging
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from mmap import mmap
from operator import attrgetter
from pathlib import Path
from types import TracebackType

from concurrency.downloader.decode import STEP, decoded
from concurrency.errors import UserError

log = logging.getLogger(__name__)

VERSION = 2
_QUERY = re.compile(r"[?#].*")
_UNSAFE = re.compile(r"[^a-z0-9]+")
LOCK_WAIT_S = 10.0  # a job whose parent was killed needs a moment to end
PAGES, STATE = "pages", "state"
LOCK, JOURNAL, PARTS, FAILED = "lock", "journal", "parts", "failed.csv"  # in the state
SPILL = 1 << 20  # so many bytes of a body are held in memory before they go to the disk


@dataclass(slots=True)
class Page:
    """What became of one URL: a row of pages.csv. `error` is empty exactly when the whole body is in `file`.

    `bytes` is what is stored, after decoding; `wire_bytes` the body as sent; `content_length` what the server
    announced. `connect_ms` is empty where a connection was reused; `latency_ms` runs from the request being sent to
    the reply's header being read; both are of the last try. `total_ms` is all time spent on requests. `attempts`
    counts the requests sent, those of redirects included; a connection that could not be made sends none.
    """

    url: str
    status: int | None = None
    bytes: int = 0
    wire_bytes: int = 0
    content_length: int | None = None
    connect_ms: float | None = None
    latency_ms: float | None = None
    total_ms: float = 0.0
    attempts: int = 0
    sha256: str = ""
    file: str = ""
    error: str = ""

    @classmethod
    def from_row(cls, row: Sequence[str]) -> "Page":
        """The page of a row of pages.csv; raises ValueError or TypeError for anything else."""
        url, status, size, wire, length, connect, latency, total, attempts, sha256, file, error = row
        return cls(
            url,
            int(status) if status else None,
            int(size),
            int(wire),
            int(length) if length else None,
            float(connect) if connect else None,
            float(latency) if latency else None,
            float(total),
            int(attempts),
            sha256,
            file,
            error,
        )


COLUMNS = tuple(field.name for field in fields(Page))
values = attrgetter(*COLUMNS)  # a page's row; `astuple` copies deeply, which takes ten times as long


@dataclass(frozen=True)
class Origin:
    """What a partial body is a part of: the representation behind `address` that `validator` names."""

    address: str
    validator: str
    total: int | None
    codings: list[str]


# By the number of a connection: the pages of the journal that came over it, each with all that it waits for.
_Uncertain = dict[int, list[tuple[Page, set[int]]]]


def journal_row(page: Page, connections: Iterable[int]) -> bytes:
    """The journal's line for a page that came over these `connections`, which are not certain yet."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([*values(page), " ".join(map(str, connections))])
    return text.getvalue().encode()


def journal_mark(connection: int) -> bytes:
    """The journal's line for a connection that has become certain."""
    return b"%d\n" % connection


def file_name(url: str) -> str:
    """A name for the page that is safe on any file system, says what it is, and differs for any two URLs."""
    authority, _, path = url.partition("://")[2].partition("/")
    shown = authority.rpartition("@")[2] + "/" + _QUERY.sub("", path)
    readable = _UNSAFE.sub("-", shown.lower())[:80].strip("-")
    return f"{readable}-{hashlib.sha256(url.encode()).hexdigest()[:16]}"


class Store:
    """The folder of one download, open and locked between `with` and its end; `writer` writes pages and journal.

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
        self._ended: dict[str, Page] = {}
        self._numbered = 0  # connections

    def __enter__(self) -> "Store":
        with disk(self.folder):
            self._pages.mkdir(parents=True, exist_ok=True)
            self._parts.mkdir(parents=True, exist_ok=True)
            self._lock = open(self.state / LOCK, "w")
            self._wait_for_lock()
            self._read_journal()
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

    def _read_journal(self) -> None:
        """Take each line, up to one that was cut off or is none; drop everything if it is about another source.

        A line is the row of a page and, behind it, the numbers of the connections that it came over and that were not
        certain then; or the number of a connection alone: all that came over it, up to there, is certain.
        """
        uncertain: _Uncertain = {}
        header = json.dumps({"version": VERSION, "source": self._source}).encode() + b"\n"
        with open(self.state / JOURNAL, "a+b") as journal:
            journal.seek(0)
            if journal.readline() != header:
                journal.truncate(0)
                journal.write(header)
                return
            end = len(header)
            for line in journal:
                if not line.endswith(b"\n"):
                    break
                try:
                    self._take_line(next(csv.reader([line.decode()])), uncertain)
                except (ValueError, TypeError, csv.Error):
                    break
                end += len(line)
            journal.truncate(end)

    def _take_line(self, fields: Sequence[str], uncertain: _Uncertain) -> None:
        if len(fields) == 1:
            number = int(fields[0])
            for page, numbers in uncertain.pop(number, []):
                numbers.discard(number)
                if not numbers:
                    self.ended(page)
            return
        *row, connections = fields
        page, numbers = Page.from_row(row), {int(number) for number in connections.split()}
        for number in numbers:
            uncertain.setdefault(number, []).append((page, numbers))
            self._numbered = max(self._numbered, number)
        if not numbers:
            self.ended(page)

    def new_number(self) -> int:
        """For a connection: one that no run before had."""
        self._numbered += 1
        return self._numbered

    def mark(self, connections: Iterable[int]) -> None:
        """What came over these is certain; for when there is no writing process any more."""
        with disk(self.folder), open(self.state / JOURNAL, "ab") as journal:
            journal.write(b"".join(journal_mark(number) for number in connections))

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

    def part(self, url: str) -> "Part":
        """The body of `url`, as far as an earlier run or try brought it."""
        return Part(self._parts_path, url, noted=bool(self._notes) and file_name(url) in self._notes)

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
    for name in os.listdir(folder / PAGES):  # noqa: PTH208  (a Path each would take most of a run's end)
        if f"{PAGES}/{name}" not in whole:
            (folder / PAGES / name).unlink()


class Part:
    """A body on its way: its bytes as sent, the first ones maybe on disk, the latest in memory.

    With an `origin` it can be continued by a later try; without, it is only worth something when it is complete.
    """

    def __init__(self, folder: str, url: str, *, noted: bool) -> None:
        self.origin: Origin | None = None
        self.codings: list[str] = []
        self.size = 0
        self.on_disk = noted
        self.in_memory = 0
        self._folder, self._url = folder, url
        self._latest: list[bytes] = []
        if noted:
            self._recall()

    @cached_property
    def _path(self) -> str:  # with the endings .part and .json
        return f"{self._folder}/{file_name(self._url)}"

    def _recall(self) -> None:
        with disk(Path(self._path)):
            try:
                self.origin = Origin(**json.loads(Path(f"{self._path}.json").read_text(encoding="utf-8")))
                self.size = Path(f"{self._path}.part").stat().st_size
                self.codings = self.origin.codings
            except (FileNotFoundError, ValueError, TypeError):  # cut off while it was written
                self.drop()

    def begin(self, origin: Origin | None, codings: list[str]) -> None:
        """Start from the first byte."""
        if self.size:
            self.drop()
        self.origin, self.codings = origin, codings

    def add(self, data: bytes) -> bool:
        """Take the body's next bytes; True when memory should be relieved by `spill`."""
        self._latest.append(data)
        self.size += len(data)
        self.in_memory += len(data)
        return self.in_memory >= SPILL

    def spill(self) -> None:
        """Move what is in memory to the disk; the note comes second, so that it is never about other bytes."""
        with disk(Path(self._path)):
            with open(f"{self._path}.part", "ab" if self.on_disk else "wb", buffering=0) as file:
                append(file, *self._latest)  # what is there stays the body's beginning, even if this is tried again
            if self.origin and not self.on_disk:
                Path(f"{self._path}.json").write_text(json.dumps(asdict(self.origin)), encoding="utf-8")
        self.on_disk = True
        self._latest, self.in_memory = [], 0

    def keep(self) -> None:
        """Put it by for a later try, if one can continue it."""
        if self.origin and self.size:
            self.spill()
        else:
            self.drop()

    def drop(self) -> None:
        """Forget it."""
        if self.on_disk:
            with disk(Path(self._path)):
                forget(self._path)
        self.origin, self.codings, self.size, self.on_disk = None, [], 0, False
        self._latest, self.in_memory = [], 0

    def move_to(self, memory: mmap, begin: int) -> int:
        """Move what is in memory to that place of `memory`; where it ends there."""
        for chunk in self._latest:
            end = begin + len(chunk)
            memory[begin:end] = chunk
            begin = end
        self._latest, self.in_memory = [], 0
        return begin

    def latest(self) -> list[bytes]:
        """What is in memory."""
        return [*self._latest]

    def read(self, limit: int) -> bytes:
        """The first `limit` bytes of the decoded body, which is in memory. Raises FetchError where it is corrupt."""
        found = b""
        for chunk in decoded(self._latest, self.codings, sys.maxsize):
            found += chunk
            if len(found) >= limit:
                break
        return found[:limit]


def chunks(path: str) -> Iterator[bytes]:
    """The file's bytes, some at a time."""
    with open(path, "rb") as file:
        while chunk := file.read(STEP):
            yield chunk


def forget(path: str) -> None:
    """Remove a part and the note on it; `path` is without their endings."""
    Path(f"{path}.json").unlink(missing_ok=True)
    Path(f"{path}.part").unlink(missing_ok=True)


@contextmanager
def disk(place: Path) -> Iterator[None]:
    """What goes wrong with the disk is the user's to put right."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise UserError(
            f"{error.filename or place}: {error.strerror}; put that right and run the same command again, what was "
            "fetched is kept"
        ) from error


def append(file: io.FileIO, *data: bytes) -> None:
    """Write all of `data` to the end of `file`, or nothing."""
    begin = file.seek(0, os.SEEK_END)
    try:
        for piece in data:
            write(file, piece)
    except OSError:
        file.truncate(begin)
        raise


def write(file: io.FileIO, data: bytes) -> None:
    """Write all of `data`: an unbuffered file may take a part of it and only then say that the disk is full."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
