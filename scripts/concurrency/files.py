"""Files that others may read or write at the same time: new ones appear whole, or not at all."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def writing(path: str | Path) -> Iterator[TextIO]:
    """A new CSV file that takes the place of `path` at one stroke: on a cluster, what a killed Snakemake left running
    may write the same table at the same time."""
    part = Path(f"{path}.{platform.node()}-{os.getpid()}.part")
    try:
        with open(part, "w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
