"""Writing to a disk that may fail: all of the data or nothing, and the failure as one line for the user."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from concurrency.errors import UserError


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
