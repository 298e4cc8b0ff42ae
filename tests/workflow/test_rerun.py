"""What runs again after a change, by what Snakemake schedules: no more than needed, and no less."""

import json
import re
import shutil

import pytest

from concurrency.measuring.arms import Arm, in_order

COMPARISON = {"collect", "analyse", "claims", "plot", "recommend", "report"}
LIBRARY = "scripts/concurrency"


@pytest.fixture
def done(finished, tmp_path):
    """A copy of the finished run, elsewhere, that may be changed."""
    shutil.copytree(finished.folder, tmp_path / "workflow", copy_function=shutil.copy2)
    copied = type(finished)(tmp_path / "workflow")
    assert copied.scheduled() == {}
    return copied


def edit(path, before, after):
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


def test_a_second_run_does_nothing(finished):
    assert "Nothing to be done" in finished.run().stdout


def test_more_rounds_measure_only_the_new_ones(done):
    jobs = done.scheduled("--config", "rounds=3")
    assert jobs.pop("measure") == 2  # one new round of each workload
    assert set(jobs) - {"all"} == COMPARISON


def test_other_numbers_run_only_the_squares_side(done, small):
    small["squares"]["numbers"] = {"start": 2000, "count": 4}
    done.configure(small)
    shown = done.run("--dry-run", "--workflow-profile", "none").stdout
    assert "workload=squares" in shown
    assert done.scheduled()["measure"] == 2
    assert done.scheduled()["squares"] == 1
    assert "download" not in done.scheduled()


def test_other_sites_run_only_the_download_side(done, small):
    small["download"]["sites"].append("http://site-9.test/new")
    done.configure(small)
    jobs = done.scheduled()
    assert jobs["download"] == 1
    assert jobs["measure"] == 2
    assert "squares" not in jobs


def test_an_edited_site_file_is_seen(done, small):
    sites = done.folder / "mine.csv"
    sites.write_text("url\nhttp://a.test/\n")
    small["download"]["sites"] = "mine.csv"
    done.configure(small)
    assert done.run("job").returncode == 0
    assert done.scheduled("job") == {}
    sites.write_text("url\nhttp://a.test/\nhttp://b.test/\n")
    assert done.scheduled("job")["download"] == 1


def test_an_edited_comment_runs_nothing_again(done):
    for file in ("strategies/process_pool.py", "workloads/download/sites.py", "showing/style.py", "errors.py"):
        path = done.folder / LIBRARY / file
        path.write_text(f"# edited\n\n{path.read_text()}\n")
    assert done.scheduled() == {}


def test_an_edited_strategy_is_measured_again(done):
    edit(done.folder / LIBRARY / "strategies/process_pool.py", "chunksize=size", "chunksize=size + 0")
    once = dict.fromkeys(COMPARISON - {"plot", "recommend"}, 1)
    assert done.scheduled() == {"rehearse": 1, "measure": 2, "plot": 7, "recommend": 2, "all": 1} | once


def test_what_strategies_share_is_part_of_them(done):
    edit(done.folder / LIBRARY / "strategies/_processes.py", "awake.abort()", "awake.abort(*())")
    assert done.scheduled()["measure"] == 2


def test_a_strategy_that_is_not_in_use_may_change(done):
    edit(done.folder / LIBRARY / "strategies/joblib.py", "batch_size=1", "batch_size=2")
    assert done.scheduled() == {}


def test_edited_sites_are_downloaded_and_measured_again_but_nothing_is_summed(done):
    edit(done.folder / LIBRARY / "workloads/download/sites.py", "latency_ms: float = 100.0", "latency_ms: float = 99.0")
    jobs = done.scheduled()
    assert (jobs["download"], jobs["measure"]) == (1, 4)  # a sample is of the same code whatever its workload
    assert "squares" not in jobs


def test_an_edited_plot_only_redraws(done):
    edit(done.folder / LIBRARY / "showing/style.py", '"font.size": 10', '"font.size": 11')
    assert set(done.scheduled()) - {"all"} == {"plot", "report"}


def test_an_edited_picture_redraws_itself_and_no_other(done):
    edit(done.folder / LIBRARY / "showing/cost.py", "figsize=(width, inches)", "figsize=(width + 1, inches)")
    jobs = done.scheduled()
    assert (jobs.pop("plot"), jobs.pop("report")) == (2, 1)  # of both workloads
    assert set(jobs) <= {"all"}


def test_an_edited_sentence_decides_again(done):
    edit(done.folder / LIBRARY / "deciding/sentences.py", "is the fastest.", "is fastest.")
    jobs = done.scheduled()
    assert {"analyse", "plot", "report"} <= set(jobs)
    assert not {"measure", "collect", "download", "squares"} & set(jobs)


def test_another_number_of_cores_changes_nothing_by_itself(done):
    assert "Nothing to be done" in done.run(cores=1).stdout


def test_another_python_measures_again(done, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import platform\nplatform.python_version = lambda: '3.99.0'\n")
    shown = done.run("--dry-run", "--workflow-profile", "none", PYTHONPATH=str(tmp_path)).stdout
    counts = dict(re.findall(r"^(\w+) +(\d+)$", shown, re.MULTILINE))
    assert (counts["measure"], counts["environment"]) == ("4", "1")
    assert not {"download", "squares"} & set(counts)


def test_the_order_of_arms_differs_between_rounds_and_repeats_with_the_seed():
    arms = [Arm(f"strategy_{i}") for i in range(8)]
    orders = [[arm.strategy for arm in in_order(arms, 1, "squares", number)] for number in range(1, 21)]
    assert len({json.dumps(order) for order in orders}) == 20
    assert orders == [[arm.strategy for arm in in_order(arms, 1, "squares", number)] for number in range(1, 21)]
    assert orders != [[arm.strategy for arm in in_order(arms, 2, "squares", number)] for number in range(1, 21)]
    assert orders[0] != [arm.strategy for arm in in_order(arms, 1, "download", 1)]
