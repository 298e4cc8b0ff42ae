"""A page: what became of a URL, as a row of pages.csv, and the name of its file."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from operator import attrgetter

_QUERY = re.compile(r"[?#].*")
_UNSAFE = re.compile(r"[^a-z0-9]+")


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


def file_name(url: str) -> str:
    """A name for the page that is safe on any file system, says what it is, and differs for any two URLs."""
    authority, _, path = url.partition("://")[2].partition("/")
    shown = authority.rpartition("@")[2] + "/" + _QUERY.sub("", path)
    readable = _UNSAFE.sub("-", shown.lower())[:80].strip("-")
    return f"{readable}-{hashlib.sha256(url.encode()).hexdigest()[:16]}"
