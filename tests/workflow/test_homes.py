"""The workflow where a user may live: without a name, a home or the right to write, and among names in any language."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

UNKNOWN = ["unshare", "--user", "--map-user=12345", "--map-group=12345"]  # what may be read stays so, even for root


def snakemake(folder, *arguments, python=sys.executable, as_user=(), umask=-1, **environment):
    """`snakemake` in `folder`, with nothing in its environment but PATH and what is given."""
    command = [*as_user, python, "-m", "snakemake", "--cores", "2", *arguments]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=folder,
        env={"PATH": path, **environment},
        umask=umask,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=240,
    )


@pytest.fixture
def unknown():
    """How to run as a user of whom the system knows a number alone."""
    asked = [*UNKNOWN, sys.executable, "-c", "import os, pwd; pwd.getpwuid(os.getuid())"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if "12345" not in done.stderr:
        pytest.skip(f"no user namespaces here: {done.stderr.strip()}")
    return UNKNOWN


@pytest.fixture
def elsewhere(workflow, tmp_path):
    """A folder of the user's, beside a workflow in which nobody may write."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (workflow.folder / "config.yaml").rename(folder / "config.yaml")
    parts = [workflow.folder, *workflow.folder.rglob("*")]
    for part in parts:
        part.chmod(part.stat().st_mode & ~0o222)
    yield folder
    for part in parts:
        part.chmod(part.stat().st_mode | 0o200)


def test_a_nameless_user_reads_a_workflow_and_writes_elsewhere(workflow, small, elsewhere, unknown, tmp_path):
    """Also without TMPDIR, with a closed umask, and with a home that has nothing in it."""
    works = {"mine": {"function": "mine.py:same", "items": [1], "strategies": ["threads"]}}
    (elsewhere / "config.yaml").write_text(json.dumps(small | {"download": {"sites": []}, "rounds": 1, "works": works}))
    (elsewhere / "mine.py").write_text("def same(item):\n    return item\n")
    (elsewhere / "closed").mkdir(mode=0)  # as another's may be, beside a file in /tmp
    home = tmp_path / "home"
    home.mkdir()
    before = sorted(workflow.folder.rglob("*"))
    arguments = ["--snakefile", str(workflow.folder / "Snakefile"), "--directory", str(elsewhere)]
    given = {"HOME": str(home), "TMPDIR": str(tmp_path / "missing")}
    outcome = snakemake("/", *arguments, as_user=unknown, umask=0o077, **given)
    assert outcome.returncode == 0, outcome.stdout
    assert "report: results/report.html" in outcome.stdout
    assert (elsewhere / "results/report.html").stat().st_mode & 0o777 == 0o600
    assert (elsewhere / "results/squares/sums.csv").read_text().count("\n") == 5
    with open(elsewhere / "results/tables/timings.csv") as file:
        assert {row["error"] for row in csv.DictReader(file)} == {""}
    assert sorted(workflow.folder.rglob("*")) == before


def test_snakemake_needs_a_home_before_it_reads_the_workflow(workflow, unknown, tmp_path):
    """docs/start.md tells so: when this passes no longer, nobody need be told."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    for given, why in [({}, "could not determine the home directory"), ({"HOME": str(closed)}, f"{closed}/.cache")]:
        outcome = snakemake(workflow.folder, "-n", as_user=unknown, **given)
        assert outcome.returncode != 0
        assert why in outcome.stdout


def test_names_in_any_language(workflow, tmp_path):
    """Of folders, files, functions, items and sites, with spaces and braces; Python is in such a folder, too, as `make`
    puts it there; in the C locale; sharded."""
    workflow.folder = workflow.folder.rename(tmp_path / "der wörkflow 並行")
    (workflow.folder / ".venv").symlink_to(sys.prefix)
    python = workflow.folder / ".venv/bin" / Path(sys.executable).name
    mine = tmp_path / "meine Ørdner {y}"
    (mine / "phötos und mehr").mkdir(parents=True)
    for name in ("ä ö", "測 {z}"):
        (mine / "phötos und mehr" / f"{name}.txt").write_text(name, encoding="utf-8")
    (mine / "meine Säiten.csv").write_text("url\nhttp://a.test/ü\nhttp://bücher.test/\n", encoding="utf-8")
    (mine / "zählen.txt").write_text("7\n8\n", encoding="utf-8")
    (mine / "mein wérk.py").write_text(
        'def zähle(path):\n    return {"ä": open(path).read(), "from": path}\n', encoding="utf-8"
    )
    work = {"function": "mein wérk.py:zähle", "items": "phötos und mehr/*.txt"}
    config = {
        "download": {"sites": "meine Säiten.csv", "shards": 2, "strategies": []},
        "squares": {"numbers": "zählen.txt", "shards": 2, "strategies": []},
        "works": {"mine": work | {"strategies": ["sequential", {"process_pool": {"workers": 2}}]}},
        "rounds": 2,
        "explain": False,
    }
    (mine / "config.yaml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    arguments = ["--snakefile", str(workflow.folder / "Snakefile"), "--directory", mine.name]
    wanted = ["job", "results/tables/timings.csv", "results/recommended/mine.py"]
    outcome = snakemake(tmp_path, *wanted, *arguments, python=python, HOME=str(tmp_path), LC_ALL="C")
    assert outcome.returncode == 0, outcome.stdout
    results = mine / "results"
    assert (results / "squares/sums.csv").read_text() == "number,sum\n7,91\n8,140\n"
    with open(results / "download/pages.csv", encoding="utf-8") as file:
        assert [(row["url"], row["error"]) for row in csv.DictReader(file)] == [
            ("http://a.test/ü", ""),
            ("http://bücher.test/", ""),
        ]
    told = [json.loads(line) for line in (results / "mine/results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["item"], line["result"]["ä"]) for line in told] == [
        ("phötos und mehr/ä ö.txt", "ä ö"),
        ("phötos und mehr/測 {z}.txt", "測 {z}"),
    ]
    with open(results / "tables/timings.csv", encoding="utf-8") as file:
        assert {row["error"] for row in csv.DictReader(file)} == {""}
    script = [sys.executable, results / "recommended/mine.py"]
    done = subprocess.run(script, capture_output=True, check=False, cwd="/", env={"LC_ALL": "C"})
    assert done.returncode == 0, done.stderr.decode()
    assert [json.loads(line)["result"]["ä"] for line in done.stdout.splitlines()] == ["ä ö", "測 {z}"]


def test_what_is_in_files_may_be_in_any_language_even_where_names_may_not(workflow):
    """PYTHONUTF8=0 in the C locale: names of files are ASCII, what is in them is UTF-8."""
    (workflow.folder / "work.py").write_text('def zähle(item):\n    return {"ä": item}\n', encoding="utf-8")
    (workflow.folder / "items.txt").write_text("ä ö\n測\n", encoding="utf-8")
    work = {"function": "work.py:zähle", "items": "items.txt", "strategies": ["sequential"]}
    config = {
        "download": {"sites": ["http://bücher.test/ü"], "strategies": []},
        "squares": {"numbers": []},
        "works": {"mine": work, "stand_in": work | {"source": "profile"}},
        "rounds": 1,
    }
    (workflow.folder / "config.yaml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    given = {"HOME": str(workflow.folder), "LC_ALL": "C", "PYTHONUTF8": "0"}
    outcome = snakemake(workflow.folder, "job", "results/tables/timings.csv", **given)
    assert outcome.returncode == 0, outcome.stdout
    told = (workflow.folder / "results/mine/results.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["result"] for line in told] == [{"ä": "ä ö"}, {"ä": "測"}]
    with open(workflow.folder / "results/tables/timings.csv", encoding="utf-8") as file:
        assert {(row["workload"], row["error"]) for row in csv.DictReader(file)} == {("mine", ""), ("stand_in", "")}
