"""Measuring: every arm once a round, each sample in a fresh interpreter, with its answers checked."""

import fcntl
import json
import logging
import math
import os
import platform
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concurrency import processes
from concurrency.measuring import interpreters, usage
from concurrency.measuring.arms import BASELINE, Arm
from concurrency.strategies import catalogue
from concurrency.workloads.download.sites import Site
from concurrency.workloads.squares.squares import closed_form, sum_of_squares

STARTS = ("concurrency.measuring.sample",)
log = logging.getLogger(__name__)

# What a sample costs beside the timed work: starting an interpreter, importing, looking at its processes.
OVERHEAD_S = 0.4
CLEANUP_S = 20.0


class SampleError(Exception):
    """A sample that brought no result; the message says why."""


@dataclass(frozen=True)
class Conditions:
    """What is the same for all samples of a campaign.

    `start_method`: how processes are started (None: as the interpreter does by itself); `function` and `split`: the
    user's own task as `squares.task` takes them; `timeout_s`: the longest that a sample may take.
    """

    start_method: str | None = None
    function: str | None = None
    split: str | None = None
    timeout_s: float | None = None


def measure_round(
    workload: str,
    arms: Sequence[Arm],
    items: list[Any],
    expected: list[Any] | None,
    *,
    number: int,
    cores: int,
    conditions: Conditions = Conditions(),
) -> list[dict[str, Any]]:
    """One sample of each of `arms`, in the order given, as rows with the columns of timings.csv.

    `items` are what the strategies work on (URLs or numbers); `expected` what they must answer for each of them, or
    None for what the baseline of the same interpreter answers in this round. An answer that differs counts as failed,
    and a sample that fails is a row with its `error`.
    """
    samples = [_sample(workload, arm, items, conditions) for arm in arms]
    by_baseline = {
        arm.executable: answers
        for arm, (_, answers) in zip(arms, samples, strict=True)
        if arm.strategy == BASELINE and not arm.control
    }
    rows = []
    for position, (arm, (measured, answers)) in enumerate(zip(arms, samples, strict=True), 1):
        row = measured | {"round": number, "position": position, "cores": cores}
        if answers is not None:
            row |= _checked(answers, by_baseline.get(arm.executable) if expected is None else expected)
        if row.get("error"):
            log.warning("%s, %s workers: %s", row["strategy"], row["workers"], row["error"])
        rows.append(row)
    return rows


def _checked(answers: list[Any], expected: list[Any] | None) -> dict[str, Any]:
    if expected is None:
        return {"error": f"cannot be checked: {BASELINE} brought no answers"}
    if len(answers) != len(expected):
        return {"error": f"{len(answers)} answers to {len(expected)} items"}
    pairs = list(zip(answers, expected, strict=True))
    wrong = [i for i, (answer, right) in enumerate(pairs) if repr(answer) != repr(right)]  # repr: nan is nan
    if not wrong:
        return {"failed": 0}
    i = wrong[0]
    error = f"item {i + 1}: answered {answers[i]!s:.100}, not {expected[i]!s:.100}"
    return {"failed": len(wrong), "error": error}


def expected_pages(sites: Sequence[Site]) -> list[list[int]]:
    """What a download strategy must answer for `sites`: status 200 and every byte."""
    return [[200, site.wire_bytes] for site in sites]


def expected_sums(numbers: Sequence[int]) -> list[int]:
    """What a squares strategy must answer for `numbers`."""
    return [closed_form(n) for n in numbers]


def least_download_s(arm: Arm, sites: Sequence[Site]) -> float:
    """What no client can beat, in seconds: with latencies L and k in flight, max(ΣL/k, max L)."""
    latencies = [site.latency_ms / 1000 for site in sites]
    return max(sum(latencies) / int(arm.workers), *latencies)


def estimate_download_s(arms: Sequence[Arm], sites: Sequence[Site]) -> float:
    """About how long one round over `sites` takes, in seconds."""
    connect = sum(site.connect_ms for site in sites) / len(sites) / 1000
    return sum(least_download_s(arm, sites) + connect + OVERHEAD_S for arm in arms)


def estimate_squares_s(
    arms: Sequence[Arm], numbers: Sequence[int], cores: int, free_threaded: Collection[str]
) -> float:
    """About how long one round over `numbers` takes, in seconds, from a short trial of the work on this machine.

    `free_threaded` are the executables that run without the GIL, as arms have them.
    """
    terms = 200_000
    begin = time.perf_counter()
    sum_of_squares(terms)
    one_by_one = (time.perf_counter() - begin) / terms * sum(numbers)
    return sum(
        one_by_one / _speedup_to_expect(arm, cores, gil=arm.executable not in free_threaded) + OVERHEAD_S
        for arm in arms
    )


def _speedup_to_expect(arm: Arm, cores: int, gil: bool) -> float:
    strategy = catalogue("squares")[arm.strategy]
    if strategy.is_algorithm:
        return math.inf
    return 1 if strategy.computes_in_one_thread(gil) else min(int(arm.workers), cores)


@contextmanager
def machine_to_itself() -> Iterator[None]:
    """Hold this machine's measuring lock, so that two campaigns never disturb each other; waits for its turn.

    It lies in the folder for temporary files and is for all users; who sets another TMPDIR has a lock of their own.
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


def _sample(
    workload: str, arm: Arm, items: list[Any], conditions: Conditions
) -> tuple[dict[str, Any], list[Any] | None]:
    """A row, as failed until its answers are checked, and the answers, if there are any."""
    row: dict[str, Any] = {
        "workload": workload,
        "strategy": arm.strategy,
        "workers": arm.workers,
        "options": arm.options_text,
        "control": arm.control,
        "interpreter": arm.interpreter or interpreters.RUNNING.label,
        "host": platform.node(),
        "items": len(items),
        "failed": len(items),
    }
    strategy = catalogue(workload)[arm.strategy]
    options = strategy.defaults | dict(arm.options)
    try:
        measured, answers = run_sample(
            workload, strategy.module, int(arm.workers), options, items, conditions,
            executable=arm.executable, ask_workers=workload == "squares" and not strategy.one_worker,
        )  # fmt: skip
    except SampleError as error:
        return row | {"error": str(error)}, None
    if measured["gil"] and interpreters.is_free_threaded(measured["python"]):
        row["interpreter"] += interpreters.GIL_IS_BACK  # so it is shown as what it was
    return row | measured, answers


def run_sample(
    workload: str,
    module: str,
    workers: int,
    options: dict[str, Any],
    items: list[Any],
    conditions: Conditions,
    trace: str | None = None,
    executable: str = "",
    ask_workers: bool = False,
) -> tuple[dict[str, Any], list[Any]]:
    """What one sample measured, by the columns of timings.csv, and its answers as JSON has them.

    `module` is the strategy to import, by its full name; `executable` the Python to run it under (empty: this one).
    With `trace`, notes of what it does when go to that file, and its times mean nothing. What it ran on is told by the
    sample's own process or, with `ask_workers`, by each worker of a squares strategy. Raises SampleError for a sample
    that brings no answers.
    """
    spec = {
        "workload": workload,
        "module": module,
        "workers": workers,
        "options": options,
        "items": items,
        "start_method": conditions.start_method,
        "task": [conditions.function, conditions.split],
        "trace": trace,
        "ask_workers": ask_workers,
    }
    limit = conditions.timeout_s, f"{workload}.timeout_s"
    with _fresh_interpreter(executable) as child:
        child.send(json.dumps(spec).encode() + b"\n")
        child.receive(*limit)  # all is imported
        machine_before, ours_before = usage.of_machine(), usage.of_tree(os.getpid())
        before = usage.of_tree(child.pid)
        began = time.perf_counter()
        child.send(b"g")
        result = child.receive(*limit)
        lasted = time.perf_counter() - began
        if "error" in result:
            log.info("%s", result["traceback"])
            raise SampleError(result["error"])
        after = usage.of_tree(child.pid)
        machine_after, ours_after = usage.of_machine(), usage.of_tree(os.getpid())
        child.send(b"g")
        ran_on = child.receive(*limit)["workers"]
        child.wait()
    others = (machine_after.busy_s - machine_before.busy_s) - (ours_after.cpu_s - ours_before.cpu_s)
    return {
        "setup_s": result["setup_s"],
        "work_s": result["work_s"],
        "wall_s": result["setup_s"] + result["work_s"],
        "cpu_s": after.cpu_s - before.cpu_s,
        "max_rss_bytes": after.max_rss_bytes,
        "gil": any(worker["gil"] for worker in ran_on),
        "python": " | ".join(dict.fromkeys(worker["python"] for worker in ran_on)),
        "steal_s": _difference(machine_after.steal_s, machine_before.steal_s),
        "pressure_s": _difference(machine_after.pressure_s, machine_before.pressure_s),
        "involuntary_switches": _difference(after.involuntary_switches, before.involuntary_switches),
        "load": max(0.0, others) / lasted,
        "cpu_mhz": machine_after.cpu_mhz,
    }, result["answers"]


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


class _Child:
    """A fresh interpreter running `concurrency.measuring.sample`, and the two pipes to it."""

    def __init__(self, executable: str) -> None:
        self._stderr = tempfile.TemporaryFile()  # a pipe would stall a child that writes more than it holds
        self._process = subprocess.Popen(
            [executable or sys.executable, "-P", "-m", "concurrency.measuring.sample"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            bufsize=0,
            start_new_session=True,  # a group of its own, so that it can be ended with all of its workers
            env=processes.environment(executable),
        )
        assert self._process.stdin and self._process.stdout
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        self.pid = self._process.pid

    def send(self, data: bytes) -> None:
        with suppress(BrokenPipeError):  # it has died; `receive` says so
            view = memoryview(data)
            while view:
                view = view[self._stdin.write(view) :]

    def receive(self, timeout_s: float | None, key: str) -> dict[str, Any]:
        """Its next line. Raises SampleError if it dies first (workers that it leaves behind may hold the pipe open), or
        takes longer than `timeout_s`, which the configuration calls `key`."""
        line = b""
        deadline = time.monotonic() + (math.inf if timeout_s is None else timeout_s)
        while not line.endswith(b"\n"):
            if time.monotonic() > deadline:
                raise SampleError(f"no result within {timeout_s:g} s ({key})")
            ended = self._process.poll() is not None  # before the last look: what it said at its end counts
            if select.select([self._stdout], [], [], 0 if ended else 0.5)[0]:
                line += (chunk := self._stdout.read(1 << 20))
                if chunk:
                    continue
            elif not ended:
                continue
            raise SampleError(self._how_it_ended())
        message: dict[str, Any] = json.loads(line)
        return message

    def _how_it_ended(self) -> str:
        code = self._process.wait()
        if code < 0:
            return f"the sample's process was ended by {signal.Signals(-code).name}"
        self._stderr.seek(0)
        message = self._stderr.read().decode(errors="replace").strip()
        log.info("%s", message)
        return message.rpartition("\n")[2] or f"the sample's process ended with exit code {code}"

    def wait(self) -> None:
        """Let it clean up; what takes longer than that is ended with it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(CLEANUP_S)

    def end(self) -> None:
        """End what is left of it and of its workers, and close the pipes."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for file in (self._stdin, self._stdout, self._stderr):
            file.close()


@contextmanager
def _fresh_interpreter(executable: str) -> Iterator[_Child]:
    try:
        child = _Child(executable)
    except OSError as error:  # it was there when the campaign began
        raise SampleError(f"{executable or sys.executable} cannot be started: {error.strerror}") from error
    try:
        yield child
    finally:
        child.end()
