"""The job of a work of one's own: what may not get lost, whatever the function does, and what is done anew."""

import json
import sqlite3

import pytest

WORK = """
import asyncio, os, sqlite3, subprocess, sys
from contextlib import contextmanager
from pathlib import Path

def goes_away(n):
    os.chdir("/")
    return n

async def calls_itself_off(n):
    if n == 1:
        asyncio.current_task().cancel()
        await asyncio.sleep(0)
    return n

@contextmanager
def database():
    connection = sqlite3.connect("written.db")
    connection.execute("create table if not exists t (n)")
    yield connection
    connection.commit()

def insert(n, connection):
    connection.execute("insert into t values (?)", (n,))

def maps(n):
    return {n: "number", str(n): "text"}

def other_python(n):
    code = "import os; print(os.environ.get('PYTHONPATH'))"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

def size(path):
    with open("asked", "a") as asked:
        asked.write(path + " ")
    return len(Path(path).read_text())

def double(path):
    return 2 * len(Path(path).read_text())

async def holds_the_loop(n):
    while n == 3:
        pass
    return n

def hangs(n):
    with open("asked", "a") as asked:
        asked.write(f"{n} ")
    while n == 3:
        pass
    return n
"""


@pytest.fixture
def own(workflow, small):
    (workflow.folder / "work.py").write_text(WORK)
    small["download"]["sites"] = []
    small["squares"] = {"numbers": []}
    return workflow


def results(own, name):
    return [json.loads(line) for line in (own.folder / f"results/{name}/results.jsonl").read_text().splitlines()]


def test_nothing_gets_lost(own, small):
    common = {"items": [0, 1, 2], "strategies": [], "max_failures": 3}
    small["works"] = {
        "goes": common | {"function": "work.py:goes_away"},
        "calls": common | {"coroutine": "work.py:calls_itself_off"},
        "inserts": common | {"function": "work.py:insert", "open": "work.py:database", "job": "sequential"},
        "maps": common | {"function": "work.py:maps"},
        "others": common | {"function": "work.py:other_python"},
    }
    own.configure(small)
    outcome = own.run("job", PYTHONPATH="/users/own")
    assert outcome.returncode == 0, outcome.stdout
    assert [line.get("result") for line in results(own, "goes")] == [0, 1, 2]
    assert [line.get("result", line.get("error")) for line in results(own, "calls")] == [0, "CancelledError", 2]
    assert sqlite3.connect(own.folder / "written.db").execute("select n from t").fetchall() == [(0,), (1,), (2,)]
    assert {line["error"] for line in results(own, "maps")} == {"NotJSON"}
    assert (own.folder / "results/maps/failed.jsonl").read_text().count("a key, '0', is no text") == 1
    assert {line["result"] for line in results(own, "others")} == {"/users/own"}


def test_what_has_changed_is_done_again_and_nothing_else(own, small):
    for name in ("a", "b"):
        (own.folder / f"{name}.txt").write_text(name)
    small["works"] = {"sizes": {"items": "*.txt", "function": "work.py:size", "strategies": []}}
    own.configure(small)
    assert own.run("job").returncode == 0
    (own.folder / "b.txt").write_text("longer")
    assert own.run("job").returncode == 0
    assert [line["result"] for line in results(own, "sizes")] == [1, 6]
    assert sorted((own.folder / "asked").read_text().split()) == ["a.txt", "b.txt", "b.txt"]
    small["works"]["sizes"]["function"] = "work.py:double"
    own.configure(small)
    assert own.run("job").returncode == 0
    assert [line["result"] for line in results(own, "sizes")] == [2, 12]


def test_what_hangs_is_a_failed_line_of_the_job_and_of_what_is_recorded(own, small):
    common = {"items": [1, 2, 3, 4], "timeout_s": 1.5}
    small["works"] = {
        "fetched": common | {"coroutine": "work.py:holds_the_loop", "strategies": [], "max_failures": 1},
        "recorded": common | {"function": "work.py:hangs", "source": "profile", "strategies": ["sequential"]},
    }
    own.configure(small)
    stopped = own.run("--keep-going", "results/fetched/results.jsonl", "results/recorded/profile.pickle")
    assert stopped.returncode != 0
    told = "TimedOut: no answer within 1.5 s (works.{}.timeout_s)"
    assert f"3: {told.format('fetched')}" in stopped.stdout
    assert f"works.recorded: one by one: item 3: {told.format('recorded')}" in stopped.stdout
    assert "Traceback" not in stopped.stdout
    done = results(own, "fetched")
    assert [line.get("result") for line in done] == [1, 2, None, 4]
    assert done[2]["seconds"] > common["timeout_s"] > done[1]["seconds"]
    small["works"]["recorded"]["max_failures"] = 1
    own.configure(small)
    outcome = own.run("results/recorded/profile.pickle")
    assert outcome.returncode == 0, outcome.stdout
    assert (own.folder / "asked").read_text() == "1 2 3 4 3 "  # no more often, as it may be somebody else's service
    assert not (own.folder / "results/recorded/recording").exists()
