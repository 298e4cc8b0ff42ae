"""What the downloader has noted of its pages."""

from pathlib import Path


def journaled(journal: Path) -> tuple[int, int]:
    """How many pages are in a journal, and over how many connections they came that it does not call certain."""
    _, *lines = journal.read_text(encoding="utf-8").splitlines()
    pages = [line for line in lines if "," in line]
    return len(pages), len({number for page in pages for number in page.rpartition(",")[2].split()} - set(lines))
