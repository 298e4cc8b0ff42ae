"""Who runs this, where the system has no name for them: a container's `--user 12345`, a job of some cluster."""

import getpass
import os


def ensure_name() -> None:
    """Let a user without a name go by the number: Snakemake notes with each run whose it is, and fails without one."""
    try:
        getpass.getuser()
    except (KeyError, OSError):  # the latter from Python 3.13 on
        os.environ["USER"] = str(os.getuid())
