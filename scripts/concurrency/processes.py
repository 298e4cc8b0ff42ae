"""Processes of ours: what a fresh interpreter is started with, and how a process came to its end."""

import os
import signal
import sys
from pathlib import Path

THREADS = (
    "OMP_NUM_THREADS", "GOTO_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)  # fmt: skip
USERS = "USERS_"


def remember_threads() -> None:
    """Note how many threads the user lets libraries have: Snakemake sets that anew for each job."""
    for name in THREADS:
        os.environ.setdefault(f"{USERS}{name}", os.environ.get(name, ""))


def environment(executable: str = "") -> dict[str, str]:
    """What a process of `executable` (empty: the one that runs this) is started with, so that it finds this library.

    Another interpreter must not see our packages. What libraries may have of threads is as the user has it.
    """
    users = {name: os.environ[f"{USERS}{name}"] for name in THREADS if f"{USERS}{name}" in os.environ}
    own = {key: value for key, value in os.environ.items() if key not in users}
    own |= {name: count for name, count in users.items() if count}
    if not executable:
        return own | {"PYTHONPATH": os.pathsep.join(sys.path)}
    rest = {key: value for key, value in own.items() if key != "PYTHONHOME"}
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
