"""A part: a body as sent, as far as it came, and the note on disk that lets a later try continue it."""

import json
import sys
from dataclasses import asdict, dataclass
from functools import cached_property
from mmap import mmap
from pathlib import Path

from concurrency.downloader.decode import decoded
from concurrency.downloader.disk import append, disk
from concurrency.downloader.page import file_name

SPILL = 1 << 20  # so many bytes of a body are held in memory before they go to the disk


@dataclass(frozen=True)
class Origin:
    """What a partial body is a part of: the representation behind `address` that `validator` names."""

    address: str
    validator: str
    total: int | None
    codings: list[str]


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


def forget(path: str) -> None:
    """Remove a part and the note on it; `path` is without their endings."""
    Path(f"{path}.json").unlink(missing_ok=True)
    Path(f"{path}.part").unlink(missing_ok=True)
