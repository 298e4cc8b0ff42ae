"""Samples: fresh interpreters, right answers, all processes counted, failures as rows."""

import itertools
import os
import tempfile
import threading
import time

import psutil
import pytest

from concurrency.measuring import lock, usage
from concurrency.measuring.arms import Arm
from concurrency.workloads.download import replay
from concurrency.workloads.download.sites import Site
from helpers.workloads import measure, sums, workload

NUMBERS = [200_000, 0, 300_000, 1]


@pytest.mark.parametrize(
    "arm",
    [
        Arm("sequential"),
        Arm("threads", 2),
        Arm("process_pool", 2),
        Arm("process_pool", 2, {"chunksize": 2}),
        Arm("process_pool", 6),
        Arm("multiprocessing_pool", 2),
    ],
    ids=str,
)
def test_squares_are_right_and_every_process_is_counted(arm):
    numbers = [400_000] * 12
    [row] = measure("squares", [arm], numbers, sums(numbers))
    assert (row["failed"], row.get("error"), row["limit"]) == (0, None, "")
    # 4.8 million terms are at least 50 ms of CPU time on any machine, wherever they were computed
    assert row["cpu_s"] >= 0.05
    assert row["wall_s"] == row["setup_s"] + row["work_s"]
    assert row["max_rss_bytes"] > 5_000_000 * (1 + arm.workers * ("process" in arm.strategy))


@pytest.mark.parametrize("arm", [Arm("sequential"), Arm("threads", 3), Arm("asyncio", 3), Arm("asyncio", 9)], ids=str)
def test_downloads_read_every_byte(arm):
    sites = [Site(f"http://h{i % 2}.test/{i}", wire_bytes=1000 * i, latency_ms=1, connect_ms=1) for i in range(6)]
    with replay.serve(sites, seed=1) as urls:
        [row] = measure("download", [arm], urls, [[200, site.wire_bytes] for site in sites])
    assert (row["failed"], row.get("error")) == (0, None)
    assert row["items"] == 6
    assert row["limit"]


def test_a_wrong_answer_is_a_failed_sample():
    [row] = measure("squares", [Arm("sequential")], NUMBERS, [*sums(NUMBERS)[:3], 5])
    assert row["failed"] == 1
    assert row["error"] == "item 4: answered 0, not 5"


def test_a_transfer_that_fails_is_a_failed_item():
    sites = [Site("http://a.test/", wire_bytes=10, latency_ms=0, connect_ms=0)]
    with replay.serve(sites, seed=1) as [url]:
        for arm in (Arm("sequential"), Arm("threads", 2), Arm("asyncio", 2)):
            [row] = measure("download", [arm], [url, "http://127.0.0.1:9/"], [[200, 10], [200, 10]])
            assert row["failed"] == 1
            assert row["error"] == "item 2: answered [0, 0], not [200, 10]"


def test_a_download_that_does_not_end_is_ended():
    sites = [Site("http://a.test/", wire_bytes=10, latency_ms=100_000, connect_ms=0)]
    with replay.serve(sites, seed=1) as urls:
        [row] = measure("download", [Arm("sequential")], urls, [[200, 10]], timeout_s=1.5)
    assert row["error"] == "no result within 1.5 s (download.timeout_s)"


def test_a_sample_that_dies_is_a_row_with_the_reason():
    def kill_the_sample():
        while True:
            for child in psutil.Process().children():
                if "concurrency.measuring.sample" in " ".join(child.cmdline()) and child.cpu_times().user > 0.3:
                    child.kill()
                    return
            time.sleep(0.05)

    killer = threading.Thread(target=kill_the_sample, daemon=True)
    killer.start()
    numbers = [50_000_000]
    [row] = measure("squares", [Arm("sequential")], numbers, sums(numbers))
    assert row["failed"] == 1
    assert row["error"] == "the sample's process was ended by SIGKILL"
    assert "work_s" not in row


def test_an_exception_is_a_row_with_its_message():
    [row] = measure("squares", [Arm("sequential")], ["not a number"], [0])
    assert row["error"].startswith("TypeError: ")


def test_no_sample_leaves_a_process_behind():
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    measure("squares", [Arm("process_pool", 3), Arm("multiprocessing_pool", 3)], [10, 20], sums([10, 20]))
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= before


def test_usage_of_a_tree_counts_the_children():
    child = psutil.Popen([os.sys.executable, "-c", "n = 0\nwhile True: n += 1"])
    try:
        while child.cpu_times().user < 0.3:
            time.sleep(0.05)
        assert usage.of_tree(os.getpid()).cpu_s >= usage.of_tree(child.pid).cpu_s >= 0.3
    finally:
        child.kill()
        child.wait()


def test_every_user_can_have_the_measuring_lock(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = os.umask(0o077)
    try:
        with lock.machine_to_itself():
            [path] = tmp_path.iterdir()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644  # to lock it, reading is enough
    with lock.machine_to_itself():  # and it may be there
        assert [path] == list(tmp_path.iterdir())


def test_only_one_campaign_measures_at_a_time():
    order = []

    def second():
        with lock.machine_to_itself():
            order.append("second")

    with lock.machine_to_itself():
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.3)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_threads_are_expected_to_gain_only_without_the_gil(monkeypatch):
    clock = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))  # the trial, 200,000 terms, takes a second
    squares = workload("squares", [200_000])
    threads = squares.strategies()["threads"]
    assert squares.estimate_s(threads, 4, 4, gil=True) == 1
    assert squares.estimate_s(threads, 4, 4, gil=False) == 0.25
