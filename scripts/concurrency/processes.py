"""Processes of ours: what a fresh interpreter is started with, and how a process or a worker came to its end."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what has no workers need not import it
    from multiprocessing.process import BaseProcess

THREADS = (
    "OMP_NUM_THREADS", "GOTO_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)  # fmt: skip
USERS = "USERS_"
PATIENCE_S = 2.0
_started: "list[BaseProcess]" = []  # the workers of this process's pools


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
    own |= {f"{USERS}PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    if not executable:
        return own | {"PYTHONPATH": os.pathsep.join(sys.path)}
    rest = {key: value for key, value in own.items() if key != "PYTHONHOME"}
    return rest | {"PYTHONPATH": str(Path(__file__).parents[1])}


def restore_path() -> None:
    """In a process that was started so: let programs that it starts in its turn have the user's own PYTHONPATH."""
    if users := os.environ.pop(f"{USERS}PYTHONPATH", ""):
        os.environ["PYTHONPATH"] = users
    else:
        os.environ.pop("PYTHONPATH", None)


def follow_parent() -> None:
    """In a worker of a pool: end with the process that has made it, however that ends."""
    from multiprocessing import connection, parent_process  # noqa: PLC0415  (what has no workers need not import it)

    maker = parent_process()
    assert maker

    def follow() -> None:
        connection.wait([maker.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


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


_kills_before = kills_for_memory()


def started(workers: "Iterable[BaseProcess]") -> None:
    """Note processes of a pool, of which `death` is to know."""
    _started.extend(workers)


def death() -> str:
    """How the first of the workers ended that has not ended because of another: a pool that has lost one ends all
    others by SIGTERM. Empty if there is none."""
    codes: list[int | None] = []
    give_up = time.monotonic() + PATIENCE_S  # the pool may just be looking at it
    while not codes and time.monotonic() < give_up:
        codes = [process.exitcode for process in _started if process.exitcode not in (None, -signal.SIGTERM)]
        time.sleep(0.02)
    codes.sort(key=lambda code: code == 0)
    return f"a worker process {how_it_ended(codes[0] or 0, _kills_before)}" if codes else ""
