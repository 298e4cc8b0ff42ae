"""The rules check_replay and verify, on a server that plays the real sites as they were recorded."""

import csv
import json
import logging
from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest
from snakemake.iocontainers import Namedlist

import check_replay
import verify
from concurrency.deciding import tables
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.downloader import fetch
from concurrency.measuring.arms import Arm
from concurrency.measuring.comparison import Comparison
from concurrency.measuring.interpreters import RUNNING
from concurrency.workloads.download import replay
from concurrency.workloads.download.sites import Site
from helpers.campaigns import ASYNCIO, ONE_BY_ONE, around, table

SITES = [Site(f"http://a.test/{i}", wire_bytes=30_000, latency_ms=60, rtt_ms=20) for i in range(8)]
PATH = {"mbit_per_s": None, "spread_ms": [], "stalls_ms": [], "hosts": {}, "recordings": []}


@pytest.fixture
def truth():
    """The URLs of the real sites, for as long as they are there."""
    with replay.serve(SITES, 1) as urls:
        yield urls


@pytest.fixture
def rule(tmp_path):
    """A rule on the sites at `urls` as a live download has left them, as its script sees it."""

    def made(urls, **inputs):
        with open(tmp_path / "profile.csv", "w", encoding="utf-8", newline="") as file:
            rows = csv.DictWriter(file, asdict(SITES[0]))
            rows.writeheader()
            rows.writerows(asdict(replace(site, url=url)) for site, url in zip(SITES, urls, strict=True))
        (tmp_path / "path.json").write_text(json.dumps(PATH))
        fields = {"source": tmp_path / "profile.csv", "path": tmp_path / "path.json"}
        comparison = Comparison("Download", fields, [Arm("sequential"), Arm("asyncio", 15)])
        return SimpleNamespace(
            params=SimpleNamespace(compared=[comparison.plain()], conditions={"timeout_s": 60}),
            input=Namedlist(fromdict=inputs),
            output=[tmp_path / "found.json"],
            threads=2,
        )

    return made


def found(tmp_path):
    return json.loads((tmp_path / "found.json").read_text())


def test_the_replay_is_compared_with_what_was_recorded(truth, rule, tmp_path):
    manners = fetch.Manners(15, in_flight_per_host=3, requests_per_second=10, record=True)
    for page in fetch.fetch_all(truth, truth, tmp_path, "live", manners, fetch.Limits(), lambda *_: None):
        assert not page.error
    check_replay.main(rule(truth))
    took = found(tmp_path)
    assert set(took) == {"one_by_one", "polite"}
    for both in took.values():
        assert both["replayed_s"] >= 8 * 0.06
        assert both["real_s"] >= 8 * 0.06 * 0.9  # the model may take more off than there is
        assert both["replayed_s"] == pytest.approx(both["real_s"], rel=0.5)


def test_without_a_recording_there_is_nothing_to_compare(truth, rule, tmp_path):
    check_replay.main(rule(truth))
    assert found(tmp_path) == {}


def decided(tmp_path):
    """The tables of a comparison that recommends asyncio."""
    timings = table({ONE_BY_ONE: around(1.5), ASYNCIO: around(0.15, seed=1)}, interpreter=RUNNING.label)
    summary = summarise(timings)
    tables.write(summary, tmp_path / "summary.csv")
    (tmp_path / "verdict.json").write_text(json.dumps(verdict(timings, summary)))
    return {"summary": tmp_path / "summary.csv", "verdict": tmp_path / "verdict.json"}


def test_the_recommended_arm_is_measured_for_real(truth, rule, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        verify.main(rule(truth, **decided(tmp_path)))
    assert "now asking the real sites for 8 pages, 4 times, up to 15 at once" in caplog.text
    took = found(tmp_path)
    assert [(arm["name"], len(arm["real_s"])) for arm in took["arms"]] == [
        ("one by one", 2),
        ("asyncio with 15 in flight", 2),
    ]
    assert [arm["replayed_s"] for arm in took["arms"]] == [pytest.approx(1.5, rel=0.01), pytest.approx(0.15, rel=0.01)]
    assert min(took["arms"][0]["real_s"]) >= 8 * 0.06
    assert took["sentence"].startswith("For real: one by one ")


def test_what_fails_for_real_ends_it_in_one_line(truth, rule, tmp_path):
    missing = [*truth[:-1], f"{truth[-1]}99"]
    verify.main(rule(missing, **decided(tmp_path)))
    took = found(tmp_path)
    assert took["sentence"] == f"Not verified: one by one: {missing[-1]}: status 404."
    assert [arm["real_s"] for arm in took["arms"]] == [[], []]
