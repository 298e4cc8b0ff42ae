"""A working directory whose last run was killed: its lock is forgotten, that of a live run is not."""

import atexit
import fcntl
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TextIO


def enter(state: Path) -> None:
    """Note that this process works here; `state` is the folder `.snakemake`, whose `locks` outlive a killed run.

    Each run holds a lock of the operating system's for as long as it lives, shared with others: Snakemake itself
    decides what may run side by side. Whoever finds nobody holding it, but something in the file, which a run empties
    at its end, knows that a run was killed, and its locks are stale. Where there is nothing in it, they are another
    workflow's.
    """
    try:
        state.mkdir(exist_ok=True)
        file = open(state / "alive", "a+")
        atexit.register(_leave, file, os.getpid())  # which also keeps it open
        with suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.seek(0)
            if file.read():
                shutil.rmtree(state / "locks", ignore_errors=True)
        fcntl.flock(file, fcntl.LOCK_SH)
        print(os.getpid(), file=file, flush=True)
    except OSError:
        return  # nothing can be written here, as Snakemake says itself; or nothing locked, and it asks for --unlock


def _leave(file: TextIO, entered_by: int) -> None:
    if os.getpid() != entered_by:  # a fork of it, whose lock is the same one
        return
    with suppress(OSError), file:  # others are here
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)
