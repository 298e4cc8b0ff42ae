"""The workflow as a module of another one, from a local path: under a prefix, without, and twice with two configs."""

import csv
import json
import re
import shutil
import subprocess

import pandas as pd
import pytest
import yaml

from helpers import maps
from helpers.campaigns import ONE_BY_ONE, around, table
from helpers.replies import OK
from helpers.scripts import run, told
from helpers.server import FaultServer
from helpers.workflows import ROOT, unwrapped

OTHER = """
import json

CONFIG = json.load(open("small.json"))

module plain:
    snakefile: "{snakefile}"
    config: CONFIG

use rule * from plain

module first:
    snakefile: "{snakefile}"
    config: CONFIG
    prefix: "first"

use rule * from first as first_*

module second:
    snakefile: "{snakefile}"
    config: CONFIG | {{"seed": 2, "squares": CONFIG["squares"] | {{"numbers": [5]}}}}
    prefix: "second"

use rule * from second as second_*

rule mine:
    default_target: True
    input:
        "results/report.html", "first/results/report.html", "second/results/report.html",
        rules.job.input, rules.first_job.input, rules.second_job.input,
    output:
        "mine.txt",
    shell:
        "touch {{output}}"
"""


@pytest.fixture
def other(workflow, small, tmp_path):
    """Another workflow, elsewhere, that uses this one three times."""
    small["download"]["sites"] = ["http://a.test/{page}", "http://b.test/?q={}"]  # braces are wildcards to Snakemake
    small["rounds"] = 1
    using = type(workflow)(tmp_path / "other")
    using.folder.mkdir()
    (using.folder / "small.json").write_text(json.dumps(small))
    (using.folder / "Snakefile").write_text(OTHER.format(snakefile=workflow.folder / "Snakefile"))
    return using


@pytest.mark.heavy
def test_it_works_as_it_does_by_itself(other, workflow):
    outcome = other.run()
    assert outcome.returncode == 0, outcome.stdout
    for prefix, sums in {"": 4, "first": 4, "second": 1}.items():
        results = other.folder / prefix / "results"
        with open(results / "squares/sums.csv") as file:
            assert len(list(csv.DictReader(file))) == sums
        with open(results / "download/pages.csv") as file:
            assert [row["url"] for row in csv.DictReader(file)] == ["http://a.test/{page}", "http://b.test/?q={}"]
        with open(results / "tables/timings.csv") as file:
            assert {row["error"] for row in csv.DictReader(file)} == {""}
        assert len(told(run(results / "recommended/squares.py", cwd="/"))) == sums
    assert not (workflow.folder / "results").exists()
    assert other.scheduled() == {}


@pytest.mark.heavy
def test_a_precision_is_looked_for_where_the_files_are(other, small):
    small |= {"rounds": 2, "precision": 1e-9, "max_rounds": 3, "squares": {"numbers": []}}
    (other.folder / "small.json").write_text(json.dumps(small))
    outcome = other.run("first/results/tables/timings.csv", "results/tables/timings.csv")
    assert outcome.returncode == 0, outcome.stdout
    for prefix in ("first", ""):
        rounds = (other.folder / prefix / "results/rounds/download").glob("[0-9]*")
        assert sorted(path.name for path in rounds) == ["1.csv", "2.csv", "3.csv"]
    assert other.scheduled("first/results/tables/timings.csv", "results/tables/timings.csv") == {}


def test_live_sites_are_compared_as_the_module_found_them(other, small, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with FaultServer() as server:
        url = f"http://127.0.0.1:{server.listen('127.0.0.1')}/page"
        server.play({"/page": [OK]})
        small["download"] |= {"sites": [url], "source": "live", "live": {"contact": "me@example.org", "robots": False}}
        small |= {"rounds": 1, "squares": {"numbers": []}}
        (other.folder / "small.json").write_text(json.dumps(small))
        outcome = other.run("first/results/tables/timings.csv")
        assert outcome.returncode == 0, outcome.stdout
        assert server.hits["/page"] == 1
    with open(other.folder / "first/results/tables/timings.csv") as file:
        assert {(row["items"], row["error"]) for row in csv.DictReader(file)} == {("1", "")}
    assert not (other.folder / "results").exists()


def test_the_users_files_keep_their_place(other, small):
    (other.folder / "mine.csv").write_text("url\nhttp://a.test/\n")
    (other.folder / "numbers.txt").write_text("7\n8\n")
    small["download"]["sites"], small["squares"]["numbers"] = "mine.csv", "numbers.txt"
    (other.folder / "small.json").write_text(json.dumps(small))
    outcome = other.run("first_job", "job")
    assert outcome.returncode == 0, outcome.stdout
    assert (other.folder / "first/results/squares/sums.csv").read_text() == "number,sum\n7,91\n8,140\n"
    (other.folder / "numbers.txt").write_text("7\n")
    assert other.scheduled("first_job") == {"first_squares": 1, "first_job": 1}
    (other.folder / "timings.csv").write_text("workload,strategy,workers,round,failed,wall_s\n")
    small["extra_timings"] = ["timings.csv"]
    (other.folder / "small.json").write_text(json.dumps(small))
    assert other.scheduled("first_compare")["first_collect"] == 1


def test_kinds_of_hosts_take_a_cluster(other, small):
    small["hosts"] = [{"name": "epyc", "partition": "milan"}]
    (other.folder / "small.json").write_text(json.dumps(small))
    outcome = other.run("first_compare")
    assert outcome.returncode != 0
    assert "hosts: epyc: this job is not on a cluster" in outcome.stdout
    assert not list(other.folder.rglob("rounds/*/*.csv"))


DOCUMENT = (ROOT / "docs/module.md").read_text(encoding="utf-8")


@pytest.fixture
def example(workflow):
    """The example, where it lies in the repository."""
    ours = shutil.ignore_patterns("results", "comparison", ".snakemake", "__pycache__")
    using = type(workflow)(workflow.folder / "examples/module")
    shutil.copytree(ROOT / "examples/module", using.folder, ignore=ours)
    return using


@pytest.mark.heavy
def test_the_example_goes_on_with_the_verdict(example):
    outcome = example.run()
    assert outcome.returncode == 0, outcome.stdout
    verdict = json.loads((example.folder / "comparison/results/tables/verdict.json").read_text())["divisors"]
    said = f"100 sums by {verdict['strategy']} with {verdict['workers']} workers\n"
    assert (example.folder / "results/sums.log").read_text() == said
    assert (example.folder / "results/report.txt").read_text() == "25 numbers are abundant\n"
    assert example.scheduled() == {}


def test_the_page_shows_the_example_as_it_is():
    shown = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert len(shown) == 2
    assert all(block in (ROOT / "examples/module/Snakefile").read_text(encoding="utf-8") for block in shown)


def test_the_catalog_can_list_it():
    readme = (ROOT / "README.md").read_text(encoding="utf-8").lower()
    assert "snakemake" in readme
    assert "workflow" in readme
    assert (ROOT / "Snakefile").is_file()
    shown = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text(encoding="utf-8"))["usage"]
    assert shown == {
        "software-stack-deployment": {"conda": True, "apptainer": False, "apptainer+conda": False},
        "report": True,
    }


@pytest.mark.heavy
def test_one_run_is_changed_as_the_page_says(example):
    [option] = re.findall(r"`--config '(.*?)'`", DOCUMENT)
    assert example.scheduled("--config", option)["strategies_measure"] == 20


WORK = """
from helper import twice

def double(n):
    return twice(n)
"""

SHARDED = """
import json

CONFIG = json.load(open("small.json"))

scattergather:
    download=5,  # counts of this name are its own

module first:
    snakefile: "{snakefile}"
    config: CONFIG
    prefix: "first"

use rule * from first as first_*

use rule do from first as first_do with:
    threads: 1

module second:
    snakefile: "{snakefile}"
    config: CONFIG | {{"download": CONFIG["download"] | {{"shards": 2}}, "works": {{}}}}
    prefix: "second"

use rule * from second as second_*

rule download:
    output:
        "mine/{{scatteritem}}.txt",
    shell:
        "touch {{output}}"

rule all:
    default_target: True
    input:
        gather.download("mine/{{scatteritem}}.txt"),
        rules.first_job.input, rules.second_job.input,
        expand("first/results/recommended/{{work}}.py", work=["doubles", "stand_in"]),
        "first/results/plots/doubles_timeline.svg",
"""


@pytest.fixture
def sharded(workflow, small, tmp_path):
    """Another workflow with a scattergather of its own, and two modules, whose jobs are in shards, one with works."""
    one = {"function": "code/work.py:double", "strategies": ["sequential", {"threads": {"workers": 2}}]}
    small["download"] |= {"sites": [f"http://site-{i}.test/{{page}}" for i in range(4)], "shards": 3, "strategies": []}
    small["squares"] |= {"shards": 2, "strategies": []}
    small |= {"rounds": 1, "works": {"doubles": {**one, "items": [3, 1, 2], "job": "recommended"}}}
    small["works"]["stand_in"] = {**one, "items": [5, 4], "source": "profile"}
    using = type(workflow)(tmp_path / "other")
    (using.folder / "code").mkdir(parents=True)
    (using.folder / "code/work.py").write_text(WORK)
    (using.folder / "code/helper.py").write_text("def twice(n):\n    return 2 * n\n")
    (using.folder / "small.json").write_text(json.dumps(small))
    (using.folder / "Snakefile").write_text(SHARDED.format(snakefile=workflow.folder / "Snakefile"))
    return using


@pytest.mark.heavy
def test_jobs_in_shards_and_works_of_ones_own(sharded):
    jobs = sharded.scheduled()
    assert {name: count for name, count in jobs.items() if "download" in name} == {
        "download": 5, "first_download_shard": 3, "second_download_shard": 2,
        "first_gather_download": 1, "second_gather_download": 1,
    }  # fmt: skip
    outcome = sharded.run()
    assert outcome.returncode == 0, outcome.stdout
    results = sharded.folder / "first/results"
    lines = [json.loads(line) for line in (results / "doubles/results.jsonl").read_text().splitlines()]
    assert [(line["item"], line["result"]) for line in lines] == [(3, 6), (1, 2), (2, 4)]
    done = run(results / "recommended/doubles.py", cwd="/")
    assert {line["item"]: line["result"] for line in told(done)} == {3: 6, 1: 2, 2: 4}
    assert (results / "stand_in/profile.pickle").exists()
    assert json.loads((results / "traces/doubles.json").read_text())
    for prefix, shards in {"first": 3, "second": 2}.items():
        assert len(list((sharded.folder / prefix / "results/download/shards").glob("*.csv"))) == shards
        with open(sharded.folder / prefix / "results/download/pages.csv") as file:
            assert [row["error"] for row in csv.DictReader(file)] == [""] * 4
    assert not (sharded.folder / "results").exists()
    assert sharded.scheduled() == {}
    with (sharded.folder / "code/helper.py").open("a") as file:
        file.write("# a comment\n")
    assert sharded.scheduled() == {}
    with (sharded.folder / "code/helper.py").open("a") as file:
        file.write("def thrice(n):\n    return 3 * n\n")
    again = sharded.scheduled()
    assert {"first_measure", "first_record", "first_recommend"} <= set(again)
    assert not {"first_download_shard", "second_job"} & set(again)


OUTSIDE = """
import json

module inner:
    snakefile: "{snakefile}"
    config: json.load(open("small.json"))
    prefix: "inner"

use rule * from inner as inner_*
"""


@pytest.mark.heavy
def test_within_another_module_and_outside_of_the_working_directory(sharded, workflow):
    config = json.loads((sharded.folder / "small.json").read_text())
    config["download"] |= {"shards": 1, "strategies": ["sequential", {"asyncio": {"workers": 4}}]}
    config |= {"rounds": 2, "precision": 1e-9, "max_rounds": 3, "works": {"doubles": config["works"]["doubles"]}}
    (sharded.folder / "small.json").write_text(json.dumps(config))
    (sharded.folder / "outer.smk").write_text(OUTSIDE.format(snakefile=workflow.folder / "Snakefile"))
    (sharded.folder / "Snakefile").write_text(
        'module outer:\n    snakefile: "outer.smk"\n    prefix: "../outer"\n\nuse rule * from outer as outer_*\n'
    )
    wanted = "../outer/inner/results/recommended/doubles.py"
    outcome = sharded.run(wanted)
    assert outcome.returncode == 0, outcome.stdout
    results = sharded.folder / "../outer/inner/results"
    assert len(list((results / "rounds/download").glob("[0-9].csv"))) == 3
    done = run((sharded.folder / wanted).resolve(), cwd="/")
    assert {line["item"]: line["result"] for line in told(done)} == {3: 6, 1: 2, 2: 4}
    assert sharded.scheduled(wanted) == {}


def put(timings, folder):
    (folder / "tables").mkdir(parents=True)
    timings.to_csv(folder / "tables/timings.csv", index=False)


@pytest.mark.heavy
def test_what_changed_is_told_of_the_results_under_the_prefix(other, small):
    for folder, gain in {"first/results": 4.0, "before": 3.0}.items():
        times = {ONE_BY_ONE: around(2.0), ("asyncio", 4): around(2.0 / gain, seed=1)}
        put(table(times), other.folder / folder)
    (other.folder / "small.json").write_text(json.dumps(small | {"other": "before"}))
    outcome = other.run("first_compare_with")
    assert outcome.returncode == 0, outcome.stdout
    rows = pd.read_csv(other.folder / "first/results/tables/compared.csv").set_index("strategy")
    assert rows.loc["asyncio", "told"] == "more"
    assert "Before: before. Now: first/results." in (other.folder / "first/results/compared.html").read_text()
    assert other.scheduled("first_compare_with") == {}


@pytest.mark.heavy
def test_what_is_only_made_when_asked_for(other):
    assert other.scheduled("first_map") == {"first_survey": 1, "first_plot_map": 1, "first_map": 1}
    maps_of_first = other.folder / "first/results/tables/map.csv"
    maps_of_first.parent.mkdir(parents=True)
    maps.table().to_csv(maps_of_first, index=False)
    jobs = other.scheduled("first_compare", "second_compare", "first_capacity")
    assert jobs["first_locate"] == jobs["first_plot_map"] == jobs["first_capacity"] == 1
    assert not {"first_survey", "second_survey", "second_locate"} & set(jobs)


@pytest.mark.heavy
def test_every_rule_can_be_changed(other, workflow):
    files = [workflow.folder / "Snakefile", *(workflow.folder / "rules").glob("*.smk")]
    rules = [
        name for file in files for name in re.findall(r"^(?:rule|checkpoint) (\w+):", file.read_text(), re.MULTILINE)
    ]
    assert len(rules) > 20
    snakefile = other.folder / "Snakefile"
    changes = (f"use rule {name} from first as first_{name} with:\n    priority: 5\n" for name in rules)
    asked = [("first_report",), ("first_report", "first_map", "first_job")]
    as_it_was = [other.scheduled(*targets) for targets in asked]
    snakefile.write_text("\n\n".join([snakefile.read_text(), *changes]))
    assert [other.scheduled(*targets) for targets in asked] == as_it_was


@pytest.fixture
def hosted(workflow, tmp_path, monkeypatch):
    """The workflow as a repository with a tag, to which github.com/owner/repo leads, too; nothing of it is cached."""
    git = ["git", "-c", "user.name=me", "-c", "user.email=me@example.org", "-C", str(workflow.folder)]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"], ["tag", "v1"]):
        subprocess.run([*git, *command], check=True)
    (tmp_path / "owner").mkdir()
    (tmp_path / "owner/repo").symlink_to(workflow.folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{tmp_path}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    return workflow.folder


SOURCES = ['"git+file://{folder}/Snakefile@v1"', 'github("owner/repo", path="Snakefile", tag="v1")']


@pytest.mark.heavy
@pytest.mark.parametrize("source", SOURCES)
def test_a_source_that_is_no_folder_is_one_line(workflow, hosted, tmp_path, source):
    using = type(workflow)(tmp_path / "other")
    using.folder.mkdir()
    module = f"module strategies:\n    snakefile: {source.format(folder=hosted)}\n    config: {{}}\n"
    (using.folder / "Snakefile").write_text(f"{module}\nuse rule * from strategies as strategies_*\n")
    for _ in range(2):  # the second time, from the cache
        outcome = using.run("-n")
        assert outcome.returncode == 1
        [line] = [line for line in outcome.stdout.splitlines() if not line.startswith(("host:", "Cloning "))]
        assert "v1" in line.partition(": this workflow is used from a folder")[0]
        assert "git submodule add URL strategies; git -C strategies checkout TAG" in line


@pytest.mark.heavy
def test_what_the_other_workflow_gives_wrongly_is_one_line(other, workflow, tmp_path):
    snakefile = other.folder / "Snakefile"
    whole = snakefile.read_text()
    snakefile.write_text(whole.replace("config: CONFIG\n", 'config: "config.yaml"\n', 1))
    assert other.run("-n").stdout == "module plain: config: expected a mapping of keys, not 'config.yaml'\n"
    copy = type(workflow)(tmp_path / "copy")
    copy.install()
    second = whole.rindex(str(workflow.folder))
    snakefile.write_text(whole[:second] + whole[second:].replace(str(workflow.folder), str(copy.folder), 1))
    [line] = other.run("-n").stdout.splitlines()
    assert line.startswith(f"{workflow.folder}/scripts/concurrency is imported where {copy.folder}/scripts/concurrency")


@pytest.mark.heavy
def test_locks_in_the_other_workflows_folder_are_left_alone(other):
    locks = other.folder / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("first/results/squares/sums.csv\n")
    outcome = other.run("first_job")
    assert outcome.returncode != 0
    assert "--unlock" in unwrapped(outcome.stdout)
    assert (locks / "0.output.lock").exists()
