"""How much the downloader's care costs: beside a bare aiohttp loop, beside the ideal, and in memory.

    python benchmarks/downloads.py throughput    pages per second, against a loop that reads bodies and drops them
    python benchmarks/downloads.py latency       2,000 pages of 50 ms, 100 in flight, against the ideal
    python benchmarks/downloads.py memory        peak memory for 100,000 pages against that for 1,000
    python benchmarks/downloads.py trial         10,000 pages of 50 loopback hosts, some slow, some failing (Linux)

The server runs in a process of its own, and so does each half of a comparison, for one would leave the other its
warmed-up memory. The halves run in turn, several times; medians are shown. Pages are written below the working
directory: run it on the disk in question, or on a tmpfs to leave the disk out of it.
"""

import argparse
import asyncio
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import aiohttp
from aiohttp.http import SERVER_SOFTWARE

from concurrency.downloader import fetch
from concurrency.downloader.page import Page

LIMITS = fetch.Limits(retries=2, backoff_s=0.2, first_byte_s=2, idle_s=2)


class _Server(asyncio.Protocol):
    """Answers GET /bytes/latency_ms/… as cheaply as Python can; /fault/… as its name says."""

    bodies: ClassVar[dict[int, bytes]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        _, size, latency, *_ = data.split(b" ", 2)[1].split(b"/")
        self._is_last = b"\r\nConnection: close\r\n" in data
        if size == b"reset":
            self._transport.abort()
        elif size == b"status":
            self._transport.write(b"HTTP/1.1 %b Fault\r\nContent-Length: 0\r\n\r\n" % latency)
        elif size == b"stall":
            pass
        elif latency == b"0":
            self._answer(int(size))
        else:
            asyncio.get_running_loop().call_later(int(latency) / 1000, self._answer, int(size))

    def _answer(self, size: int) -> None:
        if size not in self.bodies:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % size
            self.bodies[size] = head + os.urandom(size)
        self._transport.write(self.bodies[size])
        if self._is_last:
            self._transport.close()


async def _serve(hosts: list[str]) -> None:
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(_Server, host, 0, backlog=4096) for host in hosts]
    print(json.dumps([server.sockets[0].getsockname()[1] for server in servers]), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def served(hosts: list[str]) -> Iterator[list[str]]:
    """A server on these addresses; where each of them is reached."""
    process = subprocess.Popen(
        [sys.executable, __file__, "serve", *hosts], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin and process.stdout
    try:
        ports = json.loads(process.stdout.readline())
        yield [f"http://{host}:{port}" for host, port in zip(hosts, ports, strict=True)]
    finally:
        process.stdin.close()
        process.wait()


def bare(urls: list[str], in_flight: int) -> float:
    """Seconds that the shortest sensible aiohttp loop takes to read all bodies and drop them."""

    async def work() -> None:
        todo = iter(urls)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def worker() -> None:
                for url in todo:
                    async with session.get(url) as reply:
                        await reply.read()

            async with asyncio.TaskGroup() as group:
                for _ in range(in_flight):
                    group.create_task(worker())

    begin = time.perf_counter()
    asyncio.run(work())
    return time.perf_counter() - begin


def ours(urls: list[str], in_flight: int) -> float:
    """Seconds that the downloader takes: bodies in files, with digests, journal and rows."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        begin = time.perf_counter()
        pages = fetch.fetch_all(urls, urls, Path(folder), "benchmark", fetch.Manners(in_flight), LIMITS, _ignore)
        failed = sum(bool(page.error) for page in pages)
        seconds = time.perf_counter() - begin
    if failed:
        raise RuntimeError(f"{failed} pages failed")
    return seconds


def beside(urls: list[str], in_flight: int) -> float:
    """Seconds that the bare loop takes while another process hashes as many bodies, of sizes as in the URLs, and writes
    them to files: what these cores leave of it, before anything is handed over, watched, scheduled or journalled."""
    command = [sys.executable, __file__, "write", str(len(urls)), urls[0].split("/")[3]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writing:
        assert writing.stdin and writing.stdout
        writing.stdout.readline()  # it has started, which is not the point here
        begin = time.perf_counter()
        writing.stdin.close()
        bare(urls, in_flight)
        writing.stdout.read()  # until it has ended
        return time.perf_counter() - begin


def _write(count: int, size: int) -> None:
    """Write and hash `count` files, as soon as standard input is closed."""
    bodies = [os.urandom(size) for _ in range(50)]
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        print(flush=True)
        sys.stdin.read()
        for i in range(count):
            part = Path(folder, f"{i}.part")
            part.write_bytes(bodies[i % 50])
            hashlib.sha256(bodies[i % 50])
            part.rename(Path(folder, str(i)))
        os.close(1)


def _seconds(half: str, site: str, size: int, latency_ms: int, pages: int, in_flight: int) -> float:
    """Seconds that `half` takes in a fresh process."""
    command = [sys.executable, __file__, "half", half, f"{site}/{size}/{latency_ms}", str(pages), str(in_flight)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def _half(half: str, address: str, pages: int, in_flight: int) -> None:
    urls = [f"{address}/{i}" for i in range(pages)]
    print({"bare": bare, "beside": beside, "ours": ours}[half](urls, in_flight))


def _ignore(page: Page, detail: str) -> None:
    pass


def throughput(pages: int = 30_000, in_flight: int = 50, rounds: int = 7) -> None:
    print(f"{pages} pages, {in_flight} in flight, {rounds} rounds, {os.cpu_count()} cores, {SERVER_SOFTWARE}")
    for size in (2_000, 20_000, 60_000):
        with served(["127.0.0.1"]) as [site]:
            found = [
                [_seconds(half, site, size, 0, pages, in_flight) for half in ("bare", "beside", "ours")]
                for _ in range(rounds)
            ]
        alone, left, ours = (pages / statistics.median(column) for column in zip(*found, strict=True))
        print(f"{size} bytes per page")
        print(f"  bare loop                                  {alone:6.0f} pages/s")
        print(f"  bare loop, as much is hashed and written   {left:6.0f}")
        print(f"  downloader                                 {ours:6.0f}")
        print(f"  {statistics.median(a / c for a, _, c in found):.2f} × the bare loop (wanted: at least 0.80)")
        print(f"  {statistics.median(b / c for _, b, c in found):.2f} × what the hashing and writing leave of it")


def latency(pages: int = 2000, latency_ms: int = 50, in_flight: int = 100, rounds: int = 5) -> None:
    ideal = pages * latency_ms / 1000 / in_flight
    with served(["127.0.0.1"]) as [site]:
        found = [
            [_seconds(half, site, 2000, latency_ms, pages, in_flight) for half in ("bare", "ours")]
            for _ in range(rounds)
        ]
    print(f"{pages} pages of {latency_ms} ms, {in_flight} in flight, {rounds} rounds; ideal {ideal:.2f} s")
    print(f"  bare loop  {statistics.median(a for a, _ in found) / ideal:6.3f} × ideal")
    print(f"  downloader {statistics.median(b for _, b in found) / ideal:6.3f} × ideal (wanted: at most 1.15)")


def memory(counts: tuple[int, int] = (1000, 100_000)) -> None:
    peaks = []
    with served(["127.0.0.1"]) as [site]:
        for count in counts:
            child = subprocess.run(
                [sys.executable, __file__, "peak", site, str(count)], stdout=subprocess.PIPE, check=True
            )
            peak, seconds = json.loads(child.stdout)
            peaks.append(peak)
            print(f"  {count:7} pages: peak {peak / 1e6:6.1f} MB, {seconds:.1f} s")
    print(f"  {(peaks[1] - peaks[0]) / (counts[1] - counts[0]):.0f} bytes per page beyond those (wanted: at most 2000)")


def _peak(site: str, count: int) -> None:
    seconds = ours([f"{site}/2000/0/{i:06}/a-path-as-long-as-paths-are" for i in range(count)], 50)
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit, seconds]))


def trial(pages: int = 10_000, hosts: int = 50, in_flight: int = 200) -> None:
    """Of 50 hosts, five take 2 s per page, two stall, two reset, one is busy; all others are quick."""
    ended: Counter[str] = Counter()
    quick_done = [0.0]
    begin = time.perf_counter()

    def on_page(page: Page, detail: str) -> None:
        ended[page.error or "whole"] += 1
        if "/9000/" in page.url:
            quick_done[0] = time.perf_counter() - begin

    addresses = [f"127.0.0.{i + 1}" for i in range(hosts)]
    with served(addresses) as sites, tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        urls = [f"{site}/{_behaviour(i)}/{j}" for j in range(pages // hosts) for i, site in enumerate(sites)]
        few = fetch.Limits(retries=1, backoff_s=0.2, first_byte_s=2.5, idle_s=2, max_wait_s=1)
        begin = time.perf_counter()
        print(f"{pages} pages of {hosts} hosts; process {os.getpid()}", flush=True)
        manners = fetch.Manners(in_flight, in_flight_per_host=16)
        rows = sum(1 for _ in fetch.fetch_all(urls, urls, Path(folder), "trial", manners, few, on_page))
    seconds = time.perf_counter() - begin
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(f"  {rows} rows in {seconds:.1f} s, the quick hosts after {quick_done[0]:.1f} s; {dict(ended)}")
    print(f"  CPU {usage.ru_utime + usage.ru_stime:.1f} s, peak memory {usage.ru_maxrss / 1000:.0f} MB")


def _behaviour(host: int) -> str:
    slow = dict.fromkeys(range(5), "9001/2000") | {
        5: "stall/0",
        6: "stall/0",
        7: "reset/0",
        8: "reset/0",
        9: "status/503",
    }
    return slow.get(host, "9000/20")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", *hosts]:
            asyncio.run(_serve(hosts))
        case ["half", half, address, pages, in_flight]:
            _half(half, address, int(pages), int(in_flight))
        case ["write", count, size]:
            _write(int(count), int(size))
        case ["peak", site, count]:
            _peak(site, int(count))
        case _:
            parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
            parser.add_argument("what", choices=["throughput", "latency", "memory", "trial"])
            globals()[parser.parse_args().what]()
