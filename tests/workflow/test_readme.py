"""What README and docs/ say to type works, and what they point to is there."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from helpers.workflows import ROOT

COMMANDS = re.findall(r"^\| `(snakemake[^`]*)`", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md")), ROOT / "results/README.md"]
# Each is tried in a copy of a process that has planned a run already: by itself it would first import Snakemake.
DRY_RUNS = """
import contextlib, json, os, sys
import snakemake.cli
os.dup2(1, 2)
def run(command):
    with contextlib.suppress(SystemExit):
        snakemake.cli.main(command[1:])
        raise AssertionError("it always exits")
run(["snakemake", "job", "-n", "--quiet"])
for command in json.load(sys.stdin):
    print("$", *command, flush=True)
    if not (child := os.fork()):
        snakemake.cli.main(command[1:])
    print("exit", os.waitpid(child, 0)[1], flush=True)
"""


def test_the_commands_of_readme_are_understood(workflow):
    assert len(COMMANDS) >= 15
    folder = workflow.folder
    shutil.copy(ROOT / "config.yaml", folder / "config.yaml")
    (folder / "work.py").write_text("def thumbnail(path):\n    return path\n")
    (folder / "elsewhere").mkdir()
    (folder / "photos").mkdir()
    (folder / "photos/1.jpg").touch()
    tables = folder.parent / "before/results/tables"
    tables.mkdir(parents=True)
    (tables / "timings.csv").write_text("workload,strategy,workers,round,failed,wall_s\nsquares,threads,2,1,0,1.5\n")
    commands = [shlex.split(command) for command in COMMANDS if "--report" not in command]  # it reads a run's results
    if find_spec("snakemake_executor_plugin_slurm") is None:
        commands = [command for command in commands if "slurm" not in command]
    if not all(map(shutil.which, ("python3.14", "python3.14t"))):
        commands = [command for command in commands if "configs/interpreters.yaml" not in command]
    for command in commands:
        command += [option for option in ("-n", "--quiet", "host") if option not in command]
    done = subprocess.run(
        [sys.executable, "-c", DRY_RUNS],
        input=json.dumps(commands),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout
    print(done.stdout)
    told = re.findall(r"^exit (\d+)$", done.stdout, re.MULTILINE)
    assert told == ["0"] * len(commands), done.stdout
    assert done.stdout.count("This was a dry-run") == len(commands)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_points_to_is_there(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        file, _, anchor = target.partition("#")
        path = page.parent / file if file else page
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}, target


def test_the_index_has_every_page():
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[([\w-]+\.md)\]\(\1\) \| \S", index, re.MULTILINE)
    assert sorted([*listed, "README.md"]) == sorted(page.name for page in ROOT.glob("docs/*.md"))


def test_readme_tells_of_the_promises_what_docs_have():
    """No figure stands in README that docs/statistics.md has not."""
    readme, statistics = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/statistics.md"))
    [table] = re.findall(r"\| promise \| worst figure \|\n\|---\|---\|\n((?:\|.*\n)+)", readme)
    rows = table.splitlines()
    assert len(rows) == 3
    assert all(row in statistics.splitlines() for row in rows)
