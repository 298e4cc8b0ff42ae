"""The benchmark against peers runs, checks what was answered, and says what is missing."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PEERS = Path(__file__).parents[2] / "benchmarks" / "peers.py"


def run(folder, *contests, **environment):
    return subprocess.run(
        [sys.executable, PEERS, "--quick", "--rounds", "1", "--output", folder, "--only", *contests],
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, **environment},
        check=False,
    )


def check(outcome, folder, contests):
    assert outcome.returncode == 0, outcome.stderr
    with open(folder / "peers.csv") as file:
        rows = list(csv.DictReader(file))
    assert {row["contest"] for row in rows} == set(contests)
    assert [row for row in rows if row["error"] or not float(row["seconds"]) > 0] == []
    text = (folder / "peers.md").read_text()
    assert text.count("| who |") == len(contests)
    assert "these figures mean nothing" in text


def test_computing(tmp_path):
    outcome = run(tmp_path, "skewed", "even")
    check(outcome, tmp_path, ["skewed", "even"])


def test_programs_that_are_missing_are_named(tmp_path):
    outcome = run(tmp_path, "latency", PATH=str(Path(sys.executable).parent))
    check(outcome, tmp_path, ["latency"])
    for package in ("curl", "wget2", "aria2"):
        assert f"not installed: apt-get install {package}" in outcome.stdout


@pytest.mark.heavy
@pytest.mark.skipif(not shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"), reason="needs nginx")
def test_downloading(tmp_path):
    contests = ["latency", "throughput", "memory", "job"]
    check(run(tmp_path, *contests), tmp_path, contests)
