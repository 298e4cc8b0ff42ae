"""What processes have used and what the machine did meanwhile, read from outside the measured processes."""

import os
import resource
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from concurrency.measuring import worker

PROCESS_CLOCK = 0b010  # Linux, include/linux/posix-timers.h: CPUCLOCK_SCHED, which counts ns, of all of its threads


@dataclass(frozen=True)
class Usage:
    """Totals over a process and all of its live descendants. None where the platform cannot tell.

    `cpu_s`: CPU seconds, those of descendants that have ended and were waited for included. Each process is in there
    once, as itself until it is waited for, then as a part of what the children of its waiter used: so the difference of
    two totals is right also for one that ended between them.
    `max_rss_bytes`: the sum of the processes' peak resident sizes (pages that they share count once for each).
    `involuntary_switches`: times that a live thread was taken off its core before it was done.
    """

    cpu_s: float
    max_rss_bytes: int
    involuntary_switches: int | None


@dataclass(frozen=True)
class Machine:
    """Totals of the whole machine since it started, and its clock now. None where the platform cannot tell.

    `busy_s`: CPU seconds spent on anything; `steal_s`: CPU seconds that a hypervisor gave to others; `pressure_s`:
    seconds in which some process waited for a core (Linux' pressure stall information); `cpu_mhz`: the cores' mean
    frequency.
    """

    busy_s: float
    steal_s: float | None
    pressure_s: float | None
    cpu_mhz: float | None


def of_tree(root: int, told: Mapping[str, float] | None = None) -> Usage:
    """The usage of process `root` and its descendants: workers are found however they were started.

    `told` is what `root` has just said of itself, as `worker.used` has it.
    """
    process = psutil.Process(root)
    cpu, rss, switches = 0.0, 0, 0
    for member in [process, *process.children(recursive=True)]:
        said = told if told and member.pid == root else {}
        try:
            cpu += said["own_s"] if said else _own_s(member)
            cpu += max(said.get("children_s", 0.0), _children_s(member))  # the latter has who ended since it was said
            rss += peak_rss(member)
            switches += _involuntary_switches(member.pid)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue  # ended between being listed and being read
    return Usage(cpu, rss, switches if psutil.LINUX else None)


def _own_s(process: psutil.Process) -> float:
    """What the process itself has used so far, its threads that have ended included: CPU seconds, on Linux to the
    nanosecond, where /proc, and so psutil, counts in ticks of 10 ms.

    Raises psutil.NoSuchProcess if it has ended and was waited for.
    """
    if psutil.LINUX:
        with suppress(OSError):  # it has ended, as psutil will say, or a sandbox does not know others' clocks
            return time.clock_gettime(~process.pid << 3 | PROCESS_CLOCK)
    return float(sum(process.cpu_times()[:2]))  # user and system


def _children_s(process: psutil.Process) -> float:
    """What those used that the process has waited for: CPU seconds, to the microsecond for our own process, which alone
    can ask; of others in whole ticks of 10 ms, of user and of system time, so up to 20 ms too few (on macOS: 0).

    Raises psutil.NoSuchProcess as `_own_s` does.
    """
    if process.pid == os.getpid():
        return worker.used()["children_s"]
    return float(sum(process.cpu_times()[2:4]))  # user and system


@dataclass(frozen=True)
class Moment:
    """What had been used until then, `at_s` on a clock of its own: by the whole machine, and CPU seconds by us, this
    process and its descendants."""

    at_s: float
    machine: Machine
    ours_s: float

    @classmethod
    def now(cls) -> "Moment":
        return cls(time.perf_counter(), of_machine(), of_tree(os.getpid()).cpu_s)

    def others_since(self, before: "Moment") -> float:
        """How many cores were busy with what is not ours in between, on average."""
        others = (self.machine.busy_s - before.machine.busy_s) - (self.ours_s - before.ours_s)
        return max(0.0, others) / (self.at_s - before.at_s)

    def steal_s_since(self, before: "Moment") -> float | None:
        """CPU seconds that a hypervisor gave to others in between."""
        return difference(self.machine.steal_s, before.machine.steal_s)


def difference(after: float | None, before: float | None) -> float | None:
    """None where either cannot be told."""
    return None if after is None or before is None else after - before


def of_machine() -> Machine:
    """The machine's totals now."""
    times = psutil.cpu_times()
    return Machine(
        busy_s=sum(getattr(times, kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq")),
        steal_s=getattr(times, "steal", None),
        pressure_s=_pressure_s(),
        cpu_mhz=_cpu_mhz(),
    )


def _pressure_s() -> float | None:
    try:
        text = Path("/proc/pressure/cpu").read_text()
    except OSError:  # not Linux, or a kernel without it
        return None
    return int(text.split("total=")[1].split()[0]) / 1e6


def _cpu_mhz() -> float | None:
    try:
        frequency = psutil.cpu_freq()
    except (AttributeError, OSError, NotImplementedError, RuntimeError):  # no such reading on this platform
        return None
    return frequency.current or None if frequency else None


def peak_rss(process: psutil.Process) -> int:
    """The largest resident size that the process had so far, in bytes; of others, where that cannot be told, what they
    have now.

    On Linux not `ru_maxrss`, which begins with the size of the process that started this one.
    """
    if psutil.LINUX:
        return _status_sum([Path(f"/proc/{process.pid}/status")], "VmHWM:") * 1024
    if psutil.MACOS and process.pid == os.getpid():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return process.memory_info().rss


def _involuntary_switches(pid: int) -> int:
    return _status_sum(Path(f"/proc/{pid}/task").glob("*/status"), "nonvoluntary_ctxt_switches:")


def _status_sum(files: Iterable[Path], key: str) -> int:
    total = 0
    for file in files:
        try:
            text = file.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the thread or process has ended
        _, found, rest = text.partition(key)
        total += int(rest.split(maxsplit=1)[0]) if found else 0
    return total
