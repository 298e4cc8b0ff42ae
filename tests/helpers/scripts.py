"""Scripts of what is recommended, written and run as a user would."""

import json
import re
import subprocess
import sys
from pathlib import Path

from concurrency.measuring.arms import Arm
from concurrency.recommending.names import module_name
from concurrency.recommending.script import Script
from concurrency.running.digests import Digests
from concurrency.workloads.workload import Workload

SAID = ["What it does: so.", "It is 2× as fast.", "Measured in 10 rounds."]
PLACE = Path("results", "recommended")


def written(workload: Workload, strategy: str, workers: int = 2, said: list[str] = SAID, **given) -> Path:
    """The script for `workload`, in the working directory, with what else is `given` of it or as `options`."""
    if workload.has_one_worker(workload.strategies()[strategy]):
        workers = 1
    code = Digests(Path("digests"))
    files = [path for place in workload.places for path in code.closure(place.rpartition(":")[0]).values()]
    arm = Arm(strategy, workers, given.pop("options", {}))
    path = PLACE / f"{module_name(workload)}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Script(workload, arm, said, len(path.parents) - 1, files, **given).text)
    return path


def run(script: Path, *arguments: str, python: str = sys.executable, **options) -> subprocess.CompletedProcess[str]:
    """What comes of running it."""
    return subprocess.run(
        [python, str(script), *arguments], capture_output=True, text=True, check=False, timeout=120, **options
    )


def told(done: subprocess.CompletedProcess[str]) -> list[dict]:
    """The lines that it told, by their items."""
    return sorted(map(json.loads, done.stdout.splitlines()), key=lambda line: json.dumps(line["item"]))


def requirements(script: Path) -> list[str]:
    """What its metadata say that it needs."""
    block = script.read_text().partition('# ///\n"""')[0]
    return re.findall(r'^#   "(.*)",$', block, re.MULTILINE)


def faults(folder: Path) -> str:
    """What ruff, as this repository has it, finds in all scripts below `folder`."""
    config = ["--config", str(Path(__file__).parents[2] / "pyproject.toml"), "--no-respect-gitignore", "--no-cache"]
    found = ""
    for command in (["check", "--quiet"], ["format", "--diff", "--quiet"]):
        ruff = [sys.executable, "-m", "ruff", *command, *config, str(folder)]
        found += subprocess.run(ruff, capture_output=True, text=True, check=False).stdout
    return found
