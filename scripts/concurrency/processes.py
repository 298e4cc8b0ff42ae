"""Processes of ours: what a fresh interpreter is started with, and how a process came to its end."""

import os
import signal
import sys
from pathlib import Path


def environment(executable: str = "") -> dict[str, str]:
    """What a process of `executable` (empty: the one that runs this) is started with, so that it finds this library.

    Another interpreter must not see our packages.
    """
    if not executable:
        return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    rest = {key: value for key, value in os.environ.items() if key != "PYTHONHOME"}
    return rest | {"PYTHONPATH": str(Path(__file__).parents[1])}


def kills_for_memory() -> int:
    """How many processes the kernel has ever killed because memory ran out; 0 where it does not tell."""
    try:
        lines = Path("/proc/vmstat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def how_it_ended(code: int, kills_before: int) -> str:
    """A process's end by its exit code, as `subprocess` and `multiprocessing` have it.

    That memory ran out is said only where the kernel has killed for that since it had killed `kills_before`.
    """
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:  # a real-time signal
        name = f"signal {-code}"
    because = " because memory ran out" if -code == signal.SIGKILL and kills_for_memory() > kills_before else ""
    return f"was ended by {name}{because}"
