"""`snakemake compare_with`: what changed since another run, of results that are there, without measuring anything."""

import json

import pandas as pd
import pytest

from concurrency.deciding import tables
from helpers.campaigns import ONE_BY_ONE, around, table

ASYNCIO, POOL = ("asyncio", 4), ("process_pool", 2)


def campaign(gain=4.0, seed=0, **more):
    """Timings of both works of the small configuration."""
    downloads = {ONE_BY_ONE: around(2.0, seed=seed), ASYNCIO: around(2.0 / gain, seed=seed + 1)}
    sums = {ONE_BY_ONE: around(1.0, seed=seed + 2), POOL: around(0.6, seed=seed + 3)}
    return pd.concat([table(downloads, **more), table(sums, "squares", **more)])


def put(timings, folder, environment=None):
    (folder / "tables").mkdir(parents=True)
    tables.write(timings, folder / "tables/timings.csv")
    if environment:
        (folder / "tables/environment.json").write_text(json.dumps(environment))


@pytest.fixture
def measured(workflow):
    """With results, as another machine may have left them: nothing tells Snakemake how they were made."""
    put(campaign(), workflow.folder / "results", {"Python": "3.13"})
    return workflow


def what_changed(measured, *arguments):
    outcome = measured.run("compare_with", *arguments)
    assert outcome.returncode == 0, outcome.stdout
    assert "Measuring" not in outcome.stdout
    return outcome.stdout


@pytest.mark.parametrize("given", ["../old", "../old/results", "../old/results/tables/timings.csv"])
def test_what_changed_is_told(measured, tmp_path, given):
    put(campaign(gain=3.0, seed=7, cores=4), tmp_path / "old/results", {"Python": "3.12"})
    said = what_changed(measured, "--config", f"other={given}")
    ours = said[said.index("download: ") :]
    assert "download: Still asyncio with 4 in flight, 4.0" in ours
    assert " % more (" in ours
    assert "squares: Still process_pool with 2 workers" in ours
    assert "4 cores before, 2 now" in ours
    assert "what changed: results/compared.html" in ours
    assert "\r" not in said
    results = measured.folder / "results"
    for name in ("download", "squares"):
        for kind in (".svg", ".png", "_narrow.svg"):
            assert (results / f"plots/{name}_compared{kind}").stat().st_size
    rows = pd.read_csv(results / "tables/compared.csv").set_index(["workload", "strategy"])
    assert rows.loc[("download", "asyncio"), "change"] == pytest.approx(4 / 3, rel=0.02)
    assert rows.loc[("download", "asyncio"), "told"] == "more"
    page = (results / "compared.html").read_text(encoding="utf-8")
    assert "<td>3.12</td><td>3.13</td>" in page
    assert not (results / "rounds").exists()


def test_another_run_to_compare_with_is_compared_anew(measured, tmp_path):
    for name, gain in (("old", 3.0), ("older", 2.0)):
        put(campaign(gain=gain, seed=7), tmp_path / name)
    what_changed(measured, "--config", "other=../old")
    assert "Nothing to be done" in what_changed(measured, "--config", "other=../old")
    what_changed(measured, "--config", "other=../older")
    rows = pd.read_csv(measured.folder / "results/tables/compared.csv").set_index(["workload", "strategy"])
    assert rows.loc[("download", "asyncio"), "change"] == pytest.approx(2, rel=0.02)


def test_what_only_one_run_measured_is_left_out(measured, tmp_path):
    put(campaign().query("workload == 'download'"), tmp_path / "old")
    said = what_changed(measured, "--config", "other=../old")
    assert "squares:" not in said
    assert not (measured.folder / "results/plots/squares_compared.svg").exists()


def test_without_results_the_comparison_is_run_first(workflow, tmp_path):
    put(campaign(), tmp_path / "old")
    jobs = workflow.scheduled("compare_with", "--config", "other=../old")
    assert jobs == {"rehearse": 2, "measure": 4, "collect": 1, "environment": 1, "compare_with": 1}


def test_another_run_measures_nothing_again(finished, tmp_path):
    put(campaign(), tmp_path / "old")
    jobs = finished.scheduled("--config", f"other={tmp_path / 'old'}")
    assert not {"measure", "collect", "analyse", "compare_with"} & set(jobs)


BAD = {
    "no folder": ("../nowhere", "--config: other: there is no folder ../nowhere; looked in "),
    "no tables": ("../empty", "--config: other: ../empty has neither tables/timings.csv nor results/tables/"),
    "another table": ("../odd.csv", "other: ../odd.csv is no timings.csv of this workflow"),
    "its own": ("results", "other: results/tables/timings.csv is this run's own; give the results of another one"),
    "another work": ("../cubes", "other: no work in common: there cubes was measured, here download and squares"),
}


@pytest.mark.parametrize(("given", "message"), BAD.values(), ids=BAD)
def test_bad_input(measured, tmp_path, given, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    put(campaign().assign(workload="cubes"), tmp_path / "cubes")
    outcome = measured.run("compare_with", "--config", f"other={given}")
    assert outcome.returncode != 0
    lines = [line for line in outcome.stdout.splitlines() if not line.startswith(("Using workflow", "Config file"))]
    assert len(lines) == 1, outcome.stdout
    assert message in lines[0]


def test_extra_timings_are_of_another_run(measured):
    outcome = measured.run("--config", "extra_timings=[results/tables/timings.csv]")
    assert outcome.returncode != 0
    told = "extra_timings: results/tables/timings.csv is this run's own; give the results of another one"
    assert told in outcome.stdout


def test_nothing_to_compare_with(measured):
    outcome = measured.run("compare_with")
    assert outcome.returncode != 0
    assert "other: give the results of the run to compare with: snakemake compare_with --config" in outcome.stdout


def test_the_first_comparison_is_whole(workflow, small, tmp_path):
    """It measures, and the next one finds nothing to do."""
    sums = {"squares": {**small["squares"], "numbers": []}}
    workflow.configure(small | sums)
    put(pd.concat([campaign(), campaign().query("workload == 'download'").assign(workload="download_fast")]), tmp_path)
    assert workflow.run("compare_with", "--config", f"other={tmp_path}").returncode == 0
    assert (workflow.folder / "results/plots/download_fast_compared.svg").exists()
    assert "Nothing to be done" in what_changed(workflow, "--config", f"other={tmp_path}")


FAILED = {"failed": 4, "error": "it broke", "wall_s": float("nan")}
HINDRANCES = {
    "all failed": (campaign().assign(**FAILED), "one by one failed in some rounds before"),
    "a round": (campaign().query("round == 1"), "too few rounds to compare (1 before, 10 now)"),
    "other arms": (campaign().query("strategy == 'asyncio'"), "no arm in common; measure the same strategies"),
}


@pytest.mark.parametrize(("old", "why"), HINDRANCES.values(), ids=HINDRANCES)
def test_why_nothing_is_compared(measured, tmp_path, old, why):
    put(old, tmp_path / "old")
    outcome = measured.run("compare_with", "--config", "other=../old")
    assert outcome.returncode != 0
    assert f"other: ../old/tables/timings.csv: {why}" in outcome.stdout
    assert "Traceback" not in outcome.stdout
