"""What is written is what is meant: YAML 1.2, several files, the command line, and where files are looked up."""

import json

import pytest
from hypothesis import HealthCheck, assume, given, settings

from helpers import configs
from helpers.warmed import Warmed

MINE = "url\nhttp://mine.test/\n"


@pytest.fixture(scope="module")
def snakemake():
    with Warmed() as warmed:
        yield warmed


def planned(snakemake, folder, *arguments):
    """What a dry run says."""
    outcome = snakemake.run(folder, "-n", "--workflow-profile", "none", *arguments)
    assert outcome.returncode == 0, outcome.stdout
    return outcome.stdout


def rounds(snakemake, folder, *arguments):
    """How many rounds of squares are planned."""
    off = "download={sites: []}"
    return planned(snakemake, folder, "--config", off, *arguments).count("\nrule measure:")


WRITTEN = {
    "rounds: 010": 10,
    "rounds: 0o10": 8,
    "rounds: 0x10": 16,
    "rounds: 1_1": 11,
    "rounds: 1.2e1": 12,
    "rounds: +3": 3,
    "rounds: '3'": 3,
    "\ufeffrounds: 3": 3,
    '{"rounds": 3}': 3,
    '{\n\t"rounds": 3,\n\t"download": {"live": {"contact": "\\ud83d\\ude00@a"}}\n}': 3,
    "rounds: 3\r\nseed: 2\r\n": 3,
    "%YAML 1.2\n---\nrounds: 3\n...\n": 3,
    "rounds: &many 3\nscreening_rounds: *many": 3,
    "": 10,
    "# rounds: 3\n": 10,
    "null": 10,
    "download:\nsquares:\nworks:\nmap:\n": 10,
    "download:\n  path:\n  live:\n  limits:\n": 10,
    "<<: {rounds: 3}\nseed: 2\n": 3,
}


@pytest.mark.parametrize(("text", "count"), WRITTEN.items(), ids=map(repr, WRITTEN))
def test_what_is_written_is_what_is_meant(snakemake, tmp_path, text, count):
    (tmp_path / "config.yaml").write_text(text, newline="")
    assert rounds(snakemake, tmp_path) == count


def test_the_last_one_counts(snakemake, tmp_path):
    (tmp_path / "config.yaml").write_text("rounds: 3\nsquares: {numbers: [5], shards: 2}\n")
    (tmp_path / "a.yaml").write_text("rounds: 4\nsquares: {shards: 1}\n")
    (tmp_path / "b.yaml").write_text("rounds: 5\n")
    assert rounds(snakemake, tmp_path) == 3
    assert rounds(snakemake, tmp_path, "--configfile", "a.yaml") == 4
    assert rounds(snakemake, tmp_path, "--configfile", "a.yaml", "b.yaml") == 5
    assert rounds(snakemake, tmp_path, "rounds=6", "--configfile", "a.yaml", "b.yaml") == 6
    assert rounds(snakemake, tmp_path, "--configfile", "a.yaml", "--replace-workflow-config") == 4
    shards = [
        planned(snakemake, tmp_path, "job", *more).count("rule squares_shard")
        for more in ([], ["--configfile", "a.yaml"])
    ]
    assert shards == [2, 0]


@pytest.mark.parametrize("given", ["rounds=3", "rounds=3.0", "rounds='3'", "rounds=0x3", "rounds=03"])
def test_numbers_on_the_command_line(snakemake, tmp_path, given):
    assert rounds(snakemake, tmp_path, given) == 3


def test_what_is_in_brackets_on_the_command_line_is_as_in_a_file(snakemake, tmp_path):
    """Snakemake makes text of it, which as an item is another thing."""
    (tmp_path / "work.py").write_text("def work(item):\n    return item\n")
    told = planned(snakemake, tmp_path, "job", "--config", "function=work.py:work", "items=[1, 2.5, true, a]")
    assert "rule do:" in told
    (tmp_path / "config.yaml").write_text("works: {work: {function: work.py:work, items: [1, 2.5, true, a]}}")
    outcome = snakemake.run(
        tmp_path, "results/work/results.jsonl", "--config", "works={work: {items: [1, 2.5, true, a]}}"
    )
    assert outcome.returncode == 0, outcome.stdout
    assert items_done(tmp_path) == [1, 2.5, True, "a"]


def items_done(folder):
    rows = [json.loads(line) for line in (folder / "results/work/results.jsonl").read_text().splitlines()]
    return [row["item"] for row in rows]


def test_an_item_stays_as_it_stands(snakemake, tmp_path):
    """Whatever its keys are called, and whatever they look like."""
    (tmp_path / "work.py").write_text("def work(item):\n    return 1\n")
    items = [{"start": "007", "end": "08", "count": "1_000"}, {"start": 1.0}, [{"start": "1"}]]
    (tmp_path / "config.yaml").write_text(json.dumps({"works": {"work": {"function": "work.py:work", "items": items}}}))
    outcome = snakemake.run(tmp_path, "results/work/results.jsonl")
    assert outcome.returncode == 0, outcome.stdout
    assert list(map(repr, items_done(tmp_path))) == list(map(repr, items))


OFF = {
    "squares": "squares: {numbers: [], job: recommended}",
    "downloads": "download: {sites: [], source: live}",
    "a work": "works: {a: {items: [], function: work.py:work, job: recommended}}",
}


@pytest.mark.parametrize("text", OFF.values(), ids=OFF)
def test_what_is_off_wants_nothing(snakemake, tmp_path, text):
    (tmp_path / "work.py").write_text("def work(item):\n    return item\n")
    (tmp_path / "config.yaml").write_text(text)
    planned(snakemake, tmp_path)


def test_another_name_for_the_configuration(snakemake, tmp_path):
    (tmp_path / "config.yml").write_text("rounds: 3\n")
    [line] = snakemake.run(tmp_path, "-n").lines
    assert line.endswith("config.yml: is not read; call it config.yaml, or give --configfile config.yml")
    assert rounds(snakemake, tmp_path, "--configfile", "config.yml") == 3


def test_text_that_looks_like_a_number_is_text_where_text_may_stand(snakemake, tmp_path):
    (tmp_path / "7").write_text("5\n6\n")
    (tmp_path / "config.yaml").write_text("squares: {numbers: '7'}\n")
    assert "input: 7\n" in planned(snakemake, tmp_path, "job")
    (tmp_path / "config.yaml").write_text("squares: {shards: '1'}\n")
    assert "input: 7\n" in planned(snakemake, tmp_path, "job", "--config", "squares={numbers: '7'}")
    assert "input: 7\n" not in planned(snakemake, tmp_path, "job", "--config", "squares={numbers: ['7']}")


def test_a_source_beside_the_function_is_that_of_the_work(snakemake, tmp_path):
    (tmp_path / "work.py").write_text("def work(item):\n    return item\n")
    told = planned(snakemake, tmp_path, "--config", "function=work.py:work", "items=[1, 2]", "source=profile")
    assert "rule record:" in told


def test_a_version_of_tls_needs_no_quotes(snakemake, tmp_path):
    (tmp_path / "config.yaml").write_text("download: {path: {tls: 1.2}}\n")
    planned(snakemake, tmp_path)
    planned(snakemake, tmp_path, "--config", "download={path: {tls: 1.3}}")


def test_files_are_looked_up_beside_the_file_that_names_them(snakemake, tmp_path):
    folder, there = tmp_path / "here", tmp_path / "there"
    for made in (folder, there, there / "in [brackets]"):
        made.mkdir()
    (there / "mine.csv").write_text(MINE)
    (there / "work.py").write_text("def work(item):\n    return item\n")
    (there / "in [brackets]" / "a.txt").write_text("1")
    (there / "mine.yaml").write_text(
        "download: {sites: mine.csv}\nworks: {a: {items: 'in [[]brackets]/*.txt', function: work.py:work}}\n"
    )
    told = planned(snakemake, folder, "job", "--configfile", "../there/mine.yaml")
    assert f"input: {there / 'mine.csv'}" in told
    assert "rule do:" in told
    (folder / "mine.csv").write_text(MINE)
    assert "input: mine.csv" in planned(snakemake, folder, "job", "--configfile", "../there/mine.yaml")
    (folder / "mine.csv").unlink()
    (there / "mine.csv").unlink()
    [line] = snakemake.run(folder, "--configfile", "../there/mine.yaml").lines
    assert f"there is no file mine.csv; looked in {folder} and {there} and " in line


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(configs.valid(every=True))
def test_any_valid_configuration_makes_a_plan_of_jobs(snakemake, tmp_path, config):
    works = config["works"].values()
    assume(config["download"]["sites"] or config["squares"]["numbers"] or any(work["items"] for work in works))
    for name, text in configs.FILES.items():
        (tmp_path / name).write_text(text)
    few = {"rounds": 2, "max_rounds": 40, "precision": 0.05, "robust": False, "other": None}
    (tmp_path / "config.yaml").write_text(json.dumps(config | few))
    planned(snakemake, tmp_path)
