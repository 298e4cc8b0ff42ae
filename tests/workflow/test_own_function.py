"""A function of the user's own in place of the sum of squares, from the config to the report."""

import csv
import errno
import json
import os
import runpy
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from concurrency import files

WORK = """
def cube(n):
    if n == 13:
        raise ValueError("unlucky")
    return n ** 3

def share_of_cube(start, stop):
    if start <= 12 < stop:
        raise ValueError("unlucky")
    return sum(3 * i * i + 3 * i + 1 for i in range(start, stop))
"""


@pytest.fixture
def own(workflow, small):
    (workflow.folder / "work.py").write_text(WORK)
    small["download"]["sites"] = []
    small["squares"] = {
        "function": "work.py:cube",
        "split": "work.py:share_of_cube",
        "numbers": [3, 0, 7],
        "strategies": ["sequential", {"process_pool_ranges": {"workers": 2}}, "closed_form"],
    }
    workflow.configure(small)
    return workflow


def test_the_job_and_the_comparison_are_of_that_function(own):
    outcome = own.run()
    assert outcome.returncode == 0, outcome.stdout
    assert "squares: closed_form is left out: computes the sum of squares only, not your function" in outcome.stdout
    assert (own.folder / "results/squares/sums.csv").read_text() == "number,sum\n3,27\n0,0\n7,343\n"
    with open(own.folder / "results/tables/timings.csv") as file:
        rows = list(csv.DictReader(file))
    assert {(row["strategy"], row["failed"], row["error"]) for row in rows} == {
        ("sequential", "0", ""),
        ("process_pool_ranges", "0", ""),
    }
    report = (own.folder / "results/report.html").read_text()
    assert "closed_form: computes the sum of squares only" in report
    # the file is watched, and what it imports: after an edit everything is done again
    (own.folder / "work.py").write_text("# only a comment\n" + WORK)
    assert own.scheduled() == {}
    (own.folder / "work.py").write_text("import helper\n" + WORK)
    assert {"squares", "measure"} <= set(own.scheduled())
    (own.folder / "helper.py").write_text("")
    assert own.run().returncode == 0
    assert own.scheduled() == {}
    (own.folder / "helper.py").write_text("CHANGED = True\n")
    assert {"squares", "measure"} <= set(own.scheduled())


def test_a_function_that_raises_is_told_by_the_job_and_by_the_report(own, small):
    small["squares"]["numbers"] = [3, 13]
    small["squares"]["strategies"] = ["sequential", {"process_pool": {"workers": 2}}]
    own.configure(small)
    job = own.run("job")
    assert job.returncode != 0
    assert "work.py:cube: ValueError: unlucky, after 1 of 2 numbers" in job.stdout
    assert "Traceback" not in job.stdout
    compared = own.run("compare")
    assert compared.returncode == 0, compared.stdout
    assert (
        "every arm failed"
        in json.loads((own.folder / "results/tables/verdict.json").read_text())["squares"]["sentence"]
    )
    assert "ValueError: unlucky" in (own.folder / "results/report.html").read_text()


@pytest.mark.heavy
def test_a_function_that_waits_is_not_held_against_the_machine(workflow, small):
    (workflow.folder / "work.py").write_text("import time\n\ndef rest(n):\n    time.sleep(0.05)\n    return n\n")
    small["download"]["sites"] = []
    small["rounds"] = 3
    small["squares"] = {
        "function": "work.py:rest",
        "numbers": {"start": 0, "count": 8},
        "strategies": ["sequential", {"threads": {"workers": 8}}],
    }
    workflow.configure(small)
    outcome = workflow.run("compare")
    assert outcome.returncode == 0, outcome.stdout
    with open(workflow.folder / "results/tables/summary.csv") as file:
        assert [row["flags"] for row in csv.DictReader(file)] == ["", ""]
    reasons = json.loads((workflow.folder / "results/tables/verdict.json").read_text())["squares"]["reasons"]
    assert not any("had no core" in reason for reason in reasons)


def test_what_is_not_the_functions_fault_is_not_blamed_on_it(tmp_path, monkeypatch):
    class FullDisk:
        def write(self, text):
            if "number" not in text:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "mine.py").write_text(WORK)
    monkeypatch.setattr(files, "writing", lambda _: nullcontext(FullDisk()))
    params = SimpleNamespace(
        numbers=[3, 0, 7], function=f"{tmp_path}/mine.py:cube", split=None, start_method="forkserver"
    )
    script = runpy.run_path(str(Path(__file__).parents[2] / "scripts/squares.py"))
    with pytest.raises(OSError, match="No space left on device"):
        script["main"](SimpleNamespace(params=params, wildcards={}, threads=1, output=["sums.csv"]))


@pytest.mark.parametrize(
    ("squares", "line"),
    [
        ({"function": "work.py"}, "squares.function: expected path/to/file.py:name, not 'work.py'"),
        ({"function": "nothing.py:f"}, "squares.function: there is no file nothing.py"),
        ({"split": "work.py:share_of_cube"}, "squares.split: it divides the work of squares.function; give that too"),
        ({"timeout_s": 0}, "squares.timeout_s: must be more than 0, not 0"),
    ],
)
def test_a_bad_setting_is_one_line(workflow, small, squares, line):
    (workflow.folder / "work.py").write_text(WORK)
    small["squares"] |= squares
    workflow.configure(small)
    outcome = workflow.run("--dry-run")
    assert outcome.returncode != 0
    assert f"config.yaml: {line}" in outcome.stdout


@pytest.mark.heavy
def test_algorithms_are_shown_apart_and_never_recommended(workflow, small):
    small["download"]["sites"] = []
    small["rounds"] = 5
    small["squares"]["strategies"] = [
        "sequential",
        "closed_form",
        "numpy",
        {"threads": {"workers": 2}},
        "interpreter_pool",
    ]
    workflow.configure(small)
    outcome = workflow.run()
    assert outcome.returncode == 0, outcome.stdout
    verdict = json.loads((workflow.folder / "results/tables/verdict.json").read_text())["squares"]
    assert verdict["strategy"] in ("sequential", "threads", "interpreter_pool")
    assert not any(name in verdict["sentence"] for name in ("closed_form", "numpy"))
    with open(workflow.folder / "results/tables/summary.csv") as file:
        rows = {row["strategy"]: row for row in csv.DictReader(file)}
    assert rows["closed_form"]["best"] == rows["numpy"]["best"] == "False"
    assert float(rows["closed_form"]["speedup"]) > 0
    report = (workflow.folder / "results/report.html").read_text()
    assert "Before you parallelise" in report
    assert report.index("Before you parallelise") < report.index(">closed_form<")
    assert "closed_form" not in (workflow.folder / "results/plots/squares_comparison.svg").read_text()
    if sys.version_info < (3, 14):
        assert "interpreter_pool: needs Python 3.14" in report
        assert "squares: interpreter_pool is left out: needs Python 3.14" in outcome.stdout


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["notebook", "all"])
def test_the_shipped_configurations_run_to_a_report(workflow, name):
    smaller = '{"numbers": [20000, 30000]}'
    configuration = workflow.folder / "configs" / f"{name}.yaml"
    outcome = workflow.run("--configfile", str(configuration), "--config", "rounds=1", f"squares={smaller}")
    assert outcome.returncode == 0, outcome.stdout
    with open(workflow.folder / "results/tables/timings.csv") as file:
        rows = list(csv.DictReader(file))
    assert [(row["strategy"], row["error"]) for row in rows if row["failed"] != "0"] == []
    assert len(rows) >= 18
    assert (workflow.folder / "results/report.html").exists()
