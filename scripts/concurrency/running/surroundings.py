"""What Snakemake takes for granted of where it runs, given where it is not so."""

import getpass
import os
import shlex
import sys


class _Quoted(str):
    """A path that is quoted wherever it is formatted, as into a line for a shell."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return format(shlex.quote(self), spec)


def complete() -> None:
    """Let a user without a name go by the number: Snakemake notes with each run whose it is. And let the path of Python
    have spaces: Snakemake writes it as it is into the line by which a script is run (snakemake#2645)."""
    try:
        getpass.getuser()
    except (KeyError, OSError):  # an unknown uid; the latter from Python 3.13 on
        os.environ["USER"] = str(os.getuid())
    if shlex.quote(sys.executable) != sys.executable:
        sys.executable = _Quoted(sys.executable)
