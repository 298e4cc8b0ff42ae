"""Workers that cannot be had, or die before they begin: a failed sample with the reason, and nobody waits for them."""

import sys
from pathlib import Path

import pytest

from concurrency.measuring.arms import Arm
from helpers.workloads import measure

PATIENCE_S = 60.0  # far beyond what anything here takes; nothing may wait for it

NO_MORE_THREADS = """
import resource, threading
threading.stack_size(1 << 30)
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))  # binds root as well, as a limit of processes does not
"""
THE_THIRD_PROCESS = """
import itertools, os, signal
fork, started = os.fork, itertools.count(1)
def limited():
    if next(started) != 3:
        return fork()
    {}
os.fork = limited
"""
NO_MORE_PROCESSES = THE_THIRD_PROCESS.format("raise BlockingIOError(11, 'Resource temporarily unavailable')")
ONE_IS_KILLED = THE_THIRD_PROCESS.format("return fork() or os.kill(os.getpid(), signal.SIGKILL)")
SAMPLE = """
import runpy
runpy.run_module("concurrency.measuring.sample", run_name="__main__", alter_sys=True)
"""


def error(folder: Path, accident: str, workload: str, strategy: str, options: dict) -> str:
    """What is said of a sample with 16 workers that meets with an accident."""
    (folder / "accident.py").write_text(accident + SAMPLE)
    python = folder / "python"
    python.write_text(f"#!/bin/sh\nshift 3\nexec '{sys.executable}' '{folder}/accident.py' \"$@\"\n")
    python.chmod(0o755)
    items = ["http://127.0.0.1:9/"] if workload == "download" else [1]
    arm = Arm(strategy, 16, options, executable=str(python))
    [row] = measure(workload, [arm], items, items, start_method="fork", timeout_s=PATIENCE_S)
    return row["error"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, that limit binds nobody")
@pytest.mark.parametrize("where", [("download", "threads"), ("squares", "threads"), ("squares", "asyncio_to_thread")])
def test_threads_that_cannot_be_had(tmp_path, where):
    assert error(tmp_path, NO_MORE_THREADS, *where, {}) == "RuntimeError: can't start new thread"


PROCESSES = [
    ("download", "process_pool", {}),
    ("download", "processes_asyncio", {"processes": 16}),
    ("squares", "process_pool", {}),
]


@pytest.mark.parametrize("where", PROCESSES)
def test_processes_that_cannot_be_had(tmp_path, where):
    reason = "BlockingIOError: [Errno 11] Resource temporarily unavailable"
    assert error(tmp_path, NO_MORE_PROCESSES, *where) == reason


@pytest.mark.parametrize("where", PROCESSES)
def test_a_process_that_is_killed_before_it_begins(tmp_path, where):
    assert error(tmp_path, ONE_IS_KILLED, *where) == "a worker process was ended by SIGKILL"
