"""What SLURM answers, and what is made of it: no SLURM is needed to read an answer."""

import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from concurrency.errors import UserError
from concurrency.files import discard, writing
from concurrency.running import requests, slurm, submitted
from concurrency.running.requests import Request
from concurrency.showing import cluster
from helpers.workflows import ROOT

SINFO = """\
n1|main*|up|2|2000|(null)|1:00:00|idle
n1|small|up|2|2000|(null)|30:00|idle
n2|main*|up|8|16000|large,icelake|1:00:00|mixed#
n3|main*|up|8|4000|large|1:00:00|drained
n4|far|down|64|256000|milan|infinite|idle
n5|far|up|64|256000|milan|1-12:00:00|allocated*
"""
NODES = slurm.read_nodes(SINFO)


def asked(**given):
    plain = {"cpus": 1, "memory_mb": 500, "minutes": 30, "partition": "main", "features": None}
    return Request(rule="squares", **{**plain, **given})


def test_nodes_are_read():
    assert [(node.name, node.partition, node.cpus, node.memory_mb, node.minutes) for node in NODES] == [
        ("n1", "main", 2, 2000, 60),
        ("n1", "small", 2, 2000, 30),
        ("n2", "main", 8, 16000, 60),
        ("n3", "main", 8, 4000, 60),
        ("n4", "far", 64, 256000, float("inf")),
        ("n5", "far", 64, 256000, 2160),
    ]
    assert [node.is_usable for node in NODES] == [True, True, True, False, False, False]
    assert NODES[2].features == {"large", "icelake"}
    assert slurm.default_partition(NODES) == "main"
    assert requests.smallest_cpus(NODES, None, most=8) == 2
    assert requests.smallest_cpus(NODES, "far", most=8) == 8
    assert requests.smallest_cpus([], None, most=8) == 1


def test_jobs_are_read():
    found = slurm.read_jobs("CLUSTER: a\n12|PENDING||Resources\n\n13|RUNNING|n1|None\n14|PENDING||A|B\n")
    assert found["12"] == slurm.State("PENDING", "", "Resources")
    assert found["13"].node == "n1"
    assert found["14"].reason == "A|B"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (asked(), ""),
        (asked(cpus=8, memory_mb=16000, minutes=60, features="large&icelake"), ""),
        (asked(partition="main,far", cpus=64), ""),
        (asked(features="[rack1|rack2]*2"), ""),  # SLURM's to judge
        (asked(partition=""), ""),
        (asked(memory_mb=None, minutes=None), ""),
        (asked(cpus=16), "16 CPUs, the largest node of partition main has 8: set-threads: squares: 8"),
        (
            asked(cpus=8, memory_mb=16001),
            "16001 MB of memory and 8 CPUs, the largest node of partition main has 16000: set-resources: squares: "
            "mem_mb: 16000",
        ),
        (asked(minutes=61), "61 minutes, partition main gives 60 at most: set-resources: squares: runtime: 60"),
        (asked(partition="mian"), "partition mian, which there is not; slurm_partition: one of far, main, small"),
        (
            asked(features="milan"),
            "nodes with milan, partition main has none of these; constraint: one of icelake, large",
        ),
    ],
)
def test_what_can_never_run_is_told_with_what_to_change(request_, said):
    told = requests.impossible(request_, NODES, "mine/config.yaml")
    assert told == (f"mine/config.yaml: squares asks for {said}" if said else "")


def test_later_attempts_are_told_with_a_cap_that_would_do():
    def job(name, mem_mb, constraint=None, retries=2):
        given = {"_cores": 1, "constraint": constraint}
        rule = SimpleNamespace(
            name=name, expand_resources=lambda w, i, n, skip_evaluation: given | {"mem_mb": mem_mb(n)}
        )
        return Job(rule=rule, wildcards_dict={}, input=[], restart_times=retries)

    def told(*jobs):
        return requests.impossible_later(jobs, NODES, "mine/config.yaml")

    assert told(job("plot", lambda n: 5000 * n), job("do", lambda n: min(9000 * n, 16000))) == ""
    assert told(job("do", lambda n: 9000 * n, retries=0)) == ""
    wide, narrow, again = (job(name, lambda n: 7000 * n, "large") for name in ("do", "squares", "do"))
    line = (
        "once killed for lack of memory: mine/config.yaml: attempt 3 of do asks for 21000 MB of memory, "
        "the largest node of partition main has 16000: set-resources: do: mem_mb: min(7000 * attempt, 16000)"
    )
    assert told(wide, again) == line
    assert told(wide, narrow, again) == f"{line}; so it is with squares"


def test_what_must_wait_for_nodes_out_of_service_is_told():
    assert requests.waiting(asked(), NODES) == ""
    assert requests.waiting(asked(partition="far"), NODES) == (
        "squares will wait: its nodes in partition far are out of service for now: n4 (down), n5 (down)"
    )


def test_the_profile_is_named_by_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "profiles/slurm").mkdir(parents=True)
    (tmp_path / "profiles/slurm/config.yaml").touch()
    for given in (["--workflow-profile", "slurm"], ["--workflow-profile=profiles/slurm"]):
        assert requests.profile_file(["snakemake", *given, "job"], tmp_path) == "profiles/slurm/config.yaml"
    assert requests.profile_file(["snakemake", "--workflow-profile"], tmp_path) == "your profile"


def test_what_measures_has_a_node_to_itself():
    asked = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())["set-resources"]
    measuring = [script.stem for script in (ROOT / "scripts").glob("*.py") if "machine_to_itself" in script.read_text()]
    assert "measure" in measuring
    assert [rule for rule in measuring if "exclusive" not in asked.get(rule, {}).get("slurm_extra", "")] == []


TOLD = """\
2026-11-26 18:58:19,256 INFO on n1, SLURM job 8
2026-11-26 18:58:28,503 {level} {text}
"""


def logs(tmp_path, own, slurms):
    paths = tmp_path / "own.log", tmp_path / "8.log"
    for path, text in zip(paths, (own, slurms), strict=True):
        path.write_text(text)
    return paths


@pytest.mark.parametrize(
    ("own", "slurms", "said", "has_raised"),
    [
        (TOLD.format(level="ERROR", text="works.x: 1 of 2 items failed"), "", "works.x: 1 of 2 items failed", True),
        (
            TOLD.format(level="ERROR", text="this rule failed\nTraceback (most recent call last):\n  …\nKeyError: 'a'"),
            "srun: error: n1: task 0: Exited with exit code 1\n",
            "KeyError: 'a'",
            True,
        ),
        (
            TOLD.format(level="ERROR", text="squares: a worker process was killed; is there enough memory?"),
            "slurmstepd: error: Detected 1 oom_kill event in StepId=8.0. Some of the step tasks have been OOM Killed.\n"
            "srun: error: n1: task 0: Out Of Memory\n",
            "slurmstepd: error: Detected 1 oom_kill event in StepId=8.0. Some of the step tasks have been OOM Killed.",
            False,
        ),
        (
            TOLD.format(level="INFO", text="half done"),
            "slurmstepd-n1: error: *** JOB 8 ON n1 CANCELLED AT 2026-11-26T18:58:08 DUE TO TIME LIMIT ***\n"
            "srun: error: n1: task 0: Exited with exit code 1\nbye\n",
            "slurmstepd-n1: error: *** JOB 8 ON n1 CANCELLED AT 2026-11-26T18:58:08 DUE TO TIME LIMIT ***",
            False,
        ),
        (TOLD.format(level="ERROR", text="of another job").replace("job 8", "job 7"), "python: not found\n\n",
         "python: not found", False),
        (TOLD.format(level="ERROR", text="CUDA out of memory"), "CUDA out of memory\n", "CUDA out of memory", True),
        ("", "", "nothing", False),
    ],
)  # fmt: skip
def test_the_log_that_tells_why(tmp_path, own, slurms, said, has_raised):
    paths = logs(tmp_path, own, slurms)
    log, last, raised = submitted.last_words(paths, "8")
    assert (last, raised) == (said, has_raised)
    assert log == paths[0 if has_raised else 1]


def test_logs_that_are_not_there_are_no_failure(tmp_path):
    assert submitted.last_words([tmp_path / "no", tmp_path / "none"], "8")[1:] == ("nothing", False)


class Job(SimpleNamespace):
    __hash__ = object.__hash__


class Run:
    """As much of a run as decides whether a job is submitted again."""

    def __init__(self, monkeypatch, retries=2, log="", states=("CANCELLED",)):
        self.told, self.log, self.cap, self.more, states = [], log, 100_000, {}, iter(states)
        rule = SimpleNamespace(name="squares_shard", expand_resources=self.resources)
        self.job = Job(
            rule=rule, wildcards_dict={"scatteritem": "2-of-4"},
            input=[], output=[], is_local=False, restart_times=retries, _attempt=1, attempt=1,
        )  # fmt: skip
        monkeypatch.setattr(slurm, "outcome", lambda job: slurm.State(next(states), "n1"))
        dag = SimpleNamespace(jobs=[self.job], jobid=lambda job: 3)
        self.handler = submitted.Submitted(SimpleNamespace(dag=dag), NODES, "mine/config.yaml", self.told.append)

    def resources(self, wildcards, files, attempt, skip_evaluation):
        return {"_cores": 1, "mem_mb": min(6000 * attempt, self.cap)} | self.more

    def fails(self, message="SLURM status is: 'FAILED'", aux={"external_jobid": "8"}, indent=False):  # noqa: B006 it is only read
        """The job fails; what Snakemake does then is done. Says whether it is submitted again."""
        event = SimpleNamespace(value="job_error")
        log = [self.log, self.log]
        self.handler.emit(
            SimpleNamespace(
                event=event, jobid=3, rule_msg=message, aux=aux, log=log, indent=indent, getMessage=lambda: "Error"
            )
        )
        again = self.job.restart_times > self.job._attempt - 1
        self.job._attempt += again
        self.job.attempt = self.job._attempt
        return again

    @property
    def next(self):
        return self.told[-1].next


def test_a_cancelled_job_is_submitted_again_as_it_was_until_retries_are_used_up(monkeypatch):
    run = Run(monkeypatch, states=["CANCELLED", "NODE_FAIL", "TIMEOUT"])
    assert [run.fails(), run.job.attempt, run.fails(), run.job.attempt, run.fails()] == [True, 1, True, 1, False]
    assert [told.next for told in run.told] == ["submitted again"] * 2 + ["not submitted again, after 3 times"]
    assert (run.told[0].job, run.told[0].state, run.told[0].node) == ("squares_shard 2-of-4", "CANCELLED", "n1")


def test_memory_rises_after_a_kill_for_lack_of_it_up_to_what_a_node_has(monkeypatch, tmp_path):
    log = tmp_path / "8.log"
    log.write_text("slurmstepd: error: Detected 1 oom_kill event in StepId=8.0.\n")
    run = Run(monkeypatch, retries=5, log=log, states=["CANCELLED", "FAILED", "OUT_OF_MEMORY", "FAILED"])
    log.write_text("")
    assert run.fails()
    log.write_text("slurmstepd: error: Detected 1 oom_kill event in StepId=8.0.\n")
    assert run.fails()
    assert (run.next, run.job.attempt) == ("submitted again, with 12000 MB of memory", 2)
    assert not run.fails()
    assert run.next == (
        "not submitted again: mine/config.yaml: attempt 3 of squares_shard asks for 18000 MB of memory, the largest "
        "node of partition main has 16000: set-resources: squares_shard: mem_mb: min(6000 * attempt, 16000)"
    )
    run.job._attempt, run.cap = 1, 100
    assert not run.fails()
    assert run.next == "not submitted again: the profile gives it no more than 100 MB"


@pytest.mark.parametrize("more", [{"constraint": "milan"}, {"cpus_per_task": 16}, {"constraint": "icelake"}])
def test_memory_rises_only_as_far_as_a_node_that_fits_has_it(monkeypatch, tmp_path, more):
    log = tmp_path / "8.log"
    log.write_text("slurmstepd: error: Detected 1 oom_kill event in StepId=8.0.\n")
    run = Run(monkeypatch, log=log, states=["OUT_OF_MEMORY"])
    run.more = more
    assert run.fails() == (more == {"constraint": "icelake"})


def test_what_raised_an_exception_is_not_submitted_again(monkeypatch, tmp_path):
    log = tmp_path / "own.log"
    log.write_text(TOLD.format(level="ERROR", text="no such thing"))
    run = Run(monkeypatch, log=log, states=["FAILED"])
    assert not run.fails()
    assert run.next == "not submitted again, as it would fail again"
    assert run.told[0].said == "no such thing"


@pytest.mark.parametrize(
    "said", ["OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB", "over its memory limit"]
)
def test_an_exception_that_speaks_of_memory_is_none_of_slurms(monkeypatch, tmp_path, said):
    log = tmp_path / "own.log"
    log.write_text(TOLD.format(level="ERROR", text=f"works.w: one by one: item 1: {said}"))
    run = Run(monkeypatch, log=log, states=["FAILED"])
    assert not run.fails()
    assert (run.told[0].state, run.next) == ("FAILED", "not submitted again, as it would fail again")


def test_a_job_that_failed_without_a_word_may_have_had_a_bad_node(monkeypatch, tmp_path):
    run = Run(monkeypatch, log=tmp_path / "none.log", states=["FAILED"])
    assert run.fails()
    assert run.next == "submitted again"


def test_a_job_that_slurm_refuses_is_told_in_its_words(monkeypatch):
    run = Run(monkeypatch, retries=0)
    message = (
        "SLURM sbatch failed. The error message was 'sbatch: error: Batch job submission failed: no account'.\n    …"
    )
    assert not run.fails(message, {})
    told = run.told[0]
    assert (told.state, told.said) == ("SLURM refused it", "sbatch: error: Batch job submission failed: no account")


@pytest.mark.parametrize(
    ("first", "sacct", "remembered", "told"),
    [
        (10, True, 30, ""),
        (20, True, 600, ""),
        (10, False, None, ""),
        (10, True, None, "for 30 s after its end, but its MinJobAge (scontrol show config) is not told"),
        (20, False, 30, "for 60 s after its end, but its MinJobAge (scontrol show config) is 30 s"),
        (1, True, 29, "for 30 s after its end, but its MinJobAge (scontrol show config) is 29 s"),
    ],
)
def test_without_accounting_the_queue_is_asked(monkeypatch, first, sacct, remembered, told):
    monkeypatch.setattr(slurm, "keeps_accounts", lambda: False)
    monkeypatch.setattr(slurm, "remembers_s", lambda: remembered)
    monkeypatch.setattr(shutil, "which", lambda command: command if sacct else None)
    settings = SimpleNamespace(status_command="sacct", init_seconds_before_status_checks=first)
    if told:
        with pytest.raises(
            UserError, match=f"^mine: .*{re.escape(told)}; slurm-init-seconds-before-status-checks: 10 "
        ):
            submitted.ask_the_queue(settings, "mine")
    else:
        submitted.ask_the_queue(settings, "mine")
    assert settings.status_command == "squeue"


def test_where_there_is_no_slurm_nothing_is_known():
    assert slurm.read_nodes("") == []
    assert requests.smallest_cpus([], "main", most=8) == 1


def test_what_is_said_while_waiting_fits_a_terminal():
    assert cluster.counted(3, 2, 5, 1, 23) == "jobs: 3 pending, 2 running, 5 of 23 done, 1 failed"
    assert len(cluster.counted(10_000, 100, 100_000, 1000, 1_000_000)) <= 80
    assert cluster.waiting(["squares 1-of-2 (SLURM job 7)"], "Resources") == (
        "squares 1-of-2 (SLURM job 7) still pending, says SLURM, for: Resources"
    )
    assert " and 2 more still" in cluster.waiting(["a", "b", "c"], "Priority")


def test_what_was_not_written_to_its_end_goes(tmp_path):
    with writing(tmp_path / "table.csv") as file:
        file.write("a,b\n")
        assert list(tmp_path.iterdir()) != []
        discard()
        assert list(tmp_path.iterdir()) == []
        (part := tmp_path / file.name).touch()
    assert not part.exists()


def test_what_a_killed_job_left_half_written_goes(monkeypatch, tmp_path):
    run = Run(monkeypatch)
    table, part, other = (tmp_path / name for name in ("1.csv", "1.csv.n1-77.part", "11.csv.n1-78.part"))
    part.touch()
    other.touch()
    run.job.output = [str(table)]
    run.fails()
    assert list(tmp_path.iterdir()) == [other]


def test_a_job_that_is_part_of_a_group_is_told_with_that(monkeypatch):
    run = Run(monkeypatch)
    run.fails(indent=True)
    assert run.told == []


def test_a_job_that_pends_is_told_once_and_after_its_own_time():
    jobs = {job: Job(rule=SimpleNamespace(name="do"), wildcards_dict={"work": job}, resources={}) for job in "123"}
    for job in "12":
        jobs[job].resources["pending_minutes"] = 0
    watch = cluster.Watch()
    watch._submitted = SimpleNamespace(jobs=jobs)
    pending = {job: slurm.State("PENDING", "", "Resources") for job in jobs}
    assert watch._waiting(pending) == ["do 1 (SLURM job 1) and 1 more still pending, says SLURM, for: Resources"]
    assert watch._waiting(pending) == []


def test_the_doc_follows_the_plugin_in_the_lock():
    root = Path(__file__).parents[3]
    locked = re.search(
        r"^snakemake-executor-plugin-slurm==(\d+\.\d+)", (root / "requirements/extras.txt").read_text(), re.M
    )
    assert f"in version {locked[1]} of the plugin, which this follows" in (root / "docs/cluster.md").read_text()
