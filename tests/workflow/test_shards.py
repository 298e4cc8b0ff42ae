"""Shards on one machine: the tables of the whole job, the manners of one downloader, and failures that stay alone."""

import csv

import pytest

from helpers.replies import OK, reply, status
from helpers.server import FaultServer

PAGES = "results/download/pages.csv"


@pytest.fixture
def server():
    with FaultServer() as running:
        yield running


def rows(workflow):
    """The rows of pages.csv without the columns that are times."""
    with open(workflow.folder / PAGES, encoding="utf-8", newline="") as file:
        return [{key: row[key] for key in row if not key.endswith("_ms")} for row in csv.DictReader(file)]


@pytest.mark.heavy
def test_four_shards_give_the_tables_of_one(workflow, small):
    small["download"]["sites"] += ["http://site-1.test/more", "http://www.site-1.test/", "http://site-0.test/page"]
    small["squares"] |= {"numbers": [1000, 0, 200_000, 7, 7, 30], "strategies": []}
    small["download"]["strategies"] = []
    workflow.configure(small)
    assert workflow.run().returncode == 0
    pages, sums = rows(workflow), (workflow.folder / "results/squares/sums.csv").read_bytes()
    stored = sorted(path.name for path in (workflow.folder / "results/download/pages").iterdir())
    small["download"]["shards"], small["squares"]["shards"] = 4, 3
    workflow.configure(small)
    assert workflow.scheduled("job") == {
        "download_shard": 4,
        "gather_download": 1,
        "squares_shard": 3,
        "gather_squares": 1,
        "job": 1,
    }
    outcome = workflow.run()
    assert outcome.returncode == 0, outcome.stdout
    assert "7 pages: results/download/pages.csv" in outcome.stdout
    assert rows(workflow) == pages
    assert (workflow.folder / "results/squares/sums.csv").read_bytes() == sums
    assert sorted(path.name for path in (workflow.folder / "results/download/pages").iterdir()) == stored


@pytest.mark.heavy
def test_limits_hold_across_shards_and_bad_pages_fail_alone(workflow, server):
    port = server.listen("127.0.0.1")
    urls = [f"http://127.0.0.1:{port}/{page}" for page in range(24)]
    server.play(
        {
            "/robots.txt": [[reply(b"User-agent: *\nCrawl-delay: 0.1")]],
            **{f"/{page}": [[0.05, reply()]] for page in range(24)},
            "/5": [status("404 Not Found"), OK],
            "/20": [status("410 Gone"), OK],
        }
    )
    workflow.configure(
        {
            "download": {
                "sites": urls,
                "source": "live",
                "live": {"contact": "me@example.org", "requests_per_second": 1000},
                "shards": 4,
                "strategies": [],
            },
            "squares": {"numbers": []},
        }
    )
    outcome = workflow.run()
    assert outcome.returncode != 0
    assert "2 of 24 pages failed" in outcome.stdout
    assert "download: 2 failures are more than download.max_failures: 0 tolerates" in outcome.stdout
    assert "Traceback" not in outcome.stdout
    assert server.peak[f"127.0.0.1:{port}"] <= 3  # download.live.in_flight_per_host
    seen = [time for path, time in server.times if path != "/robots.txt"]
    assert len(seen) == 24
    assert seen[-1] - seen[0] >= 0.1 * (24 - 3) / 2  # half, for what starts a burst may have been slow to arrive
    outcome = workflow.run()
    assert outcome.returncode == 0, outcome.stdout
    assert [(row["url"], row["error"]) for row in rows(workflow)] == [(url, "") for url in urls]
    assert {page: hits for page, hits in server.hits.items() if hits > 1} == {"/robots.txt": 5, "/5": 2, "/20": 2}


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"download": {"shards": 0}}, "download.shards: must be at least 1, not 0"),
        ({"squares": {"shards": 1.5}}, "squares.shards: expected a whole number, not 1.5"),
        ({"hosts": [{"name": "a"}]}, "hosts: a: give the partition or the constraint that such nodes have"),
        (
            {"hosts": [{"name": "a", "partition": "p"}, {"name": "a", "partition": "q"}]},
            "hosts: there are two named a; give each a name of its own",
        ),
        ({"hosts": [{"name": "a/b", "partition": "p"}]}, "hosts.0.name: 'a/b' is not a name of letters, digits"),
    ],
)
def test_a_bad_setting_is_one_line(workflow, small, config, line):
    workflow.configure(small | config)
    outcome = workflow.run("--dry-run")
    assert outcome.returncode != 0
    assert f"config.yaml: {line}" in outcome.stdout
