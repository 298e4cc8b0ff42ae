"""What the script of a work is called; asked for whenever Snakemake starts, so nothing large is imported for it."""

import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from concurrency.workloads.workload import Workload

SCRIPTS = Path(__file__).parents[2]


def by_module(workloads: Iterable[Workload]) -> dict[str, str]:
    """The names of `workloads`, by those of their scripts, no two of which are called alike."""
    found: dict[str, str] = {}
    for workload in workloads:
        name = module_name(workload)
        while name in found:
            name += "_"
        found[name] = workload.name
    return found


def module_name(workload: Workload) -> str:
    """Like the work, unless another module of that name might be meant by who runs it or lies beside it."""
    name = workload.name
    folders = {Path(place.rpartition(":")[0]).resolve().parent for place in workload.places}
    lies_beside = any((folder / one).exists() for folder in folders for one in (name, f"{name}.py"))
    return f"{name}_script" if name in sys.stdlib_module_names or lies_beside or _is_installed(name) else name


def _is_installed(name: str) -> bool:
    """Whether that is found among what is installed; the scripts of our rules are not."""
    if not name.isidentifier() or name in sys.modules:
        return name in sys.modules
    found = find_spec(name)
    return found is not None and SCRIPTS not in Path(found.origin or "").parents
