"""Each example runs as its page says, and gives the answer that its construction dictates, by intervals.

No two cores, no such answer: where others kept one busy, or where both together compute hardly more than one, as two
threads of one core do, nothing may contradict it.
"""

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from helpers.workflows import ROOT

pytestmark = pytest.mark.timeout(900)  # up to three runs

EXAMPLES = ROOT / "examples"
PROCESSES = {"process_pool", "processes_asyncio", "asyncio_then_processes"}


@pytest.fixture
def example(workflow, request):
    """The example's files in a folder of the workflow's, prepared, and the workflow run there."""
    folder = workflow.folder / "examples" / request.param
    shutil.copytree(
        EXAMPLES / request.param, folder,
        ignore=shutil.ignore_patterns("results", "logs", "photos", "thumbnails", ".snakemake", "__pycache__"),
    )  # fmt: skip
    if (folder / "prepare.py").exists():
        subprocess.run([sys.executable, folder / "prepare.py"], check=True)
    return folder


@contextmanager
def api(folder):
    """The server of the example, if it has one: the environment in which it is found."""
    if not (folder / "server.py").exists():
        yield {}
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, folder / "server.py", str(port)])
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            time.sleep(0.1)
        yield {"API": f"http://127.0.0.1:{port}"}
    finally:
        server.kill()
        server.wait()


def answers(workflow, folder, best, others, by, room):
    """Run the example. One of the `best` strategies is recommended, and each is quicker beyond doubt than all the
    `others`, and more than `by` times as quick as one by one, with the workers that it is best with: in one of three
    runs, and in every one where the machine is quiet and the ceiling is above `room`."""
    again: tuple[str, ...] = ()
    for _ in range(3):
        verdict, arms = run(workflow, folder, again)
        held = [(winner, other) for winner in best for other in others if low(arms[winner]) <= high(arms[other])]
        slow = [winner for winner in best if low(arms[winner]) <= by]
        if verdict.get("strategy") in best and not held and not slow:
            return
        ceiling = verdict.get("why", {}).get("ceiling")
        if verdict["noise"] == "quiet" and (ceiling is None or ceiling > room):
            pytest.fail(f"{verdict['sentence']} Not beyond doubt: {held}, {slow}")
        again = ("--forcerun", "screen")
    for winner in best:
        assert all(high(arms[winner]) >= low(arms[other]) for other in others), verdict["sentence"]


def run(workflow, folder, again=()):
    """The verdict on the example's one work, and the summary's row of each strategy."""
    with api(folder) as environment:
        settings = ("--config", "explain=false", "rounds=6", "screening_rounds=1")
        outcome = workflow.run(*again, "--directory", str(folder), *settings, **environment)
    assert outcome.returncode == 0, outcome.stdout
    [(name, verdict)] = json.loads((folder / "results/tables/verdict.json").read_text()).items()
    lines = [json.loads(line) for line in (folder / f"results/{name}/results.jsonl").read_text().splitlines()]
    assert lines
    assert all("result" in line for line in lines)
    with open(folder / "results/tables/summary.csv") as file:
        best_last = reversed(list(csv.DictReader(file)))
        return verdict, {row["strategy"]: row for row in best_last}


def low(row):
    return float(row["speedup_low"])


def high(row):
    return float(row["speedup_high"])


@pytest.mark.heavy
@pytest.mark.parametrize("example", ["hashing"], indirect=True)
def test_threads_win_where_the_gil_is_released(workflow, example):
    if (os.cpu_count() or 1) < 2:
        pytest.skip("needs two cores")
    answers(workflow, example, best={"threads"}, others={"sequential"}, by=1.3, room=1.5)


@pytest.mark.heavy
@pytest.mark.parametrize("example", ["json_lines", "monte_carlo"], indirect=True)
def test_processes_win_where_python_computes(workflow, example):
    if (os.cpu_count() or 1) < 2:
        pytest.skip("needs two cores")
    answers(workflow, example, best={"process_pool"}, others={"sequential", "threads"}, by=1.3, room=1.5)


@pytest.mark.heavy
@pytest.mark.parametrize("example", ["api_client"], indirect=True)
def test_one_loop_wins_where_all_wait(workflow, example):
    answers(workflow, example, best={"asyncio"}, others={"sequential"}, by=5, room=8)


@pytest.mark.heavy
@pytest.mark.parametrize("example", ["fetch_then_parse"], indirect=True)
def test_who_waits_and_computes_needs_processes(workflow, example):
    if (os.cpu_count() or 1) < 2:
        pytest.skip("needs two cores")
    answers(workflow, example, best={"processes_asyncio", "asyncio_then_processes"}, others={"asyncio"}, by=1, room=5)


@pytest.mark.heavy
@pytest.mark.parametrize("example", ["thumbnails"], indirect=True)
def test_files_in_and_files_out(workflow, example):
    _, arms = run(workflow, example)
    assert all(not row["failed"].strip("0") for row in arms.values())
    assert len(list((example / "thumbnails").glob("*.jpg"))) == 16
