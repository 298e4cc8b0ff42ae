"""How many cores there are to be used: what affinity and control groups leave of the machine's."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def available() -> int:
    """How many cores this process may keep busy: those of its affinity, or what its control groups' quotas allow."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([found, *(math.ceil(quota) for quota in _cpu_quotas())]))


def usable(given: int) -> int:
    """How many of the cores that Snakemake has `given` (--cores may be any number) there are to be used."""
    return min(given, available())


def _cpu_quotas() -> Iterator[float]:
    """The cores that each control group above this process allows, version 2 (cpu.max) and version 1 (cfs_quota)."""
    try:
        memberships = Path("/proc/self/cgroup").read_text().splitlines()
    except FileNotFoundError:
        return  # not Linux
    for line in memberships:
        _, controllers, group = line.split(":", 2)
        inside = Path(group).relative_to("/")
        for part in (inside, *inside.parents):
            folder = CGROUPS / controllers / part
            try:
                if controllers:
                    quota = (folder / "cpu.cfs_quota_us").read_text().strip()
                    period = (folder / "cpu.cfs_period_us").read_text()
                else:
                    quota, period = (folder / "cpu.max").read_text().split()
            except OSError:
                continue  # none here: the root has no limit, and a container sees its own group as the root
            if quota not in ("max", "-1"):
                yield int(quota) / int(period)
