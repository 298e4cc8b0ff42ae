"""Who does the sums: processes that share even a single number, a strategy that is named, or the recommended one."""

import csv
import json
import os

import pytest


def sums(folder):
    with open(folder / "results/squares/sums.csv") as file:
        return {int(row["number"]): int(row["sum"]) for row in csv.DictReader(file)}


def said(folder):
    return (folder / "results/logs/squares.log").read_text()


@pytest.fixture
def three(workflow, small):
    small["download"]["sites"] = []
    small["squares"] |= {"numbers": [10, 0, 50_000]}
    return workflow


RIGHT = {10: 285, 0: 0, 50_000: 49_999 * 50_000 * 99_999 // 6}


@pytest.mark.parametrize(
    ("job", "by"),
    [
        (None, "3 sums by 2 processes"),
        ({"threads": {"workers": 3}}, "3 sums by threads with 3 workers"),
        ("asyncio", "3 sums by asyncio with 1 workers"),
        ("closed_form", "3 sums by closed_form with 1 workers"),
    ],
)
def test_by_what_is_named(three, small, job, by):
    small["squares"]["job"] = job
    three.configure(small)
    outcome = three.run("job")
    assert outcome.returncode == 0, outcome.stdout
    assert sums(three.folder) == RIGHT
    assert by in said(three.folder)


@pytest.mark.heavy
def test_by_what_is_recommended_once(three, small):
    small["rounds"] = 3
    small["squares"] |= {"job": "recommended", "strategies": ["sequential", {"process_pool": {"workers": [2]}}]}
    three.configure(small)
    outcome = three.run()
    assert outcome.returncode == 0, outcome.stdout
    verdict = json.loads((three.folder / "results/tables/verdict.json").read_text())["squares"]
    assert f"3 sums by {verdict['strategy']} with {verdict['workers']} workers" in said(three.folder)
    assert sums(three.folder) == RIGHT
    os.utime(three.folder / "results/tables/verdict.json")
    assert "squares" not in three.scheduled()


@pytest.mark.parametrize(
    ("squares", "line"),
    [
        ({"job": "thraeds"}, "squares.job: there is no strategy 'thraeds'"),
        ({"job": "threads", "shards": 2}, "squares.job: a shard's share of the numbers is done by processes"),
        (
            {"job": "recommended", "strategies": []},
            "squares.job: `strategies` has nothing to compare, so that nothing is recommended",
        ),
    ],
)
def test_a_job_that_cannot_be_is_one_line(three, small, squares, line):
    small["squares"] |= squares
    three.configure(small)
    outcome = three.run("-n")
    assert outcome.returncode != 0
    assert line in outcome.stdout
    assert "Traceback" not in outcome.stdout
