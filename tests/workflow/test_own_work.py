"""A work of the user's own, from the config to its results, the comparison and the report."""

import csv
import json
import os
import sys

import pytest

from helpers.workflows import unwrapped

WORK = """
import asyncio
from contextlib import contextmanager

def cube(n):
    if n == 13:
        raise ValueError("unlucky")
    return n ** 3

def share_of_cube(start, stop):
    return sum(3 * i * i + 3 * i + 1 for i in range(start, stop))

@contextmanager
def opened():
    yield 100

async def fetch(item, opened):
    await asyncio.sleep(0.001)
    return {"of": item, "with": opened}

def parse(came):
    return [came["of"], came["with"] + 1]

def generate(n):
    yield n
"""


def results(workflow, name):
    return [json.loads(line) for line in (workflow.folder / f"results/{name}/results.jsonl").read_text().splitlines()]


@pytest.fixture
def own(workflow, small):
    (workflow.folder / "work.py").write_text(WORK)
    small["download"]["sites"] = []
    small["squares"] = {"numbers": []}
    small["works"] = {
        "cubes": {
            "function": "work.py:cube",
            "split": "work.py:share_of_cube",
            "items": [3, 0, 7],
            "strategies": ["sequential", {"process_pool_ranges": {"workers": 2}}, "asyncio"],
            "job": {"process_pool_ranges": {"workers": 2}},
        }
    }
    workflow.configure(small)
    return workflow


@pytest.mark.heavy
def test_the_job_and_the_comparison_are_of_that_function(own):
    outcome = own.run()
    assert outcome.returncode == 0, outcome.stdout
    assert "cubes: asyncio is left out: runs an `async def`, and this work has no `coroutine`" in unwrapped(
        outcome.stdout
    )
    assert "works.cubes: the job does each item whole; what is measured" in outcome.stdout
    assert [(line["item"], line["result"]) for line in results(own, "cubes")] == [(3, 27), (0, 0), (7, 343)]
    assert all(line["seconds"] >= 0 for line in results(own, "cubes"))
    with open(own.folder / "results/tables/timings.csv") as file:
        rows = list(csv.DictReader(file))
    assert {(row["workload"], row["strategy"], row["failed"], row["error"]) for row in rows} == {
        ("cubes", "sequential", "0", ""),
        ("cubes", "process_pool_ranges", "0", ""),
    }
    report = (own.folder / "results/report.html").read_text()
    assert "asyncio: runs an `async def`" in report
    # the file is watched, and what it imports: after an edit everything is done again
    (own.folder / "work.py").write_text("# only a comment\n" + WORK)
    assert own.scheduled() == {}
    (own.folder / "work.py").write_text("import helper\n" + WORK)
    assert {"do", "measure"} <= set(own.scheduled())
    (own.folder / "helper.py").write_text("")
    assert own.run().returncode == 0
    assert own.scheduled() == {}
    (own.folder / "helper.py").write_text("CHANGED = True\n")
    assert {"do", "measure"} <= set(own.scheduled())


@pytest.mark.heavy
def test_a_coroutine_what_it_opens_and_what_comes_then(own, small):
    small["works"] = {
        "pages": {
            "coroutine": "work.py:fetch",
            "open": "work.py:opened",
            "then": "work.py:parse",
            "items": ["a", "b", "a"],
            "job": "asyncio_then_processes",
        }
    }
    own.configure(small)
    outcome = own.run()
    assert outcome.returncode == 0, outcome.stdout
    assert [line["result"] for line in results(own, "pages")] == [["a", 101], ["b", 101], ["a", 101]]
    with open(own.folder / "results/tables/timings.csv") as file:
        rows = list(csv.DictReader(file))
    assert {(row["strategy"], row["error"]) for row in rows} == {
        (name, "") for name in ("sequential", "asyncio", "asyncio_then_threads", "asyncio_then_processes")
    }


@pytest.mark.heavy
def test_one_line_on_a_terminal(workflow, small):
    (workflow.folder / "work.py").write_text("def size(path):\n    return len(open(path).read())\n")
    for name in ("a.txt", "b.txt"):
        (workflow.folder / name).write_text(name * 3)
    workflow.configure(small)
    place = "function=work.py:size"
    outcome = workflow.run("--config", place, "items=*.txt", "rounds=2", "explain=false")
    assert outcome.returncode == 0, outcome.stdout
    assert results(workflow, "size") == [
        {"item": name, "seconds": line["seconds"], "result": 15}
        for name, line in zip(("a.txt", "b.txt"), results(workflow, "size"), strict=True)
    ]
    assert not (workflow.folder / "results/download").exists()
    (workflow.folder / "c.txt").write_text("new")
    assert {"do", "measure"} <= set(workflow.scheduled("--config", place, "items=*.txt", "rounds=2", "explain=false"))


def test_failures_are_rows_and_are_done_again(own, small):
    small["works"]["cubes"] |= {"items": [3, 13, 2], "strategies": [], "job": "threads"}
    del small["works"]["cubes"]["split"]
    own.configure(small)
    job = own.run("job")
    assert job.returncode != 0
    assert "works.cubes: 1 of 3 items failed" in job.stdout
    assert "13: ValueError: unlucky" in job.stdout
    assert "Traceback" not in job.stdout
    small["works"]["cubes"]["max_failures"] = 1
    own.configure(small)
    assert own.run("job").returncode == 0
    first, failed, last = results(own, "cubes")
    assert (first["result"], last["result"]) == (27, 8)
    assert (failed["item"], failed["error"], failed["message"]) == (13, "ValueError", "unlucky")
    assert "raise ValueError" in failed["traceback"]


@pytest.mark.heavy
def test_a_function_that_raises_is_told_by_the_report(own, small):
    small["works"]["cubes"]["items"] = [3, 13]
    small["works"]["cubes"]["strategies"] = ["sequential", {"process_pool": {"workers": 2}}]
    own.configure(small)
    compared = own.run("compare")
    assert compared.returncode == 0, compared.stdout
    verdict = json.loads((own.folder / "results/tables/verdict.json").read_text())
    assert "every arm failed" in verdict["cubes"]["sentence"]
    assert "ValueError: unlucky" in (own.folder / "results/report.html").read_text()


@pytest.mark.heavy
def test_where_nothing_can_be_noted_one_line_says_so(own):
    state = own.folder / "results/cubes/state"
    state.parent.mkdir(parents=True)
    state.write_text("")
    outcome = own.run("job")
    assert outcome.returncode != 0
    assert f"{state.relative_to(own.folder)}: File exists; put that right" in outcome.stdout
    assert "Traceback" not in outcome.stdout


def test_an_item_that_ends_its_process_is_a_row(own, small):
    (own.folder / "work.py").write_text(
        "import os, signal\n\ndef f(n):\n    if n == 5:\n        os.kill(os.getpid(), signal.SIGKILL)\n    return n\n"
    )
    small["works"] = {"f": {"function": "work.py:f", "items": {"start": 0, "count": 40}, "strategies": []}}
    small["works"]["f"]["max_failures"] = 1
    own.configure(small)
    outcome = own.run("job")
    assert outcome.returncode == 0, outcome.stdout
    lines = results(own, "f")
    assert [line.get("result") for line in lines] == [None if n == 5 else n for n in range(40)]
    assert (lines[5]["error"], lines[5]["message"]) == ("Died", "its process was ended by SIGKILL")


@pytest.mark.heavy
def test_a_stand_in_spares_whoever_is_asked(own, small):
    (own.folder / "work.py").write_text(
        "import asyncio\n\nasync def ask(n):\n    open('asked', 'a').write(f'{n} ')\n    await asyncio.sleep(0.03)\n"
        "    return {n}\n\ndef parse(came):\n    open('parsed', 'a').write('x')\n    return sum(came)\n"
    )
    small["rounds"] = 5
    small["works"] = {
        "ask": {
            "coroutine": "work.py:ask",
            "then": "work.py:parse",
            "items": {"start": 0, "count": 6},
            "source": "profile",
            "strategies": ["sequential", {"asyncio": {"workers": 6}}, "asyncio_then_processes"],
        }
    }
    own.configure(small)
    outcome = own.run("compare")
    assert outcome.returncode == 0, outcome.stdout
    assert (own.folder / "asked").read_text() == "0 1 2 3 4 5 "
    assert len((own.folder / "parsed").read_text()) >= 6 * 5 * 3
    verdict = json.loads((own.folder / "results/tables/verdict.json").read_text())["ask"]
    assert "Measured on a stand-in" in verdict["sentence"]
    with open(own.folder / "results/tables/summary.csv") as file:
        rows = {row["strategy"]: row for row in csv.DictReader(file)}
    assert not any(row["failed"] != "0" for row in rows.values())
    assert float(rows["asyncio"]["speedup"]) > 1.5  # six waits of 30 ms at once


def test_libraries_may_have_as_many_threads_as_the_user_says(own, small):
    (own.folder / "work.py").write_text("import os\n\ndef f(name):\n    return os.environ.get(name)\n")
    items = ["OMP_NUM_THREADS", "MKL_NUM_THREADS"]
    small["works"] = {"f": {"function": "work.py:f", "items": items, "strategies": []}}
    own.configure(small)
    assert own.run("job", OMP_NUM_THREADS="3").returncode == 0
    assert [line["result"] for line in results(own, "f")] == ["3", None]


@pytest.mark.heavy
def test_the_job_as_recommended(own, small):
    (own.folder / "work.py").write_text("import time\n\ndef rest(n):\n    time.sleep(0.05)\n    return n\n")
    small["rounds"] = 5
    small["works"] = {
        "rests": {
            "function": "work.py:rest",
            "items": {"start": 0, "count": 8},
            "strategies": ["sequential", {"threads": {"workers": 8}}],
            "job": "recommended",
        }
    }
    own.configure(small)
    outcome = own.run()
    assert outcome.returncode == 0, outcome.stdout
    assert "8 items done by threads with 8 workers" in (own.folder / "results/logs/do/rests.log").read_text()
    with open(own.folder / "results/tables/summary.csv") as file:
        assert [row["flags"] for row in csv.DictReader(file)] == ["", ""]
    reasons = json.loads((own.folder / "results/tables/verdict.json").read_text())["rests"]["reasons"]
    assert not any("had no core" in reason for reason in reasons)
    os.utime(own.folder / "results/tables/verdict.json")
    assert "do" not in own.scheduled()


@pytest.mark.parametrize(
    ("works", "line"),
    [
        (
            {"a": {"items": [1], "function": "work.py"}},
            "works.a.function: expected path/to/file.py:name, not 'work.py'",
        ),
        ({"a": {"items": [1], "function": "nothing.py:f"}}, "works.a.function: there is no file nothing.py"),
        ({"a": {"items": [1]}}, "works.a: give what is done for each item: `function` (a def) or `coroutine`"),
        (
            {"a": {"function": "work.py:cube"}},
            "works.a.items: is missing; give a list, a file, a pattern such as photos/*.jpg",
        ),
        (
            {"a": {"items": [1], "coroutine": "work.py:fetch", "split": "work.py:share_of_cube"}},
            "works.a.split: it does a share of what `function` does; give that too",
        ),
        ({"a": {"items": [1], "function": "work.py:cube", "timeout_s": 0}}, "works.a.timeout_s: must be more than 0"),
        ({"a": {"items": "none.csv", "function": "work.py:cube"}}, "works.a.items: there is no file none.csv"),
        ({"a": {"items": "*.no", "function": "work.py:cube"}}, "works.a.items: no file is called like *.no"),
        (
            {"a": {"items": [1], "function": "work.py:cube", "job": "asyncio"}},
            "works.a.job: asyncio: runs an `async def`",
        ),
        (
            {"a": {"items": [1], "function": "work.py:cube", "itmes": 1}},
            "works.a.itmes: unknown key; did you mean items?",
        ),
        ({"tables": {"items": [1], "function": "work.py:cube"}}, "works.tables: the name stands for something else"),
        ({"A b": {"items": [1], "function": "work.py:cube"}}, "works.'A b': a work's name is made of small letters"),
    ],
)
def test_a_bad_setting_is_one_line(own, small, works, line):
    small["works"] = works
    own.configure(small)
    outcome = own.run("--dry-run")
    assert outcome.returncode != 0
    assert f"config.yaml: {line}" in outcome.stdout


@pytest.mark.parametrize(
    ("work", "line"),
    [
        ({"function": "work.py:fetch"}, "work.py:fetch is an `async def`; give it as `coroutine`"),
        ({"coroutine": "work.py:cube"}, "work.py:cube is no `async def`; give it as `function`"),
        ({"function": "work.py:generate"}, "work.py:generate is a generator"),
        ({"function": "work.py:nothing"}, "work.py: there is no nothing in it"),
    ],
)
def test_what_is_not_what_it_is_given_as(own, small, work, line):
    small["works"] = {"a": {"items": [1], "strategies": [], **work}}
    own.configure(small)
    outcome = own.run("job")
    assert outcome.returncode != 0
    assert line in outcome.stdout
    assert "Traceback" not in outcome.stdout


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
        assert "squares: interpreter_pool is left out: needs Python 3.14" in unwrapped(outcome.stdout)


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["notebook", "all"])
def test_the_shipped_configurations_run_to_a_report(workflow, name):
    fewer = ('squares={"numbers": [20000, 30000]}', 'download={"sites": ["http://a.test/", "http://b.test/"]}')
    configuration = workflow.folder / "configs" / f"{name}.yaml"
    shorter = ("rounds=1", "screening_rounds=1", "explain=false")
    outcome = workflow.run("--configfile", str(configuration), "--config", *shorter, *fewer)
    assert outcome.returncode == 0, outcome.stdout
    with open(workflow.folder / "results/tables/timings.csv") as file:
        rows = list(csv.DictReader(file))
    assert [(row["strategy"], row["error"]) for row in rows if row["failed"] != "0"] == []
    assert len(rows) >= 18
    assert (workflow.folder / "results/report.html").exists()
