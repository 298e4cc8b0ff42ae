"""The ways a user runs the workflow: targets, folders, options, two at a time, and a killed run."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import suppress

import psutil
import pytest

from concurrency import cores


def test_lint_is_clean(workflow):
    outcome = workflow.run("--lint")
    assert outcome.returncode == 0, outcome.stdout


def test_an_empty_config_is_complete(workflow):
    workflow.configure({})
    assert workflow.scheduled()["measure"] == 20


def test_the_targets(workflow):
    assert set(workflow.scheduled("job")) == {"download", "squares", "job"}
    compared = workflow.scheduled("compare")
    assert not {"download", "squares", "job"} & set(compared)
    assert compared["measure"] == 4


@pytest.mark.parametrize(
    ("change", "absent"),
    [({"download": {"sites": []}}, "download"), ({"squares": {"numbers": []}}, "squares")],
    ids=["sites", "numbers"],
)
def test_an_empty_list_switches_a_side_off(workflow, small, change, absent):
    workflow.configure(small | change)
    jobs = workflow.scheduled()
    assert absent not in jobs
    assert jobs["measure"] == 2


def test_no_strategies_means_the_job_alone(workflow, small):
    small["download"]["strategies"] = small["squares"]["strategies"] = []
    workflow.configure(small)
    assert set(workflow.scheduled()) == {"download", "squares", "all"}


def test_values_on_the_command_line(workflow):
    assert workflow.scheduled("--config", "rounds=3")["measure"] == 6
    assert "download" not in workflow.scheduled("--config", 'download={"sites": []}')
    assert workflow.scheduled("--config", 'squares={"numbers": {"start": "10", "count": "3"}}')["squares"] == 1


@pytest.mark.heavy
def test_one_core_in_another_folder(workflow, small, tmp_path):
    """--directory: the config and the results are those of that folder, the workflow is not touched."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    small["squares"]["strategies"] = ["sequential", {"threads": {"workers": [1, "cores"]}}]
    (workflow.folder / "config.yaml").rename(elsewhere / "config.yaml")
    workflow.configure({"rounds": 0})
    (elsewhere / "config.yaml").write_text(json.dumps(small))
    outcome = workflow.run("--directory", str(elsewhere), cores=1)
    assert outcome.returncode == 0, outcome.stdout
    assert (elsewhere / "results/report.html").exists()
    assert not (workflow.folder / "results").exists()
    timings = (elsewhere / "results/tables/timings.csv").read_text()
    assert timings.count("squares,threads,1,,False,") == 2  # one worker and `cores` are the same arm here


@pytest.mark.heavy
def test_the_answer_comes_last(workflow):
    outcome = workflow.run()
    assert "Measuring 2 × download" in outcome.stdout or "Measuring 2 × squares" in outcome.stdout
    for line in (
        "4 pages: results/download/pages.csv",
        "4 sums: results/squares/sums.csv",
        "report: results/report.html",
    ):
        assert line in outcome.stdout
    assert "Traceback" not in outcome.stdout
    assert "\r" not in outcome.stdout
    ours = outcome.stdout[outcome.stdout.index("4 pages: ") : outcome.stdout.index("Complete log")]
    assert all(len(line) <= 80 for line in ours.splitlines())


def test_snakemakes_own_report(finished, tmp_path):
    report = tmp_path / "report.zip"
    outcome = finished.run("--report", str(report))
    assert outcome.returncode == 0, outcome.stdout
    with zipfile.ZipFile(report) as archive:
        html = archive.read("report/report.html").decode()
    for label in ("The answer", "Plots", "Tables", "comparison", "workers", "every sample"):
        assert label in html


def start(workflow):
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "2"],
        cwd=workflow.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def descendants(process):
    return [child for child in psutil.Process(process.pid).children(recursive=True) if child.is_running()]


def alive(process):
    try:
        return process.is_running() and process.status() != "zombie"
    except psutil.NoSuchProcess:
        return False


def sampling(process):
    """Whether a sample of `process` is under way."""
    try:
        return any("concurrency.measuring.sample" in " ".join(child.cmdline()) for child in descendants(process))
    except psutil.NoSuchProcess:
        return False


def test_no_more_cores_are_used_than_there_are(workflow):
    outcome = workflow.run("results/tables/environment.json", cores=4096)
    assert outcome.returncode == 0, outcome.stdout
    facts = json.loads((workflow.folder / "results/tables/environment.json").read_text())
    assert facts["Cores"].startswith(f"{cores.available()} used, ")


@pytest.fixture
def lengthy(workflow, small):
    """The workflow with samples that take seconds."""
    small["squares"]["numbers"] = {"start": 30_000_000, "count": 4}
    small["download"]["sites"] = []
    workflow.configure(small)
    return workflow


def test_a_second_run_in_the_same_folder_is_refused(lengthy):
    with start(lengthy) as first:
        try:
            wait_for(lambda: sampling(first))
            before = sorted(path.name for path in (lengthy.folder / "results").rglob("*"))
            second = lengthy.run()
            assert second.returncode != 0
            assert "locked" in second.stdout.lower()
            assert first.poll() is None
            assert set(before) <= {path.name for path in (lengthy.folder / "results").rglob("*")}
        finally:
            for process in [*descendants(first), psutil.Process(first.pid)]:
                with suppress(psutil.NoSuchProcess):  # it ended with its parent
                    process.kill()


def test_a_lock_of_another_workflow_in_the_same_folder_is_left_alone(workflow):
    locks = workflow.folder / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("results/squares/sums.csv\n")
    assert workflow.scheduled("squares") == {"squares": 1}
    assert "locked" in workflow.run("squares").stdout.lower()
    assert (locks / "0.output.lock").exists()


def test_nothing_goes_on_after_snakemake_was_killed(lengthy):
    with start(lengthy) as run:
        wait_for(lambda: sampling(run) and len(descendants(run)) >= 2)
        family = descendants(run)
        os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: not any(alive(process) for process in family), 10)
