"""The workflow as a module of another one, from a local path: under a prefix, without, and twice with two configs."""

import csv
import json

import pytest

from helpers.replies import OK
from helpers.scripts import run, told
from helpers.server import FaultServer

OTHER = """
import json

CONFIG = json.load(open("small.json"))

module plain:
    snakefile: "{snakefile}"
    config: CONFIG

use rule * from plain

module first:
    snakefile: "{snakefile}"
    config: CONFIG
    prefix: "first"

use rule * from first as first_*

module second:
    snakefile: "{snakefile}"
    config: CONFIG | {{"seed": 2, "squares": CONFIG["squares"] | {{"numbers": [5]}}}}
    prefix: "second"

use rule * from second as second_*

rule mine:
    default_target: True
    input:
        "results/report.html", "first/results/report.html", "second/results/report.html",
        rules.job.input, rules.first_job.input, rules.second_job.input,
    output:
        "mine.txt",
    shell:
        "touch {{output}}"
"""


@pytest.fixture
def other(workflow, small, tmp_path):
    """Another workflow, elsewhere, that uses this one three times."""
    small["download"]["sites"] = ["http://a.test/{page}", "http://b.test/?q={}"]  # braces are wildcards to Snakemake
    small["rounds"] = 1
    using = type(workflow)(tmp_path / "other")
    using.folder.mkdir()
    (using.folder / "small.json").write_text(json.dumps(small))
    (using.folder / "Snakefile").write_text(OTHER.format(snakefile=workflow.folder / "Snakefile"))
    return using


@pytest.mark.heavy
def test_it_works_as_it_does_by_itself(other, workflow):
    outcome = other.run()
    assert outcome.returncode == 0, outcome.stdout
    for prefix, sums in {"": 4, "first": 4, "second": 1}.items():
        results = other.folder / prefix / "results"
        with open(results / "squares/sums.csv") as file:
            assert len(list(csv.DictReader(file))) == sums
        with open(results / "download/pages.csv") as file:
            assert [row["url"] for row in csv.DictReader(file)] == ["http://a.test/{page}", "http://b.test/?q={}"]
        with open(results / "tables/timings.csv") as file:
            assert {row["error"] for row in csv.DictReader(file)} == {""}
        assert len(told(run(results / "recommended/squares.py", cwd="/"))) == sums
    assert not (workflow.folder / "results").exists()
    assert other.scheduled() == {}


@pytest.mark.heavy
def test_a_precision_is_looked_for_under_the_prefix(other, small):
    small |= {"rounds": 2, "precision": 1e-9, "max_rounds": 3, "squares": {"numbers": []}}
    (other.folder / "small.json").write_text(json.dumps(small))
    outcome = other.run("first/results/tables/timings.csv")
    assert outcome.returncode == 0, outcome.stdout
    assert sorted(path.name for path in (other.folder / "first/results/rounds/download").glob("[0-9]*")) == [
        "1.csv", "2.csv", "3.csv",
    ]  # fmt: skip


def test_live_sites_are_compared_as_the_module_found_them(other, small, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with FaultServer() as server:
        url = f"http://127.0.0.1:{server.listen('127.0.0.1')}/page"
        server.play({"/page": [OK]})
        small["download"] |= {"sites": [url], "source": "live", "live": {"contact": "me@example.org", "robots": False}}
        small |= {"rounds": 1, "squares": {"numbers": []}}
        (other.folder / "small.json").write_text(json.dumps(small))
        outcome = other.run("first/results/tables/timings.csv")
        assert outcome.returncode == 0, outcome.stdout
        assert server.hits["/page"] == 1
    with open(other.folder / "first/results/tables/timings.csv") as file:
        assert {(row["items"], row["error"]) for row in csv.DictReader(file)} == {("1", "")}
    assert not (other.folder / "results").exists()


def test_the_users_files_keep_their_place(other, small):
    (other.folder / "mine.csv").write_text("url\nhttp://a.test/\n")
    (other.folder / "numbers.txt").write_text("7\n8\n")
    small["download"]["sites"], small["squares"]["numbers"] = "mine.csv", "numbers.txt"
    (other.folder / "small.json").write_text(json.dumps(small))
    outcome = other.run("first_job", "job")
    assert outcome.returncode == 0, outcome.stdout
    assert (other.folder / "first/results/squares/sums.csv").read_text() == "number,sum\n7,91\n8,140\n"
    (other.folder / "numbers.txt").write_text("7\n")
    assert other.scheduled("first_job") == {"first_squares": 1, "first_job": 1}
    (other.folder / "timings.csv").write_text("workload,strategy,workers,round,failed,wall_s\n")
    small["extra_timings"] = ["timings.csv"]
    (other.folder / "small.json").write_text(json.dumps(small))
    assert other.scheduled("first_compare")["first_collect"] == 1


def test_kinds_of_hosts_take_a_cluster(other, small):
    small["hosts"] = [{"name": "epyc", "partition": "milan"}]
    (other.folder / "small.json").write_text(json.dumps(small))
    outcome = other.run("first_compare")
    assert outcome.returncode != 0
    assert "hosts: epyc: this job is not on a cluster" in outcome.stdout
    assert not list(other.folder.rglob("rounds/*/*.csv"))
