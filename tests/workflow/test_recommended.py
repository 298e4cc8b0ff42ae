"""The winner as code, as a run of the workflow leaves it."""

import csv
import html
import json
import re
import shlex

import pytest

from concurrency.workloads.download import replay
from concurrency.workloads.download.workload import Download
from helpers.scripts import faults, run, told
from helpers.workflows import SMALL


def table(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_sums_are_those_of_the_job(finished):
    script = finished.folder / "results/recommended/squares.py"
    done = run(script, cwd="/")
    right = {int(row["number"]): int(row["sum"]) for row in table(finished.folder / "results/squares/sums.csv")}
    assert {line["item"]: line["result"] for line in told(done)} == right
    head = script.read_text()
    assert json.loads((finished.folder / "results/tables/verdict.json").read_text())["squares"]["sentence"][:40] in head
    assert "To measure again: snakemake compare --forcerun" in " ".join(head.split())
    assert faults(script.parent) == ""


def test_pages_are_those_of_the_job(finished, tmp_path, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    script = finished.folder / "results/recommended/download.py"
    sites = Download(SMALL["download"]["sites"]).sites
    with replay.serve(sites, seed=1) as urls:
        (tmp_path / "urls.txt").write_text("\n".join(urls))
        done = run(script, "--items", "urls.txt", "--folder", "pages", cwd=tmp_path)
    by_url = {line["item"]: line["result"]["sha256"] for line in told(done)}
    assert [by_url[url] for url in urls] == [
        row["sha256"] for row in table(finished.folder / "results/download/pages.csv")
    ]


def test_the_report_shows_them(finished):
    report = (finished.folder / "results/report.html").read_text()
    assert report.count('<details class="code"') == 2
    assert "recommended/squares.py" in report
    command = re.search(r"<code>snakemake (job --config [^<]*)</code>", report)
    done = finished.run("-n", *shlex.split(html.unescape(command[1])))
    assert done.returncode == 0, done.stdout
    assert "squares" in done.stdout


@pytest.mark.heavy
def test_own_work(workflow, small):
    (workflow.folder / "my {work}.py").write_text("def double(x):\n    return 2 * x\n")
    small["download"]["sites"], small["squares"]["numbers"] = [], []
    strategies = ["sequential", {"threads": {"workers": 2}}]
    small["works"] = {"mine": {"items": [3, 1], "function": "my {work}.py:double", "strategies": strategies}}
    workflow.configure(small)
    outcome = workflow.run()
    assert outcome.returncode == 0, outcome.stdout
    lines = (workflow.folder / "results/mine/results.jsonl").read_text().splitlines()
    right = sorted((line["item"], line["result"]) for line in map(json.loads, lines))
    done = run(workflow.folder / "results/recommended/mine.py", cwd="/")
    assert [(line["item"], line["result"]) for line in told(done)] == right
    assert workflow.scheduled() == {}
