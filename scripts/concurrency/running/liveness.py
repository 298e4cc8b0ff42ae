"""A working directory whose last run was killed: its lock is forgotten, that of a live run is not."""

import fcntl
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TextIO

_held: list[TextIO] = []  # open as long as this process lives


def enter(state: Path) -> None:
    """Note that this process works here; `state` is the folder `.snakemake`, whose `locks` outlive a killed run.

    Each run holds a lock of the operating system's for as long as it lives, shared with others: Snakemake itself
    decides what may run side by side. Whoever finds nobody holding it knows that all locks left here are stale.
    """
    try:
        state.mkdir(exist_ok=True)
        file = open(state / "alive", "w")
        _held.append(file)
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(state / "locks", ignore_errors=True)
        fcntl.flock(file, fcntl.LOCK_SH)
    except OSError:
        return  # nothing can be written here, as Snakemake says itself; or nothing locked, and it asks for --unlock
