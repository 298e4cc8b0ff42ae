"""Bad input: one clear line on the screen that names the place and what to do, nothing written, a non-zero exit, in no
time."""

import os

import pytest

from helpers.refused import CASES, OPTIONS
from helpers.warmed import Warmed

BESIDE = {
    "work.py": "def work(item):\n    return item\n",
    "other.yaml": "seed: 1:30\n",
    "folder/more.yaml": "download: {shards: 0}\n",
    "twice.yaml": "rounds: 1\nrounds: 2\n",
    "{x}.csv": "workload,strategy,workers,round,failed,wall_s\nsquares,threads,1,1,0,1\n",
    "signs.py": f"x={'-' * 100_000}1\n",
    "itself.yaml": "works: {a: {items: &all [*all]}}\n",
}


@pytest.fixture(scope="session")
def snakemake():
    with Warmed() as warmed:
        yield warmed


@pytest.fixture
def folder(tmp_path):
    """A folder with a bit of everything that a configuration may name."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.py").mkdir()
    for name, text in BESIDE.items():
        (tmp_path / name).write_text(text)
    for name in ("pipe", "pipe.py"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "nothing").symlink_to("nowhere")
    (tmp_path / "itself").symlink_to("itself")
    return tmp_path


def written(text):
    return text if isinstance(text, bytes) else text.encode()


def refused(outcome, folder):
    """The one line by which it was refused."""
    assert outcome.returncode == 1, outcome
    assert "Traceback" not in outcome.stdout
    assert len(outcome.lines) == 1, outcome.stdout
    assert not (folder / "results").exists()
    return outcome.lines[0]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_bad_configuration(snakemake, folder, case):
    (folder / "config.yaml").write_bytes(written(case.config))
    if case.file is not None:
        (folder / "list").write_bytes(written(case.file))
    assert refused(snakemake.run(folder), folder).startswith(case.said)


@pytest.mark.parametrize(("arguments", "said"), OPTIONS.values(), ids=OPTIONS)
def test_a_bad_command_line(snakemake, folder, arguments, said):
    (folder / "config.yaml").write_text("rounds: 3\n")
    assert refused(snakemake.run(folder, *arguments), folder).startswith(said)


def test_there_are_many_kinds():
    assert len(CASES) + len(OPTIONS) >= 200


@pytest.mark.parametrize("what", ["a folder", "a pipe", "a link to nothing"])
def test_a_config_yaml_that_is_no_file(snakemake, folder, what):
    config = folder / "config.yaml"
    make = {
        "a folder": config.mkdir,
        "a pipe": lambda: os.mkfifo(config),
        "a link to nothing": lambda: config.symlink_to("gone"),
    }
    make[what]()
    said = {
        "a folder": "is a folder; give a file",
        "a pipe": "is a pipe or a device; give a file",
        "a link to nothing": "cannot be read: No such file or directory",
    }
    assert refused(snakemake.run(folder), folder) == f"config.yaml: {said[what]}"


def test_it_is_refused_so_by_a_snakemake_of_its_own(workflow):
    workflow.configure({"rounds": 0})
    outcome = workflow.run("--config", "seed=2")
    lines = [line for line in outcome.stdout.splitlines() if not line.startswith("Using workflow")]
    assert lines == ["config.yaml: rounds: must be at least 1, not 0"]
    assert outcome.returncode == 1


def test_what_jobs_on_other_nodes_would_not_be_told(snakemake, folder):
    pytest.importorskip("snakemake_executor_plugin_slurm")
    (folder / "mine.yaml").write_text("rounds: 2\n")
    given = "--configfile", "mine.yaml", "--replace-workflow-config"
    outcome = snakemake.run(folder, "--workflow-profile", "none", "--executor", "slurm", "--jobs", "2", *given)
    assert outcome.returncode == 1
    assert outcome.lines[-1].startswith("--replace-workflow-config: Snakemake does not tell it to jobs on other nodes;")
    assert not (folder / "results").exists()


def test_what_snakemake_itself_refuses(snakemake, folder):
    """As docs/configuration.md says; what it cannot make sense of, it reads before it reads our Snakefile."""
    (folder / "broken.yaml").write_text("rounds: [\n")
    (folder / "empty.yaml").write_text("")
    for arguments, said in {
        ("--configfile", "broken.yaml"): "Config file is not valid JSON or YAML.",
        ("--configfile", "empty.yaml"): "Config file must be given as JSON or YAML with keys at top level.",
        ("--configfile", "gone.yaml"): "No such file or directory: 'gone.yaml'",
        ("--configfile", "twice.yaml", "job"): "No such file or directory: 'job'",
        ("--config", "rounds=3", "job"): "Unparsable value: 'job'",
        ("--config", "download.rounds=3"): "Config entry must start with a valid identifier.",
        ("--config", "rounds = 3"): "Config entry must start with a valid identifier.",
    }.items():
        outcome = snakemake.run(folder, *arguments)
        assert outcome.returncode == 1
        assert said in outcome.lines[-1]
        assert not (folder / "results").exists()


def planned(snakemake, folder, *arguments, config="{}"):
    (folder / "config.yaml").write_bytes(written(config))
    outcome = snakemake.run(folder, "-n", "--quiet", "all", *arguments)
    assert outcome.returncode == 0, outcome.stdout
    return outcome.stdout
