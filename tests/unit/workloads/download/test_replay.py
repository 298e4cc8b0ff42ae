"""The replay server, asked over real connections."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from concurrency.workloads.download import replay
from concurrency.workloads.download.replay import server as replay_server
from concurrency.workloads.download.sites import Site

SITES = [
    Site("http://a.test/one", wire_bytes=70_001, framing="length", latency_ms=0, connect_ms=0),
    Site("http://a.test/two", wire_bytes=50_000, framing="chunked", latency_ms=0, connect_ms=0),
    Site("http://b.test/", wire_bytes=3, framing="length", latency_ms=0, connect_ms=0),
    Site("http://b.test/nothing", wire_bytes=0, framing="chunked", latency_ms=0, connect_ms=0),
    Site("http://b.test/large", wire_bytes=3_000_000, framing="length", latency_ms=0, connect_ms=0),
]


def get(connection, url):
    connection.request("GET", urlsplit(url).path)
    reply = connection.getresponse()
    return reply, reply.read()


def connect(url):
    return http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)


def fetch(url):
    return get(connect(url), url)


def test_size_and_framing_of_each_site():
    with replay.serve(SITES, seed=1) as urls:
        for site, url in zip(SITES, urls, strict=True):
            reply, body = fetch(url)
            assert reply.status == 200
            assert len(body) == site.wire_bytes
            if site.framing == "length":
                assert reply.headers["Content-Length"] == str(site.wire_bytes)
            else:
                assert reply.headers["Transfer-Encoding"] == "chunked"
                assert "Content-Length" not in reply.headers


def test_bodies_depend_on_site_and_seed_alone():
    with (
        replay.serve(SITES, seed=1) as urls,
        replay.serve(SITES, seed=1) as again,
        replay.serve(SITES, seed=2) as other,
    ):
        first, second, third = ([fetch(url)[1] for url in served] for served in (urls, again, other))
    assert first == second
    assert first[0] != third[0]
    assert first[0] != first[1]
    assert b"http://a.test/one" in first[0]


def test_hosts_have_ports_of_their_own_and_equal_urls_are_equal():
    with replay.serve([*SITES, SITES[0]], seed=1) as urls:
        ports = [urlsplit(url).port for url in urls]
        assert ports[0] == ports[1] != ports[2] == ports[3]
        assert urls[0] == urls[-1]


def test_more_hosts_than_ports():
    sites = [Site(f"http://host-{i}.test/", wire_bytes=i, latency_ms=0, connect_ms=0) for i in range(300)]
    with replay.serve(sites, seed=1) as urls:
        assert len({urlsplit(url).port for url in urls}) == replay_server.MAX_PORTS
        assert len(fetch(urls[299])[1]) == 299


def test_latency_is_paid_by_each_request_and_set_up_by_each_connection():
    with replay.serve([Site("http://a.test/", wire_bytes=10, latency_ms=50, connect_ms=200)], seed=1) as [url]:
        connection = connect(url)
        lasted = []
        for _ in range(2):
            begin = time.perf_counter()
            get(connection, url)
            lasted.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        fetch(url)
        lasted.append(time.perf_counter() - begin)
    assert lasted[0] >= 0.249
    assert 0.049 <= lasted[1] < lasted[0]
    assert lasted[2] >= 0.249


def test_requests_in_pieces_and_several_at_once_are_answered_in_order():
    with replay.serve(SITES, seed=1) as urls, socket.create_connection(("127.0.0.1", urlsplit(urls[2]).port)) as client:
        client.settimeout(10)
        client.sendall(b"GET /2 HTTP/1.1\r\nHost: ")
        client.sendall(b"b.test\r\n\r\nGET /4 HTTP/1.1\r\n\r\nGET /9 HTTP/1.1\r\n\r\n")
        replies = b"".join(iter(lambda: client.recv(1 << 16), b""))
    assert [int(size) for size in re.findall(rb"Content-Length: (\d+)", replies)] == [3, 3_000_000, 0]
    assert re.findall(rb"HTTP/1.1 (\d+)", replies) == [b"200", b"200", b"404"]  # and it is closed after an error


def test_it_stops_with_its_job():
    with replay.serve(SITES[:1], seed=1) as [url]:
        fetch(url)
    with pytest.raises(OSError, match="refused"):
        fetch(url)


def test_it_ends_when_its_job_is_killed():
    job = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time\nfrom concurrency.workloads.download import replay, sites\n"
            "with replay.serve([sites.Site('http://a.test/')], 1):\n    print(flush=True)\n    time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(replay.__file__).parents[4])},
    )
    with job:
        job.stdout.readline()
        [server] = psutil.Process(job.pid).children()
        job.send_signal(signal.SIGKILL)
    server.wait(timeout=10)
