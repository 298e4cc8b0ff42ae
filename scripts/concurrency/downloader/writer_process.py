"""The writing process: pages into their files, rows into the journal. `write_queue` starts it as `python -m …`.

A batch comes as a pickle on standard input, its bodies in shared memory; what became of each goes back on standard
output, as a pickle after its length. Ends with its input, and keeps the store locked as long as it lives.
"""

import hashlib
import io
import logging
import mmap
import os
import pickle
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from concurrency.downloader import journal
from concurrency.downloader.decode import STEP, decoded
from concurrency.downloader.disk import append, disk, write
from concurrency.downloader.failures import FetchError, fault
from concurrency.downloader.page import Page, file_name
from concurrency.downloader.part import forget
from concurrency.downloader.store import JOURNAL, PAGES, PARTS
from concurrency.errors import UserError

LENGTH_BYTES = 4  # before each reply


def main() -> None:
    folder, state, max_bytes, shared = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    bodies = memoryview(mmap.mmap(shared, 0, access=mmap.ACCESS_READ))
    batches, replies = open(0, "rb"), open(1, "wb", buffering=0)
    with disk(folder), open(state / JOURNAL, "ab", buffering=0) as file:
        while True:
            try:
                batch = pickle.load(batches)  # noqa: S301  (our own process wrote it)
            except (EOFError, pickle.UnpicklingError):  # the other one: it was killed while it wrote
                return
            reply: list[tuple[Any, ...]] | str
            try:
                reply = _write_batch(folder, state, file, max_bytes, bodies, batch)
            except UserError as error:
                reply = str(error)
            data = pickle.dumps(reply, protocol=5)
            with suppress(BrokenPipeError):  # whoever wanted to know was killed
                write(replies, len(data).to_bytes(LENGTH_BYTES, "big") + data)
            if isinstance(reply, str):
                return  # a batch behind one that failed would hide that


def _write_batch(
    folder: Path, state: Path, file: io.FileIO, max_bytes: int, bodies: memoryview, batch: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """What became of each page: its size, digest and file, or why it cannot be decoded. Raises UserError.

    An entry is a page's row, the numbers of the connections that it came over and that are not certain, and where its
    body is, if it has one; or the number of a connection that has become certain.
    """
    outcomes: list[tuple[Any, ...]] = []
    with disk(folder):
        for entry in batch:
            if isinstance(entry, int):
                append(file, journal.mark(entry))
                outcomes.append(("",))
                continue
            *row, connections, body = entry
            page = Page(*row)
            if body:
                codings, place = body
                try:
                    content = place and bodies[slice(*place)]
                    found = _finish(folder, state, page.url, codings, content, max_bytes)
                except FetchError as failure:
                    outcomes.append((failure.kind, str(failure), failure.passing))
                    continue
                except (OSError, UserError):
                    raise
                except Exception as error:
                    logging.exception("%s: a fault of this workflow", page.url)
                    outcomes.append(("internal", str(fault(error)), False))
                    continue
                page.bytes, page.sha256, page.file = found
            append(file, journal.row(page, connections))
            outcomes.append(("", page.bytes, page.sha256, page.file))
    return outcomes


def _finish(
    folder: Path, state: Path, url: str, codings: Sequence[str], body: memoryview | None, max_bytes: int
) -> tuple[int, str, str]:
    """Put the body (None: it is the part on disk) in place, decoded, at one stroke; its size, SHA-256 and name."""
    name = file_name(url)
    part, whole, target = f"{state}/{PARTS}/{name}", f"{state}/{PARTS}/{name}.whole", f"{folder}/{PAGES}/{name}"
    digest, size = hashlib.sha256(), 0
    try:
        if body is None and not codings:
            with open(f"{part}.part", "rb") as came:
                digest, size = hashlib.file_digest(came, "sha256"), os.fstat(came.fileno()).st_size
            os.replace(f"{part}.part", target)
        else:
            content: Iterable[Any] = _chunks(f"{part}.part") if body is None else [bytes(body) if codings else body]
            with io.FileIO(whole, "w") as file:
                for chunk in decoded(content, codings, max_bytes):
                    write(file, chunk)
                    digest.update(chunk)
                    size += len(chunk)
            os.replace(whole, target)
    except (FetchError, OSError) as error:
        Path(whole).unlink(missing_ok=True)
        if isinstance(error, FetchError):
            forget(part)
        raise
    if body is None:
        forget(part)
    return size, digest.hexdigest(), f"{PAGES}/{name}"


def _chunks(path: str) -> Iterator[bytes]:
    """The file's bytes, some at a time."""
    with open(path, "rb") as file:
        while chunk := file.read(STEP):
            yield chunk


if __name__ == "__main__":
    main()
