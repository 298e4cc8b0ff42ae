"""What `make` says and does around the workflow; of what it installs, stand-ins."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from helpers.workflows import ROOT

PYTHON = f"""#!/bin/sh
# Python; an environment that it makes has a stand-in for each program.
[ "$1 $2" = "-m venv" ] || exec "{sys.executable}" "$@"
mkdir -p .venv/bin && cp ../programs/* .venv/bin
"""
PIP = """#!/bin/sh
[ ! -e .venv/half ] || { echo "already satisfied"; exit 0; }
case "$*" in *"$INTERRUPTED") touch .venv/half; kill -INT $PPID; exit 1 ;; esac
for file; do :; done
echo "$file" >>.venv/installed
"""
SNAKEMAKE = """#!/bin/sh
echo "snakemake $*, HOME=$HOME"
"""
OLD = """#!/bin/sh
[ "$1" = --version ] && echo "Python 3.8.10"
exit 1
"""
NO_VENV = f"""#!/bin/sh
case "$*" in *ensurepip*) exit 1 ;; esac
exec "{sys.executable}" "$@"
"""


@pytest.fixture
def make(tmp_path):
    """`make` in a clone, with programs that stand in for others, and what is given in the environment."""
    (clone := tmp_path / "mein Klön").mkdir()
    shutil.copy(ROOT / "Makefile", clone)
    shutil.copytree(ROOT / "requirements", clone / "requirements")
    for name, text in {"python": PYTHON, "old": OLD, "novenv": NO_VENV, "programs/pip": PIP}.items():
        _program(tmp_path / name, text)
    _program(tmp_path / "programs/snakemake", SNAKEMAKE)

    def run(*arguments, **environment):
        return subprocess.run(
            ["make", f"PYTHON={tmp_path}/python", *arguments],
            cwd=clone,
            env={"PATH": os.environ["PATH"], "INTERRUPTED": "nothing", "HOME": str(tmp_path)} | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    run.clone = clone
    return run


def _program(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_it_says_how_to_go_on_each_time(make):
    for _ in range(2):
        done = make()
        assert done.returncode == 0, done.stderr
        last = done.stdout.partition("snakemake --cores all, ")[2]
        assert "results/report.html" in last
        assert ". .venv/bin/activate\n" in last
        assert "    snakemake --cores 4 " in last
    assert (make.clone / ".venv/installed").read_text() == "requirements/run.txt\n"


@pytest.mark.parametrize(
    ("python", "why"),
    [
        ("no-python", "there is no such program"),
        ("old", "it is Python 3.8.10"),
        ("novenv", "it has no venv (Debian: apt install python3-venv)"),
    ],
)
def test_a_python_that_does_not_fit_is_told_in_one_line(make, tmp_path, python, why):
    for target in ("run", "test"):
        done = make(target, f"PYTHON={tmp_path}/{python}")
        assert done.returncode != 0
        [line] = done.stderr.splitlines()
        assert f"{python}: {why}; another one, 3.11 or newer: make PYTHON=python3.12" in line
        assert not (make.clone / ".venv").exists()


def test_an_installation_that_was_interrupted_is_made_anew(make):
    stages = ["requirements/run.txt", "requirements/dev.txt", "requirements/extras.txt"]
    for stage in stages:
        time.sleep(0.02)  # the clock of files may tick more slowly than make runs
        (make.clone / stage).touch()
        assert make(".venv/extras", INTERRUPTED=stage).returncode != 0
        assert (make.clone / ".venv/half").exists()
        done = make(".venv/extras")
        assert done.returncode == 0, done.stderr
        assert (make.clone / ".venv/installed").read_text().split() == stages
        assert make("--question", ".venv/extras").returncode == 0


def test_an_environment_that_was_there_is_kept(make):
    (make.clone / ".venv").mkdir()
    (make.clone / ".venv/mine").touch()
    (make.clone / ".venv/pyvenv.cfg").touch()
    done = make()
    assert done.returncode != 0
    [line] = done.stderr.splitlines()
    assert ".venv was not made by make: use it (docs/start.md), or move it away" in line
    assert sorted(path.name for path in (make.clone / ".venv").iterdir()) == ["mine", "pyvenv.cfg"]


def test_who_has_no_home_is_given_one(make, tmp_path):
    given = f"HOME={make.clone}/.snakemake\n"
    assert given in make(HOME="").stdout
    assert given in make(HOME=str(tmp_path / "missing")).stdout
    assert f"HOME={tmp_path}\n" in make().stdout
