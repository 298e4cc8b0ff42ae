"""The real workflow in a folder of its own, run as a user would."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = (
    "Snakefile",
    "config.yaml",
    "config.schema.yaml",
    "sites.csv",
    "profiles",
    "configs",
    "scripts",
    "captions",
    "envs",
    "rules",
)

# Small enough that a run takes seconds; nothing here depends on how fast the machine is.
SMALL = {
    "download": {
        "sites": [f"http://site-{i}.test/page" for i in range(4)],
        "in_flight": 4,
        "strategies": ["sequential", {"asyncio": {"workers": 4}}],
    },
    "squares": {
        "numbers": {"start": 1000, "count": 4},
        "strategies": ["sequential", {"process_pool": {"workers": 2}}],
    },
    "rounds": 2,
    "explain": False,
}


def unwrapped(text: str) -> str:
    """What a terminal shows, without its line ends."""
    return " ".join(text.split())


class Workflow:
    """A copy of the workflow in `folder`, run as a user would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, root: Path = ROOT) -> None:
        """Put the workflow, as it is shipped in `root`, into the folder."""
        self.folder.mkdir(parents=True)
        for name in SHIPPED:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, self.folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, self.folder / name)

    def configure(self, config: dict) -> None:
        """Write config.yaml (JSON is YAML)."""
        (self.folder / "config.yaml").write_text(json.dumps(config))

    def run(
        self, *arguments: str, cores: int = 2, seconds: float = 600, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """`snakemake --cores N …`, whatever comes of it; stdout and stderr are kept together in `stdout`, as they are:
        in text mode, a carriage return would be a new line."""
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments],
            check=False,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            env={**os.environ, **environment},
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode())

    def scheduled(self, *arguments: str) -> dict[str, int]:
        """What a run would do now: how many jobs of each rule."""
        shown = self.run("--dry-run", "--workflow-profile", "none", *arguments).stdout
        table = shown.partition("Job stats:")[2].partition("total")[0]
        return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}
