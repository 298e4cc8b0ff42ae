"""What every rule's script has around its work: a log, one clear line for what the user can put right, an end."""

import errno
import logging
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from concurrency import files
from concurrency.errors import UserError


@contextmanager
def running(log: str) -> Iterator[None]:
    """Log to the file `log` and, from warnings on, to the screen; end, workers included, when the parent has ended or
    on SIGTERM, at once: what a job leaves behind is good at any moment.

    A UserError is logged as its one line and ends the process with exit code 1, and so does a full disk, Ctrl-C with
    130; any other exception also leaves its traceback in the log.
    """
    logging.raiseExceptions = False  # a log that cannot be written must not hide why
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    screen = logging.StreamHandler()
    screen.setLevel(logging.WARNING)
    screen.setFormatter(logging.Formatter("%(message)s"))
    file = logging.FileHandler(log, mode="w", encoding="utf-8")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=[file])
    logging.getLogger().addHandler(screen)
    signal.signal(signal.SIGTERM, lambda *_: _end())
    os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))  # it ends this job alone
    if job := os.environ.get("SLURM_JOB_ID"):
        logging.info("on %s, SLURM job %s", platform.node(), job)  # by which running/submitted.py knows whose log it is
    threading.Thread(target=_follow_parent, args=(os.getppid(),), daemon=True).start()
    try:
        yield
    except UserError as error:
        logging.error("%s", error)
        sys.exit(1)
    except KeyboardInterrupt:  # Snakemake says so already; what the rule held is released on the way here
        logging.info("interrupted")
        sys.exit(130)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = f"{error.filename}: " if error.filename else ""
            logging.error("%s%s; make room, and the same command does what is left", where, error.strerror)
            sys.exit(1)
        logging.getLogger().removeHandler(screen)  # the traceback reaches the screen by itself
        logging.exception("this rule failed")
        raise


def _follow_parent(parent: int) -> None:
    """A job must not go on by itself: it ends when Snakemake was killed."""
    while os.getppid() == parent:
        time.sleep(0.2)
    _end()


def _end() -> None:
    """End this process and all that it started; nothing half-written stays."""
    for process in psutil.Process().children(recursive=True):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    files.discard()
    os._exit(1)
