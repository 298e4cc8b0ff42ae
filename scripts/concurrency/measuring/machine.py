"""What the measurements ran on: machine, system, interpreter and the versions that matter."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import psutil

from concurrency.errors import UserError

PACKAGES = ("snakemake", "aiohttp", "requests", "numpy", "scipy", "pandas", "matplotlib")


def describe(cores: int) -> dict[str, str]:
    """Facts by name, ready to print; `cores` is what the workflow uses."""
    logical, physical = psutil.cpu_count(), psutil.cpu_count(logical=False)
    return {
        "Processor": _processor(),
        "Cores": f"{cores} used, {len(psutil.Process().cpu_affinity()) if psutil.LINUX else logical} allowed, "
        f"{logical} logical, {physical or 'unknown'} physical",
        "Memory": f"{psutil.virtual_memory().total / 2**30:.1f} GiB",
        "System": platform.platform(),
        "Host": platform.node(),
        "Python": f"{platform.python_implementation()} {sys.version}".replace("\n", " "),
        "GIL": "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off",
        "Load at the start": ", ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5, 15 minutes)",
        **{name: metadata.version(name) for name in PACKAGES},
    }


def known(files: Iterable[Path]) -> dict[str, str]:
    """The facts in files of them; of several, one for each kind of nodes, the kind before each fact."""
    of_kinds = {file.stem.partition("_on_")[2]: json.loads(file.read_text(encoding="utf-8")) for file in files}
    return {
        f"{kind}: {name}" if len(of_kinds) > 1 else name: fact
        for kind, facts in of_kinds.items()
        for name, fact in facts.items()
    }


def where(kind: str) -> dict[str, str]:
    """`host`, under which rounds are compared: the `kind` of node that was asked for, or a cluster's partition, whose
    nodes count as equal, or this machine; and `node`, the machine itself.

    Raises UserError for a kind where there is no cluster, and so no node of that kind.
    """
    node, partition = os.environ.get("SLURMD_NODENAME") or platform.node(), os.environ.get("SLURM_JOB_PARTITION")
    if kind and "SLURM_JOB_ID" not in os.environ:
        raise UserError(f"hosts: {kind}: this job is not on a cluster; add --workflow-profile slurm, or set hosts: []")
    return {"host": kind or partition or node, "node": node}


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except FileNotFoundError:
        brand = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, check=False
        )
        if brand.stdout.strip():
            return brand.stdout.strip()
    return platform.processor() or platform.machine()
