"""`workers: auto`: how many are worth measuring is found first, in rounds that count for nothing else."""

import json
from contextlib import contextmanager

import pandas as pd
import pytest

from helpers.workflows import Workflow, unwrapped

AUTO = {
    "download": {"sites": []},
    "squares": {
        "numbers": {"start": 1000, "count": 4},
        "strategies": ["sequential", "asyncio", "threads", {"process_pool": {"workers": "auto"}}],
        "job": "recommended",
    },
    "rounds": 2,
    "screening_rounds": 2,
    "finalists": 3,
    "explain": False,
}


@pytest.fixture(scope="module")
def screened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("screened") / "workflow"
    workflow = Workflow(folder)
    workflow.install()
    workflow.configure(AUTO)
    run = workflow.run()
    assert run.returncode == 0, run.stdout
    return workflow, run.stdout


@contextmanager
def configured(workflow, change):
    """With this much of its configuration changed."""
    workflow.configure(AUTO | change)
    try:
        yield
    finally:
        workflow.configure(AUTO)


def arms(rows):
    return set(zip(rows["strategy"], rows["workers"], strict=True))


def test_ladders_are_climbed_in_rounds_that_count_for_nothing(screened):
    workflow, said = screened
    assert "Looking for how many workers squares may need, then measuring 2 × squares: about" in said
    timings = pd.read_csv(workflow.folder / "results/tables/timings.csv")
    screening, rounds = timings[timings["screening"]], timings[~timings["screening"]]
    assert {("sequential", 1), ("asyncio", 1), ("threads", 1), ("threads", 2), ("process_pool", 2)} <= arms(screening)
    assert set(screening["round"]) == {1, 2}
    assert (screening["failed"] == 0).all()
    finalists = json.loads((workflow.folder / "results/rounds/squares/finalists.json").read_text())
    named = {(arm["strategy"], arm["workers"]) for arm in finalists["arms"]["squares"]}
    assert len(named) <= 4
    assert ("sequential", 1) in named
    assert arms(rounds) == named
    assert rounds["control"].sum() == 2
    summary = pd.read_csv(workflow.folder / "results/tables/summary.csv")
    assert arms(summary) == named
    assert set(summary["rounds"]) == {2}


def test_the_job_is_done_by_what_is_recommended_of_what_was_found(screened):
    workflow, _ = screened
    verdict = json.loads((workflow.folder / "results/tables/verdict.json").read_text())["squares"]
    said = (workflow.folder / "results/logs/squares.log").read_text()
    assert f"4 sums by {verdict['strategy']} with {verdict['workers']} workers" in said


def test_more_rounds_do_not_screen_again(screened):
    workflow, _ = screened
    assert workflow.scheduled() == {}
    jobs = workflow.scheduled("--config", "rounds=4")
    assert jobs["measure"] == 2
    assert "screen" not in jobs


@pytest.mark.parametrize(
    "change",
    [{"seed": 2}, {"finalists": 2}, {"screening_rounds": 1}],
    ids=str,
)
def test_what_screening_depends_on_screens_again(screened, change):
    workflow, _ = screened
    with configured(workflow, change):
        jobs = workflow.scheduled()
    assert (jobs["screen"], jobs["measure"]) == (1, 2)


def test_what_is_worthwhile_decides_again_on_what_was_measured(screened):
    workflow, _ = screened
    jobs = workflow.scheduled("--config", "worthwhile=0.2")
    assert jobs["analyse"] == 1
    assert not {"screen", "measure"} & set(jobs)


def test_an_edited_strategy_screens_again(screened):
    workflow, _ = screened
    path = workflow.folder / "scripts/concurrency/strategies/threads.py"
    before = path.read_text()
    path.write_text(before + "\nEDITED = True\n")
    try:
        jobs = workflow.scheduled()
        assert (jobs["screen"], jobs["measure"]) == (1, 2)
    finally:
        path.write_text(before)


def test_given_counts_are_not_screened(screened):
    workflow, _ = screened
    given = {"strategies": ["sequential", "asyncio", {"threads": {"workers": [1, 2]}}]}
    with configured(workflow, {"squares": AUTO["squares"] | given}):
        assert "screen" not in workflow.scheduled()


def test_other_cores_than_those_of_the_screening_are_told_in_one_line(screened):
    workflow, _ = screened
    run = workflow.run("--config", "rounds=3", cores=1)
    assert run.returncode != 0
    assert (
        "squares: how many workers to measure was found on 2 cores, and here are 1; give --cores 2, or find it anew: "
        "snakemake --forcerun screen"
    ) in run.stdout
    assert "Traceback" not in run.stdout
    assert "Exception" not in run.stdout  # it is said before anything is begun


HANGS = """
import time

running = []

def f(item):
    running.append(item)
    if len(running) > 2:
        time.sleep(60)
    time.sleep(0.02)
    running.remove(item)
    return item
"""


@pytest.mark.heavy
def test_a_rung_that_hangs_is_tried_once_and_no_finalist(workflow):
    workflow.configure(
        {
            "download": {"sites": []},
            "squares": {"numbers": []},
            "works": {
                "w": {
                    "items": {"start": 1, "count": 8}, "function": "own.py:f", "strategies": ["threads"],
                    "timeout_s": 3, "job": "sequential",
                }
            },
            "rounds": 2,
            "explain": False,
        }
    )  # fmt: skip
    (workflow.folder / "own.py").write_text(HANGS)
    run = workflow.run()
    assert run.returncode == 0, run.stdout
    timings = pd.read_csv(workflow.folder / "results/tables/timings.csv", keep_default_na=False)
    hung = timings[timings["error"] != ""]
    assert set(hung["error"]) == {"no result within 3 s (works.w.timeout_s)"}
    assert sorted(hung["workers"]) == [4, 8]
    assert set(hung["screening"].astype(str)) == {"True"}
    assert "threads with 2 workers" in unwrapped(run.stdout)
    assert "4 workers and 8 workers failed" not in run.stdout


@pytest.mark.heavy
def test_where_every_rung_fails_there_is_one_by_one_and_the_reason(workflow):
    workflow.configure(
        {
            "download": {"sites": []},
            "squares": {"numbers": []},
            "works": {
                "w": {"items": [1, 2, 3], "function": "own.py:f", "strategies": ["threads"], "job": "sequential"}
            },
            "rounds": 2,
            "explain": False,
        }
    )
    (workflow.folder / "own.py").write_text(
        "import threading\n\ndef f(item):\n    assert threading.current_thread() is threading.main_thread()\n"
    )
    run = workflow.run()
    assert run.returncode == 0, run.stdout
    assert "threads failed wherever it was tried" in unwrapped(run.stdout)
    report = (workflow.folder / "results/report.html").read_text()
    assert "AssertionError" in report
