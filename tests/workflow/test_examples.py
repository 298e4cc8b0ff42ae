"""Each example runs as its page says, and gives the answer that its construction dictates, by intervals."""

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


def answers(workflow, folder, check):
    """Run the example, and have `check` look at the verdict on its one work and at the summary's row of each strategy,
    with the workers that it is best with. Where others kept a core busy, nobody wins by two: it may be run anew."""
    again: tuple[str, ...] = ()
    for left in (2, 1, 0):
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
            arms = {row["strategy"]: row for row in best_last}
        try:
            check(verdict, arms)
        except AssertionError:
            if verdict["noise"] == "quiet" or not left:
                raise
        else:
            return
        again = ("--forcerun", "screen")


def low(row):
    return float(row["speedup_low"])


def high(row):
    return float(row["speedup_high"])


@pytest.mark.heavy
@pytest.mark.parametrize("example", ["hashing"], indirect=True)
def test_threads_win_where_the_gil_is_released(workflow, example):
    if (os.cpu_count() or 1) < 2:
        pytest.skip("needs two cores")

    def check(verdict, arms):
        assert verdict["strategy"] == "threads", verdict["sentence"]
        assert low(arms["threads"]) > 1.3

    answers(workflow, example, check)


@pytest.mark.heavy
@pytest.mark.parametrize("example", ["json_lines", "monte_carlo"], indirect=True)
def test_processes_win_where_python_computes(workflow, example):
    def check(verdict, arms):
        assert verdict["strategy"] == "process_pool", verdict["sentence"]
        assert low(arms["process_pool"]) > max(1.3, high(arms["threads"]))

    answers(workflow, example, check)


@pytest.mark.heavy
@pytest.mark.parametrize("example", ["api_client"], indirect=True)
def test_one_loop_wins_where_all_wait(workflow, example):
    def check(verdict, arms):
        assert verdict["strategy"] == "asyncio", verdict["sentence"]
        assert low(arms["asyncio"]) > 5

    answers(workflow, example, check)


@pytest.mark.heavy
@pytest.mark.parametrize("example", ["fetch_then_parse"], indirect=True)
def test_who_waits_and_computes_needs_processes(workflow, example):
    def check(verdict, arms):
        assert verdict["strategy"] in PROCESSES, verdict["sentence"]
        assert low(arms["asyncio_then_processes"]) > high(arms["asyncio"])
        assert low(arms["processes_asyncio"]) > high(arms["asyncio"])
        assert high(arms["asyncio"]) < low(arms[verdict["strategy"]])

    answers(workflow, example, check)


@pytest.mark.heavy
@pytest.mark.parametrize("example", ["thumbnails"], indirect=True)
def test_files_in_and_files_out(workflow, example):
    def check(_, arms):
        assert all(not row["failed"].strip("0") for row in arms.values())

    answers(workflow, example, check)
    assert len(list((example / "thumbnails").glob("*.jpg"))) == 16
