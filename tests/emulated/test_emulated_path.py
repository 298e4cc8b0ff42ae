"""The emulated path is what it says: neither faster nor slower, in order, and nothing of it is left behind."""

import os
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import requests

from helpers.emulated import namespaces, server, worlds
from helpers.emulated.worlds import World

pytestmark = pytest.mark.heavy

SECONDS_TO_SPARE = 0.02  # of a machine that is busy


def connects(url, count=20):
    """How long so many connections took, in seconds."""
    host, found = url.split("/")[2], []
    for _ in range(count):
        began = time.perf_counter()
        socket.create_connection((host, 80)).close()
        found.append(time.perf_counter() - began)
    return found


def fetch(url, session=requests):
    began = time.perf_counter()
    reply = session.get(url)
    return time.perf_counter() - began, reply


def test_round_trips_take_what_they_should(own_network):
    with server.serve(World(worlds.pages(1), rtt_ms=60)) as served:
        took = connects(served.urls[0])
    assert min(took) >= 0.0599
    assert min(took) <= 0.06 + SECONDS_TO_SPARE


def test_jitter_is_of_both_ways_and_keeps_the_order(own_network):
    world = World(worlds.pages(1, size=(400_000, 400_000)), rtt_ms=60, jitter_ms=5)
    with server.serve(world) as served:
        took = connects(served.urls[0], 60)
        before = _tcp("TCPOFOQueue")  # segments that came before those they follow
        assert fetch(served.urls[0])[1].status_code == 200
        assert _tcp("TCPOFOQueue") == before
    assert statistics.stdev(took) >= 0.004
    assert abs(statistics.mean(took) - 0.06) <= SECONDS_TO_SPARE


def _tcp(name):
    with open("/proc/thread-self/net/netstat") as file:
        [names, values] = [line.split() for line in file if line.startswith("TcpExt:")]
    return int(values[names.index(name)])


def test_the_rate_is_shared_by_all_connections(own_network):
    world = World(worlds.pages(4, size=(500_000, 500_000), think_ms=(1, 1)), rtt_ms=10, mbit_per_s=16)
    with server.serve(world) as served:
        began = time.perf_counter()
        clients = [subprocess.Popen(["curl", "-s", "-o", os.devnull, "--noproxy", "*", url]) for url in served.urls]
        assert [client.wait() for client in clients] == [0] * 4
        took = time.perf_counter() - began
    sent = 4 * 500_000 * 8 / 16e6
    assert sent <= took <= 1.3 * sent + 5 * SECONDS_TO_SPARE


def test_as_much_is_lost_as_should_be(own_network):
    world = World(worlds.pages(1, size=(1_000_000, 1_000_000)), rtt_ms=2, loss=0.02)
    with server.serve(world) as served:
        for _ in range(8):
            assert len(fetch(served.urls[0])[1].content) == 1_000_000
    carried, lost = served.figures["carried"][1], served.figures["lost"][1]
    assert 0.01 <= lost / (lost + carried) <= 0.03


def test_equal_keys_give_equal_thoughts_and_slots_are_few(own_network):
    world = World(worlds.pages(6, size=(1000, 1000), think_ms=(50, 50)), rtt_ms=2, spread=1, slots=1)
    with server.serve(world) as served, requests.Session() as session:
        found = []
        for key in (1, 2, 1):
            served.begin(key)
            found.append([fetch(url, session)[0] for url in served.urls])
        first, other, again = found
        assert all(abs(one - two) <= SECONDS_TO_SPARE for one, two in zip(first, again, strict=True))
        assert max(abs(one - two) for one, two in zip(first, other, strict=True)) > SECONDS_TO_SPARE
        served.begin(1)
        began = time.perf_counter()
        clients = [subprocess.Popen(["curl", "-s", "-o", os.devnull, url]) for url in served.urls]
        assert [client.wait() for client in clients] == [0] * 6
        assert time.perf_counter() - began >= sum(first) - 6 * 0.005  # one after the other, whoever asks


def test_each_host_has_its_address_coding_framing_and_end(own_network):
    pages = worlds.pages(3, coding="gzip", framing="chunked", hosts=3)
    world = World(pages, rtt_ms=1, tls=True, requests_per_connection=1)
    with server.serve(world) as served:
        assert len({url.split("/")[2] for url in served.urls}) == 3
        for url, page, wire_bytes in zip(served.urls, pages, served.wire_bytes, strict=True):
            reply = requests.get(url, verify=served.trusted)
            assert len(reply.content) == page.bytes > wire_bytes
            assert reply.headers["content-encoding"] == "gzip"
            assert reply.headers["transfer-encoding"] == "chunked"
            assert reply.headers["connection"] == "close"
            assert (
                "content-encoding"
                not in requests.get(url, verify=served.trusted, headers={"accept-encoding": "identity"}).headers
            )


def test_nothing_is_left_behind():
    def links():
        return subprocess.run(["ip", "link"], capture_output=True, text=True, check=True).stdout

    before, network = links(), Path("/proc/thread-self/ns/net").readlink()
    with namespaces.own_network(), server.serve(World(worlds.pages(1), rtt_ms=1)):
        started = psutil.Process().children(recursive=True)
        assert len(started) >= 4
    assert not [process for process in started if process.is_running()]
    assert links() == before
    assert Path("/proc/thread-self/ns/net").readlink() == network


def test_all_ends_with_a_killed_harness():
    program = (
        "from helpers.emulated import namespaces, server, worlds\n"
        "with namespaces.own_network(), server.serve(worlds.World(worlds.pages(1), rtt_ms=1)):\n"
        "    print('ready', flush=True)\n"
        "    input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as harness:
        assert harness.stdout.readline() == b"ready\n"
        started = psutil.Process(harness.pid).children(recursive=True)
        harness.kill()
    gone, alive = psutil.wait_procs(started, timeout=20)
    assert len(gone) >= 4
    assert not alive
