"""The same workflow on a real cluster: the same tables, and whatever dies, the same outcome."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event

import pytest

from helpers.journals import journaled
from helpers.replies import reply, status
from helpers.server import FaultServer
from helpers.workflows import unwrapped

from . import slurm

pytestmark = pytest.mark.heavy

SHORT_QUEUE = ("--slurm-init-seconds-before-status-checks", "1")  # all else is as shipped
PAGES = "results/download/pages.csv"


@pytest.fixture(scope="module")
def cluster():
    if reason := slurm.missing():
        if os.environ.get("CLUSTER_TESTS") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="slurm") as folder, slurm.Cluster(Path(folder)) as running:
        yield running


@pytest.fixture
def server():
    with FaultServer() as running:
        yield running


def submit(workflow, *targets, profile="slurm", options=SHORT_QUEUE):
    """`snakemake` on the cluster, under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--workflow-profile", profile, *options, "--", *targets],
        cwd=workflow.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(running, code=0):
    """What it said, in one line."""
    said = running.communicate(timeout=240)[0]
    assert running.returncode == code, said
    assert "\r" not in said
    return unwrapped(said)


def change(workflow, *replaced):
    """Edit a copy of the profile, as docs/cluster.md has it; its folder."""
    text = (workflow.folder / "profiles/slurm/config.yaml").read_text()
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new)
    (workflow.folder / "mine").mkdir(exist_ok=True)
    (workflow.folder / "mine/config.yaml").write_text(text)
    return "mine"


def job_only(works=(), **halves):
    """A configuration that does a job, with functions of `own.py` on one item each, and compares nothing."""
    config = {"download": {"sites": []}, "squares": {"numbers": []}} | halves
    own = {name: {"function": f"own.py:{name}", "items": [8], "strategies": []} for name in works}
    return {name: given | {"strategies": []} for name, given in config.items()} | {"works": own}


def rows(workflow, table=PAGES):
    """The rows of a table without the columns that are times."""
    with open(workflow.folder / table, encoding="utf-8", newline="") as file:
        return [{key: row[key] for key in row if not key.endswith("_ms")} for row in csv.DictReader(file)]


def live(urls, shards, **politeness):
    """A configuration that downloads `urls` live, and nothing else."""
    return {
        "download": {
            "sites": urls,
            "source": "live",
            "live": {"contact": "me@example.org", "requests_per_second": 1000, "robots": False, **politeness},
            "shards": shards,
            "strategies": [],
        },
        "squares": {"numbers": []},
    }


def waiting_hosts(server, count, pages):
    """`count` hosts, each with so many pages, of which all but the first few wait for an event; and that."""
    hosts, go_on = [f"http://127.0.0.{i}:{server.listen(f'127.0.0.{i}')}" for i in range(1, count + 1)], Event()
    scripts = {page: [[0.1 if page < 10 else go_on, reply()]] for page in range(pages)}
    server.play({f"/{i}-{page}": script for i in range(1, count + 1) for page, script in scripts.items()})
    return [f"{host}/{i}-{page}" for page in range(pages) for i, host in enumerate(hosts, 1)], go_on


def hits_of(server, host):
    return sum(hits for path, hits in list(server.hits.items()) if path.startswith(f"/{host}-"))


def test_four_shards_give_the_tables_of_one_machine(cluster, workflow, small):
    small["squares"]["numbers"] = [1000, 0, 2_000_000, 7, 7, 30]
    small["rounds"] = 1
    workflow.configure(small)
    assert workflow.run("job").returncode == 0
    pages, sums = rows(workflow), (workflow.folder / "results/squares/sums.csv").read_bytes()
    small["download"]["shards"] = small["squares"]["shards"] = 4
    workflow.configure(small)
    little = "squares_shard: {mem_mb: 60 if attempt == 1 else 500"
    said = finish(submit(workflow, profile=change(workflow, ("squares_shard: {mem_mb: 1500 * attempt", little))))
    for shard in range(1, 5):
        assert f"squares_shard {shard}-of-4 failed on node" in said
    assert said.count("OUT_OF_MEMORY (SLURM job") == said.count("submitted again, with 500 MB of memory") == 4
    assert said.count("slurmstepd-node") == 4
    assert re.search(r"jobs: \d+ pending, \d+ running, \d+ of 2\d done, 0 failed", said)
    assert rows(workflow) == pages
    assert (workflow.folder / "results/squares/sums.csv").read_bytes() == sums
    assert len(list((workflow.folder / "results/download/shards").iterdir())) == 4
    samples = rows(workflow, "results/tables/timings.csv")
    assert {sample["host"] for sample in samples} == {"main"}
    assert {sample["node"] for sample in samples} <= set(slurm.NODES)
    assert {(sample["cores"], sample["error"]) for sample in samples} == {(str(slurm.CPUS), "")}


def test_kinds_of_nodes_are_compared_each_on_the_workers_that_are_found_there(cluster, workflow, small):
    small["download"]["sites"] = []
    small["squares"]["strategies"] = ["sequential", "threads"]
    small["screening_rounds"] = 1
    small |= {"hosts": [{"name": "old", "partition": "small"}, {"name": "new", "constraint": "large"}]}
    workflow.configure(small)
    shared = [  # for a site that gives nobody a whole node
        ("  screen: {slurm_extra: \"'--exclusive'\", ", "  screen: {"),
        ("  measure: {slurm_extra: \"'--exclusive'\", ", "  measure: {"),
        ("set-resources:\n", "set-threads: {screen: 2, measure: 2}\nset-resources:\n"),
        ("runtime: 120}", "runtime: 60}"),
    ]
    local = workflow.run()
    assert local.returncode != 0
    assert "hosts: there is no cluster in this run; add --workflow-profile slurm, or set hosts: []" in local.stdout
    finish(submit(workflow, profile=change(workflow, *shared)))
    samples = rows(workflow, "results/tables/timings.csv")
    ran_on = {(sample["host"], sample["node"]) for sample in samples}
    assert {node for host, node in ran_on if host == "old"} == {"node1"}
    assert {node for host, node in ran_on if host == "new"} <= {"node2", "node3"}
    screened = [sample for sample in samples if sample["screening"] == "True"]
    assert {(sample["host"], sample["workers"]) for sample in screened} >= {
        (host, str(workers)) for host in ("old", "new") for workers in (1, slurm.CPUS)
    }
    verdict = json.loads((workflow.folder / "results/tables/verdict.json").read_text())["squares"]
    assert set(verdict["hosts"]) == {"old", "new"}
    assert "On old: " in verdict["sentence"]
    assert "On new: " in verdict["sentence"]


def test_a_dying_node_and_a_cancelled_job(cluster, workflow, server):
    urls, go_on = waiting_hosts(server, 4, pages=60)
    workflow.configure(live(urls, shards=4, in_flight_per_host=2))
    running = submit(workflow, PAGES)
    slurm.wait_for(lambda: len(cluster.jobs("download_shard")) == 4)
    state = workflow.folder / "results/download/state"
    slurm.wait_for(lambda: [journaled(journal) for journal in state.glob("*/journal")] == [(10, 0)] * 4)
    (_, node), *_, (other, _) = sorted(cluster.jobs("download_shard").items(), key=lambda job: job[1])
    cluster.kill(node)
    cluster.ask("scancel", other)
    slurm.wait_for(lambda: not cluster.steps(other))  # it ends some seconds after it was asked to
    go_on.set()
    try:
        said = finish(running)
    finally:
        cluster.start(node)
    assert re.search(
        rf"download_shard \d-of-4 failed on node\d: CANCELLED \(SLURM job {other}\); submitted again ", said
    )
    assert re.search(rf"download_shard \d-of-4 failed on {node}: NODE_FAIL \(SLURM job \d+\); submitted again ", said)
    assert {memory for _, memory in cluster.asked("rule_download_shard")} == {"1000M"}
    assert [(row["url"], row["error"]) for row in rows(workflow)] == [(url, "") for url in urls]
    assert sum(server.hits.values()) <= len(urls) + 4 * 2  # again at most what was under way


def test_a_killed_submitter(cluster, workflow, server):
    urls, go_on = waiting_hosts(server, 3, pages=40)
    urls = [url for url in urls if "/1-" not in url or url.endswith("/1-0")]  # the first host's shard is done at once
    workflow.configure(live(urls, shards=3, in_flight_per_host=1))
    short = "download_shard: {mem_mb: 1000 * attempt, runtime: "
    profile = change(workflow, ("jobs: 20", "jobs: 100"), (f"{short}1440", f"{short}60"))
    running = submit(workflow, PAGES, profile=profile)
    shards = workflow.folder / "results/download/shards"
    slurm.wait_for(lambda: list(shards.glob("*.csv")) and min(hits_of(server, i) for i in (2, 3)) > 3)
    assert "1:00:00" in cluster.ask("squeue", "-h", "-t", "running", "-o", "%l").splitlines()
    running.kill()
    running.communicate()
    go_on.set()
    finish(submit(workflow, PAGES))
    assert [(row["url"], row["error"]) for row in rows(workflow)] == [(url, "") for url in urls]
    assert hits_of(server, 1) == 1
    assert sum(server.hits.values()) <= len(urls) + 2
    cluster.ask("scancel", "--user", "root")


def test_limits_of_a_host_hold_across_shards(cluster, workflow, server):
    ports = {i: server.listen(f"127.0.0.{i}") for i in (1, 2)}
    large, little = (f"127.0.0.{i}:{port}" for i, port in ports.items())
    urls = [f"http://{large}/{page}" for page in range(60)] + [f"http://{little}/{page}" for page in range(60, 64)]
    server.play({f"/{page}": [[0.2, reply()]] for page in range(64)} | {"/7": [status("404 Not Found")]})
    config = live(urls, shards=4, in_flight_per_host=2, requests_per_second=8)
    config["download"]["max_failures"] = 1
    workflow.configure(config)
    said = finish(submit(workflow, PAGES))
    assert "1 of 64 pages failed" in said
    assert [row["error"] for row in rows(workflow)] == ["status" if url.endswith("/7") else "" for url in urls]
    shares = [len(rows(workflow, f"results/download/shards/{i}-of-4.csv")) for i in (1, 2, 3, 4)]
    assert sorted(shares) == [0, 4, 30, 30]  # split in two, for no more than two may be in flight
    assert server.peak[large] <= 2
    seen = [time for path, time in server.times if int(path[1:]) < 60]
    assert seen[-1] - seen[0] >= 58 / 8 * 0.9


def test_what_no_node_can_do_is_told_before_anything_is_submitted(cluster, workflow):
    workflow.configure(
        job_only(
            download={"sites": ["http://a.test/", "http://b.test/"], "shards": 2},
            squares={"numbers": [1000, 2000], "shards": 2},
            works=["slow"],
        )
    )
    (workflow.folder / "own.py").write_text("def slow(seconds):\n    return seconds\n")
    before = cluster.submitted()
    too_much = [
        ("set-resources:\n", "set-threads: {squares_shard: 8}\nset-resources:\n"),
        ("  download_shard: {mem_mb: 1000 * attempt", "  download_shard: {mem_mb: 3000"),
        ("  do: {", "  do: {slurm_partition: small, "),
    ]
    said = finish(submit(workflow, "job", profile=change(workflow, *too_much)), code=1)
    for wrong in (
        "squares_shard asks for 8 CPUs, the largest node of partition main has 2: set-threads: squares_shard: 2",
        "download_shard asks for 3000 MB of memory, the largest node of partition main has 2000: "
        "set-resources: download_shard: mem_mb: 2000",
        "do asks for 1440 minutes, partition small gives 60 at most: set-resources: do: runtime: 60",
    ):
        assert f"mine/config.yaml: {wrong}" in said
    nowhere = change(workflow, ("pending_minutes: 10", "slurm_partition: short"))
    said = finish(submit(workflow, "job", profile=nowhere), code=1)
    wrong = "squares_shard asks for partition short, which there is not; slurm_partition: one of main, small"
    assert f"mine/config.yaml: {wrong}" in said
    refused = change(workflow, ("pending_minutes: 10", "slurm_extra: \"'--licenses=unheard-of:1'\""))
    said = finish(submit(workflow, "job", profile=refused), code=1)
    last = "squares_shard 1-of-2 failed: SLURM refused it; not submitted again, after 3 times SLURM: sbatch: error: "
    assert f"{last}Batch job submission failed: Invalid license specification" in said
    assert cluster.submitted() == before


def test_only_what_was_killed_is_submitted_again(cluster, workflow):
    (workflow.folder / "own.py").write_text(
        "import time\n\ndef slow(seconds):\n    time.sleep(seconds)\n    return seconds\n\n"
        "def failing(item):\n    raise ValueError(f'no such thing: {item}')\n"
    )
    workflow.configure(job_only(works=["slow", "failing"]))
    before = cluster.submitted()
    running = submit(workflow, "job", options=())
    slurm.wait_for((workflow.folder / "results/slow/state").exists)
    (slow,) = (job for job, name in cluster.comments().items() if name == "rule_do_wildcards_slow")
    cluster.ask("scancel", slow)
    said = finish(running, code=1)
    assert re.search(rf"do slow failed on node\d: CANCELLED \(SLURM job {slow}\); submitted again ", said)
    assert re.search(
        r"do failing failed on node\d: FAILED \(SLURM job \d+\); not submitted again, as it would fail", said
    )
    assert (
        "results/logs/do/failing.log: works.failing: 1 of 1 items failed, and works.failing.max_failures is 0" in said
    )
    assert cluster.submitted() == before + 3
    assert {job[1] for job in cluster.asked("rule_do_wildcards_slow")} == {"1500M"}
    assert (workflow.folder / "results/slow/results.jsonl").exists()


def test_drained_nodes_are_told_and_ctrl_c_leaves_nothing(cluster, workflow):
    workflow.configure(job_only(squares={"numbers": {"start": 60_000_000, "count": 40}, "shards": 2}))
    mine = "pending_minutes: 0\n  slurm_partition: main\n  slurm_account: lab"
    cluster.drain(*slurm.NODES)
    try:
        running = submit(workflow, "job", profile=change(workflow, ("pending_minutes: 10", mine)))
        slurm.wait_for(lambda: len(cluster.jobs("squares_shard", "pending")) == 2)
        assert set(cluster.ask("squeue", "-h", "-o", "%P %a").splitlines()) == {"main lab"}
        told = ""
        while "jobs: 2 pending, 0 running, 0 of 4 done, 0 failed" not in told:
            told += running.stdout.readline()
    finally:
        cluster.resume(*slurm.NODES)
    said = unwrapped(told)
    gone = ", ".join(f"{node} (drained)" for node in slurm.NODES)
    assert f"squares_shard will wait: its nodes in partition main are out of service for now: {gone}" in said
    assert (
        "once killed for lack of memory: mine/config.yaml: attempt 2 of squares_shard asks for 3000 MB of memory "
        "and 2 CPUs, the largest node of partition main has 2000: set-resources: squares_shard: mem_mb: "
        "min(1500 * attempt, 2000)"
    ) in said
    assert re.search(r"squares_shard \d-of-2 \(SLURM job \d+\) (and 1 more )?still pending, says SLURM, for: ", said)
    assert "UnavailableNodes" in said or "DRAINED" in said
    shards = workflow.folder / "results/squares/shards"
    slurm.wait_for(lambda: len(list(shards.glob("*.part"))) == 2)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode != 0
    slurm.wait_for(lambda: not cluster.ask("squeue", "-h"), seconds=30)
    assert not list(shards.glob("*"))
