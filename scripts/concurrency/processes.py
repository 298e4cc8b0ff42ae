"""Processes of ours: what a fresh interpreter is started with."""

import os
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
