"""The same workflow on a real cluster: the same tables, and whatever dies, the same outcome."""

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event

import pytest

from helpers.journals import journaled
from helpers.replies import reply, status
from helpers.server import FaultServer

from . import slurm

pytestmark = pytest.mark.heavy

# Of a cluster without accounting; and what its nodes of two cores can give.
HERE = ("--slurm-no-account", "--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1")
HERE += ("--set-threads", "squares=2", "squares_shard=2", "--default-resources", "mem_mb=400", "runtime=10")
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


def submit(workflow, *targets):
    """`snakemake` on the cluster, under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--workflow-profile", "slurm", *HERE, "--", *targets],
        cwd=workflow.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(running):
    said = running.communicate(timeout=240)[0]
    assert running.returncode == 0, said
    return said


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
    profile = workflow.folder / "profiles/slurm/config.yaml"
    asked = "squares_shard: {mem_mb: 2000 * attempt"
    assert asked in profile.read_text()
    profile.write_text(profile.read_text().replace(asked, "squares_shard: {mem_mb: 60 if attempt == 1 else 500"))
    said = finish(submit(workflow))
    assert said.count("Trying to restart job") == 4
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
    local = workflow.run()
    assert local.returncode != 0
    assert "hosts: there is no cluster in this run; add --workflow-profile slurm, or set hosts: []" in local.stdout
    finish(submit(workflow))
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
    slurm.wait_for(lambda: other not in cluster.jobs("download_shard"))  # it ends a moment after it was asked to
    go_on.set()
    try:
        finish(running)
    finally:
        cluster.start(node)
    assert [(row["url"], row["error"]) for row in rows(workflow)] == [(url, "") for url in urls]
    assert sum(server.hits.values()) <= len(urls) + 4 * 2  # again at most what was under way


def test_a_killed_submitter(cluster, workflow, server):
    urls, go_on = waiting_hosts(server, 3, pages=40)
    urls = [url for url in urls if "/1-" not in url or url.endswith("/1-0")]  # the first host's shard is done at once
    workflow.configure(live(urls, shards=3, in_flight_per_host=1))
    running = submit(workflow, PAGES)
    shards = workflow.folder / "results/download/shards"
    slurm.wait_for(lambda: list(shards.glob("*.csv")) and min(hits_of(server, i) for i in (2, 3)) > 3)
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
