"""`snakemake map`, as a user would run it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from helpers import maps
from helpers.workflows import SMALL, Workflow, unwrapped

BRIEF = {**SMALL, "map": {"minutes": 0.1}}  # so short that only what is always done is done
JOURNAL = "results/rounds/map/journal.jsonl"


@pytest.fixture
def workflow(tmp_path) -> Workflow:
    workflow = Workflow(tmp_path / "w")
    workflow.install()
    workflow.configure(BRIEF)
    return workflow


def table_of(workflow):
    with (workflow.folder / "results/tables/map.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_map_alone_asks_for_nothing_that_is_compared(workflow):
    assert workflow.scheduled("map") == {"survey": 1, "plot_map": 1, "map": 1}
    assert not {"survey", "locate", "plot_map"} & set(workflow.scheduled())


def test_a_map_that_is_there_comes_into_the_report(workflow):
    (workflow.folder / "results/tables").mkdir(parents=True)
    maps.table().to_csv(workflow.folder / "results/tables/map.csv", index=False)
    assert {"locate", "plot_map"} <= set(workflow.scheduled())
    assert "survey" not in workflow.scheduled()


@pytest.mark.heavy
def test_it_is_surveyed_and_works_are_found_on_it_when_they_are_measured(workflow):
    done = workflow.run("map")
    assert done.returncode == 0, done.stdout
    rows = table_of(workflow)
    places = {(row["waiting"], row["computing"]) for row in rows}
    assert len(places) == 8
    assert sum(row["recommended"] == "True" for row in rows) == 8
    assert {"how", "gain_low", "setup_s"} <= set(rows[0])
    assert "Surveying the map: up to 0.1 min." in done.stdout
    assert "map: results/plots/map.svg" in done.stdout
    assert "\r" not in done.stdout  # a log keeps lines, no bar
    assert not (workflow.folder / "results/report.html").exists()

    (workflow.folder / "work.py").write_text("def total(n):\n    return sum(range(n))\n")
    items = [10_000, 20_000, 900_000]
    workflow.configure(
        {**BRIEF, "works": {"mine": {"function": "work.py:total", "items": items, "strategies": ["threads"]}}}
    )
    done = workflow.run()
    assert done.returncode == 0, done.stdout
    located = json.loads((workflow.folder / "results/tables/located.json").read_text())
    assert {one["workload"] for one in located} == {"download", "download_fast", "squares", "mine"}
    report = (workflow.folder / "results/report.html").read_text()
    assert "Where your work lies" in report
    assert located[0]["sentence"] in report.replace("&#39;", "'").replace("&#34;", '"')
    assert ">Sums of squares</text>" in (workflow.folder / "results/plots/map.svg").read_text()
    assert workflow.scheduled() == workflow.scheduled("map", "all") == {}
    longer = ["--config", "map={minutes: 0.2}"]
    assert "survey" not in workflow.scheduled("all", *longer)  # who asks for no map gets no other
    assert workflow.scheduled("map", *longer)["survey"] == 1
    anew = unwrapped(workflow.run("results/tables/located.json", "--config", "seed=5").stdout)
    assert "The map that is there is surveyed anew: up to 0.1 min; without it: rm results/tables/map.csv" in anew


@pytest.mark.heavy
def test_a_killed_survey_goes_on_where_it_was(workflow):
    journal = workflow.folder / JOURNAL
    running = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "2", "map"],
        cwd=workflow.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    give_up = time.monotonic() + 60
    while not (journal.exists() and journal.read_text().count('"sweep"') >= 3) and time.monotonic() < give_up:
        time.sleep(0.1)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    time.sleep(2)  # its job sees that it has ended
    known = journal.read_text().rpartition("\n")[0]
    assert known.count('"sweep"') >= 3
    done = workflow.run("map")
    assert done.returncode == 0, done.stdout
    assert journal.read_text().startswith(known)
    assert len({(row["waiting"], row["computing"]) for row in table_of(workflow)}) == 8
