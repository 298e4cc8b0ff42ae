"""The rule `download` as users meet it: live sites, interruptions, failures told, one clear line for what is wrong."""

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from concurrency import codings
from concurrency.downloader import recorded
from helpers.journals import journaled
from helpers.replies import BODY, OK, reply, status, to

PAGES = "results/download/pages.csv"


@pytest.fixture
def live(workflow, places, monkeypatch):
    """Configures a live download of pages of a loopback server."""
    monkeypatch.setenv("SSL_CERT_FILE", str(places.authority))
    monkeypatch.setenv("no_proxy", "*")

    def configure(urls, **download):
        limits = {"retries": 1, "backoff_s": 0.05} | download.pop("limits", {})
        workflow.configure(
            {
                "download": {
                    "sites": urls,
                    "source": "live",
                    "live": {"contact": "me@example.org", "requests_per_second": 1000},
                    "limits": limits,
                    "strategies": ["sequential"],
                    **download,
                },
                "squares": {"numbers": []},
                "rounds": 1,
            }
        )
        return workflow

    return configure


def rows(workflow, table=PAGES):
    with open(workflow.folder / table, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def begin(workflow, *targets):
    """`snakemake` in a session of its own, under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "2", *targets],
        cwd=workflow.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.heavy
def test_live_download_is_measured_as_replay(live, places):
    server = places.server
    server.play({"/robots.txt": [status("404 None")], "/a": [OK], "/b": [[0.05, reply()]], "/c": [to("/a")]})
    plain, tls = places.urls["plain"], places.urls["tls"]
    urls = [f"{plain}/a", f"{tls}/b", f"{tls}/c", f"{plain}/a"]
    workflow = live(urls)
    outcome = workflow.run()
    assert outcome.returncode == 0, outcome.stdout
    pages = rows(workflow)
    assert [page["url"] for page in pages] == urls
    assert all(page["status"] == "200" and page["error"] == "" for page in pages)
    assert (workflow.folder / "results/download" / pages[1]["file"]).read_bytes() == BODY
    assert server.hits == {"/robots.txt": 2, "/a": 2, "/b": 1, "/c": 1}
    assert all(b"(me@example.org)" in head for head in server.heads)
    profile = rows(workflow, "results/download/profile.csv")
    assert [site["url"] for site in profile] == urls
    assert float(profile[1]["latency_ms"]) >= 50
    assert {site["wire_bytes"] for site in profile} == {str(len(BODY))}
    assert (workflow.folder / "results/report.html").exists()
    found = json.loads((workflow.folder / "results/tables/verdict.json").read_text(encoding="utf-8"))["download"]
    assert found["manners"]["least_s"] > 0.05
    assert "With 3 in flight and 1000 requests/s to one host, as `live` has it, 1 in flight takes" in found["sentence"]


def recorded_lines(workflow):
    return [*recorded.read(workflow.folder / "results/download")]


@pytest.mark.heavy
@pytest.mark.parametrize("shards", [1, 2])
def test_the_probe_is_announced_made_once_and_recorded(live, places, shards):
    server = places.server
    server.play({"/robots.txt": [status("404 None")], **{f"/{i}": [[0.02, reply()]] for i in range(6)}})
    urls = [f"{places.urls['plain']}/{i}" for i in range(6)]
    asked = {"contact": "me@example.org", "requests_per_second": 1000}
    workflow = live(urls, live=asked, shards=shards, strategies=[])
    outcome = workflow.run(PAGES)
    assert outcome.returncode == 0, outcome.stdout
    polite = recorded_lines(workflow)
    assert {line["kind"] for line in polite} == {"page", "robots"}
    assert {line["url"] for line in polite if line["kind"] == "page"} == {*urls}
    assert "live.probe" not in outcome.stdout
    assert max(server.peak.values()) <= 3

    workflow = live(urls, live=asked | {"probe": True}, shards=shards, strategies=[])
    outcome = workflow.run(PAGES)
    assert outcome.returncode == 0, outcome.stdout
    assert "30 requests beyond what manners allow, up to 6 at once" in outcome.stdout
    probed = recorded_lines(workflow)
    assert [line for line in probed if line["kind"] != "probe"] == polite
    assert sorted(line["burst"] for line in probed if line["kind"] == "probe") == [0] * 20 + [1] * 4 + [2] * 6

    before = server.hits.total()
    again = workflow.run("--forcerun", "gather_download" if shards > 1 else "download", PAGES)
    assert again.returncode == 0, again.stdout
    assert recorded_lines(workflow) == probed
    assert server.hits.total() == before
    accepted = {re.search(rb"\r\nAccept-Encoding: ([^\r]*)", head)[1].decode() for head in server.heads}
    assert accepted == {codings.ACCEPTED}
    profile = rows(workflow, "results/download/profile.csv")
    assert all(float(site["connect_ms"]) > 0 for site in profile)


def test_failures_are_told_and_tried_again(live, places):
    server = places.server
    server.play(
        {
            "/robots.txt": [[reply(b"")]],
            "/a": [OK],
            "/gone": [status("404 Not Found"), OK],
            "/busy": [status("500 Oops")] * 2 + [OK],
        }
    )
    site = places.urls["plain"]
    workflow = live([f"{site}/{name}" for name in ("a", "gone", "busy")])
    outcome = workflow.run(PAGES)
    assert outcome.returncode == 1
    assert "2 of 3 pages failed" in outcome.stdout
    assert "2 × status: a status other than 200" in outcome.stdout
    assert f"{site}/gone: status 404 Not Found" in outcome.stdout
    assert "what to do: " in outcome.stdout
    assert "Traceback" not in outcome.stdout
    assert not (workflow.folder / PAGES).exists()
    outcome = workflow.run(PAGES)
    assert outcome.returncode == 0, outcome.stdout
    assert [row["error"] for row in rows(workflow)] == ["", "", ""]
    assert server.hits["/a"] == 1


@pytest.mark.heavy
def test_failed_pages_are_in_a_table_that_stays(live, places):
    """Snakemake removes pages.csv when the rule fails; no login is in any table, nor on the screen."""
    places.server.play({"/robots.txt": [status("404 None")], "/{a}": [OK], "/b": [status("410 \x1b[31mGone")]})
    site = places.urls["plain"]
    urls = [f"{site}/%7Ba%7D", f"{site}/{{x}}", site.replace("//", "//user:secret@") + "/b"]
    places.server.scripts |= {"/%7Ba%7D": [OK], "/%7Bx%7D": [OK]}
    workflow = live(urls)
    outcome = workflow.run("job")
    assert outcome.returncode != 0
    assert not (workflow.folder / PAGES).exists()
    assert "their rows, with the details, are in results/download/state/failed.csv:" in outcome.stdout
    [row] = rows(workflow, "results/download/state/failed.csv")
    assert (row["url"], row["error"], row["status"]) == (site.replace("//", "//***@") + "/b", "status", "410")
    assert row["detail"] == "status 410 \\x1b[31mGone"
    assert "\x1b[31mGone" not in outcome.stdout
    assert "Authorization: Basic dXNlcjpzZWNyZXQ=" in places.server.heads[-1].decode()
    places.server.scripts["/b"] = [OK]
    outcome = workflow.run("--config", "explain=false")
    assert outcome.returncode == 0, outcome.stdout
    assert not (workflow.folder / "results/download/state/failed.csv").exists()
    assert [row["url"] for row in rows(workflow)] == [*urls[:2], site.replace("//", "//***@") + "/b"]
    for file in (workflow.folder / "results").rglob("*"):
        assert not file.is_file() or b"secret" not in file.read_bytes(), file


@pytest.mark.heavy
def test_tolerated_failures_are_tried_again_when_asked(live, places):
    server = places.server
    server.play({"/robots.txt": [[reply(b"")]], "/a": [OK], "/gone": [status("404 Not Found"), OK]})
    site = places.urls["plain"]
    workflow = live([f"{site}/a", f"{site}/gone"], max_failures=1)
    outcome = workflow.run(PAGES)
    assert outcome.returncode == 0, outcome.stdout
    assert "snakemake --forcerun download" in outcome.stdout
    assert [row["error"] for row in rows(workflow)] == ["", "status"]
    assert len(rows(workflow, "results/download/profile.csv")) == 1
    workflow.run("--forcerun", "download", "--", PAGES)
    assert [row["error"] for row in rows(workflow)] == ["", ""]
    assert server.hits["/a"] == 1


@pytest.mark.parametrize(
    "how",
    [signal.SIGKILL, signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.heavy)],
    ids=lambda how: how.name,
)
def test_goes_on_after_an_interruption(live, places, how):
    server = places.server
    interrupted = threading.Event()
    scripts = {f"/{i}": [[reply()]] if i < 30 else [[interrupted, reply()]] for i in range(60)}
    server.play({"/robots.txt": [[reply(b"")]], **scripts})
    urls = [f"{places.urls['plain']}/{i}" for i in range(60)]
    workflow = live(urls, in_flight=3)
    running = begin(workflow, PAGES)
    journal = workflow.folder / "results/download/state/journal"
    wait_for(lambda: journal.exists() and journaled(journal)[0] == 30)
    if how != signal.SIGINT:  # after which there is time for them to become certain
        wait_for(lambda: journaled(journal) == (30, 0))
    if how == signal.SIGKILL:
        running.kill()  # Snakemake alone: its job must end by itself
    else:
        os.killpg(running.pid, how)
    said = running.communicate(timeout=60)[0]
    assert "Traceback" not in said
    before = sum(server.hits.values())
    assert before <= 1 + 30 + 3
    interrupted.set()
    outcome = workflow.run(PAGES)
    assert outcome.returncode == 0, outcome.stdout
    assert [row["error"] for row in rows(workflow)] == [""] * 60
    assert sum(server.hits.values()) <= 2 + 60 + 3  # robots.txt twice, and again only what was under way


def full_disk(folder):
    """Makes `folder` a disk of 2 MB, where this system lets us have one."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("needs root on Linux")
    folder.mkdir(parents=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False)
    if made.returncode:
        pytest.skip("may not mount")


@pytest.mark.heavy
def test_goes_on_after_a_full_disk(live, places):
    bodies = {f"/{i}": random.Random(i).randbytes(50_000) for i in range(80)}
    places.server.play({"/robots.txt": [[reply(b"")]], **{path: [[reply(body)]] for path, body in bodies.items()}})
    workflow = live([places.urls["plain"] + path for path in bodies], in_flight=4)
    results = workflow.folder / "results/download"
    full_disk(results)
    try:
        outcome = workflow.run(PAGES)
        assert outcome.returncode != 0
        assert outcome.stdout.count("No space left on device; put that right and run the same command again") == 1
        assert "Traceback" not in outcome.stdout
        subprocess.run(["mount", "-o", "remount,size=20m", results], check=True)
        asked = sum(places.server.hits.values())
        outcome = workflow.run(PAGES)
        assert outcome.returncode == 0, outcome.stdout
        assert [row["error"] for row in rows(workflow)] == [""] * len(bodies)
        assert [(results / row["file"]).read_bytes() for row in rows(workflow)] == list(bodies.values())
        assert len(list((results / "pages").iterdir())) == len(bodies)
        assert sum(places.server.hits.values()) - asked < len(bodies)
    finally:
        subprocess.run(["umount", results], check=True)


def test_two_live_runs_exclude_each_other(live, places):
    server, refused = places.server, threading.Event()
    server.play({"/robots.txt": [[reply(b"")]], **{f"/{i}": [[refused, reply()]] for i in range(40)}})
    workflow = live([f"{places.urls['plain']}/{i}" for i in range(40)], in_flight=2)
    first = begin(workflow, PAGES)
    wait_for(lambda: server.hits["/1"])
    second = workflow.run(PAGES)
    refused.set()
    assert second.returncode != 0
    assert "lock" in second.stdout.lower()
    assert first.wait(60) == 0, first.communicate()[0]
    first.stdout.close()
    assert all(server.hits[f"/{i}"] == 1 for i in range(40))


@pytest.mark.parametrize(
    ("config", "line"),
    [
        ({"download": {"in_flight": 0}}, "download.in_flight: must be at least 1, not 0"),
        ({"download": {"limits": {"idle_s": -1}}}, "download.limits.idle_s: must be more than 0, not -1"),
        ({"download": {"limits": {"retrys": 1}}}, "download.limits.retrys: unknown key; did you mean retries?"),
        (
            {"download": {"live": {"requests_per_second": 0}}},
            "download.live.requests_per_second: must be at least 0.001, not 0",
        ),
        (
            {"download": {"source": "live"}},
            "download.live.contact: with `source: live`, give your e-mail address or a URL",
        ),
        ({"download": {"sites": "missing.csv"}}, "download.sites: there is no file missing.csv"),
        ({"download": {"sites": ["ftp://a.test/"]}}, "is not a URL of the form http(s)://host/path"),
    ],
)
def test_bad_configuration_is_one_line(workflow, config, line):
    workflow.configure(config)
    outcome = workflow.run(PAGES)
    assert outcome.returncode != 0
    assert line in outcome.stdout
    assert "Traceback" not in outcome.stdout


def test_results_that_cannot_be_written(workflow):
    (workflow.folder / "results/download").mkdir(parents=True)
    (workflow.folder / "results/download/state").write_text("in the way")
    outcome = workflow.run(PAGES)
    assert outcome.returncode != 0
    assert re.search("results/download/state(/parts)?: (Not a directory|File exists)", outcome.stdout)
    assert "Traceback" not in outcome.stdout
