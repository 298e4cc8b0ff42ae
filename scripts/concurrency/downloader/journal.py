"""The journal: what became of each page, appended as it ends, so that a download that was killed goes on.

A line is the row of a page and, behind it, the numbers of the connections that it came over and that were not certain
then; or the number of a connection alone: all that came over it, up to there, is certain. The first line names the
source of the pages.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from concurrency.downloader.page import Page, values

VERSION = 2


def row(page: Page, connections: Iterable[int]) -> bytes:
    """The line for a page that came over these `connections`, which are not certain yet."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([*values(page), " ".join(map(str, connections))])
    return text.getvalue().encode()


def mark(connection: int) -> bytes:
    """The line for a connection that has become certain."""
    return b"%d\n" % connection


class Reading:
    """What the lines say so far: `ended` has the pages, by URL, that are certain."""

    def __init__(self) -> None:
        self.ended: dict[str, Page] = {}
        self.highest = 0  # of the connections' numbers
        # By the number of a connection: the pages that came over it, each with all that it waits for.
        self._uncertain: dict[int, list[tuple[Page, set[int]]]] = {}

    def take(self, fields: Sequence[str]) -> None:
        """Go on with the next line. Raises ValueError or TypeError where it is none."""
        if len(fields) == 1:
            number = int(fields[0])
            for page, numbers in self._uncertain.pop(number, []):
                numbers.discard(number)
                if not numbers:
                    self.ended[page.url] = page
            return
        *row, connections = fields
        page, numbers = Page.from_row(row), {int(number) for number in connections.split()}
        for number in numbers:
            self._uncertain.setdefault(number, []).append((page, numbers))
            self.highest = max(self.highest, number)
        if not numbers:
            self.ended[page.url] = page


def read(path: Path, source: str) -> Reading:
    """What is in the journal at `path`, made ready to be appended to.

    It is cut behind the last line that is whole; one that is about another source than this, or is not there, begins
    anew.
    """
    found = Reading()
    header = json.dumps({"version": VERSION, "source": source}).encode() + b"\n"
    with open(path, "a+b") as journal:
        journal.seek(0)
        if journal.readline() != header:
            journal.truncate(0)
            journal.write(header)
            return found
        end = len(header)
        for line in journal:
            if not line.endswith(b"\n"):
                break
            try:
                found.take(next(csv.reader([line.decode()])))
            except (ValueError, TypeError, csv.Error):
                break
            end += len(line)
        journal.truncate(end)
    return found
