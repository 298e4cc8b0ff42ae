"""One campaign at a time on a machine: what is measured must not be disturbed by what measures something else."""

import fcntl
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger(__name__)


@contextmanager
def machine_to_itself() -> Iterator[None]:
    """Hold this machine's measuring lock, so that two campaigns never disturb each other; waits for its turn.

    It is one for all users, in the folder for temporary files; with another TMPDIR, it is another lock.
    """
    path = Path(tempfile.gettempdir(), "concurrency-benchmark.lock")
    with os.fdopen(_open_for_everyone(path), "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.warning("another campaign is measuring on this machine; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:  # a filesystem without locks
            log.warning("%s: %s; nothing keeps another campaign from measuring meanwhile", path, error.strerror)
        yield


def _open_for_everyone(path: Path) -> int:
    """A descriptor to lock the file at `path` with, whoever made it.

    Only a new file is asked for with O_CREAT, as Linux refuses that for others' files in a folder such as /tmp, and
    its mode is set by itself, as the umask takes away from what O_CREAT asks for.
    """
    with suppress(FileExistsError):
        file = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL)
        os.fchmod(file, 0o644)
        return file
    return os.open(path, os.O_RDONLY)
