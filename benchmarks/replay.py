"""What the replay can play on one core: pages per second over connections that stay open, and how late they come.

    python benchmarks/replay.py [--rates 500 1000 2000 3000] [--bytes 60000] [--seconds 5]

Pages are asked for at a fixed rate, whatever becomes of the earlier ones, by a client that is as light as it can be, on
another core. A page is late by what it takes beyond its latency and its time on the link; that the link was taken by
another page counts as lateness, too. The pages with which a connection starts, while its window grows, are left out.
"""

import argparse
import heapq
import select
import socket
import ssl
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import numpy as np
import psutil

from concurrency.workloads.download import replay
from concurrency.workloads.download.sites import Site

RTT_MS, LATENCY_MS, MBIT_PER_S = 10, 20, 5_000
GROWING = 5  # pages, until a connection's window has room for a page


class Visitor:
    """A connection that asks for one page after the other, `every_s` seconds."""

    def __init__(self, url: str, size: int, start: float, every_s: float) -> None:
        parts = urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port))
        if parts.scheme == "https":
            self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=parts.hostname)
        self.socket.setblocking(False)
        self.request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()
        self.size, self.due, self.every_s = size, start, every_s
        self.buffer = bytearray(1 << 18)
        self.got = self.total = 0  # bytes of the page under way; under TLS, something comes before any page
        self.took: list[float] = []

    def ask(self) -> None:
        self.got, self.total, self.asked = 0, 0, time.perf_counter()
        self.socket.send(self.request)

    def read(self) -> bool:
        """Take what has come; whether that is the whole page."""
        try:
            while count := self.socket.recv_into(self.buffer):
                if not self.total:
                    self.total = self.buffer.index(b"\r\n\r\n", 0, count) + 4 + self.size
                self.got += count
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        if not self.total or self.got < self.total:
            return False
        self.took.append(time.perf_counter() - self.asked)
        self.due = max(self.due + self.every_s, time.perf_counter())
        return True


def visit(visitors: list[Visitor], seconds: float) -> None:
    """Have them ask when they are due, for so long."""
    by_file = {visitor.socket.fileno(): visitor for visitor in visitors}
    watched = select.epoll()
    for file in by_file:
        watched.register(file, select.EPOLLIN)
    agenda = [(visitor.due, i) for i, visitor in enumerate(visitors)]
    place = {file: i for i, file in enumerate(by_file)}
    heapq.heapify(agenda)
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end:
        while agenda and agenda[0][0] <= now:
            visitors[heapq.heappop(agenda)[1]].ask()
        wait = min(end, agenda[0][0] if agenda else end) - now
        select.select([watched], [], [], max(0.0, wait))  # in microseconds, where epoll counts milliseconds
        for file, _ in watched.poll(0):
            if by_file[file].read():
                heapq.heappush(agenda, (by_file[file].due, place[file]))


def cpu_s(pid: int) -> float:
    """The CPU time of a process so far, to the nanosecond: what /proc and so psutil have is counted in ticks."""
    return time.clock_gettime((~pid << 3) | 2)


def measure(scheme: str, size: int, rate: int, seconds: float) -> str:
    """A row of the table."""
    site = Site(f"{scheme}://a.test/", wire_bytes=size, latency_ms=LATENCY_MS, rtt_ms=RTT_MS)
    count = max(8, round(2 * rate * LATENCY_MS / 1000))
    cores = sorted(psutil.Process().cpu_affinity())
    with replay.serve([site], seed=1, mbit_per_s=MBIT_PER_S) as [url]:
        [server] = psutil.Process().children()
        server.cpu_affinity(cores[:1])
        psutil.Process().cpu_affinity(cores[1:] or cores)
        start = time.perf_counter() + count * (3 * RTT_MS / 1000 + 0.005)  # until all are connected
        visitors = [Visitor(url, size, start + i / rate, count / rate) for i in range(count)]
        time.sleep(max(0, start - time.perf_counter()))
        before = cpu_s(server.pid), time.process_time()
        visit(visitors, seconds)
        used, own = cpu_s(server.pid) - before[0], time.process_time() - before[1]
    psutil.Process().cpu_affinity(cores)
    pages = sum(len(visitor.took) for visitor in visitors)
    least = LATENCY_MS / 1000 + size * 8 / (MBIT_PER_S * 1e6)
    late = (np.concatenate([visitor.took[GROWING:] for visitor in visitors]) - least) * 1000
    middle, most = np.percentile(late, [50, 99])
    figures = (
        f"{pages / seconds:,.0f} | {pages / seconds * size * 8 / 1e6:,.0f} | {used / seconds:.0%} | {own / seconds:.0%}"
    )
    return f"| {'TLS' if scheme == 'https' else 'plain'} | {rate:,} | {figures} | {middle:.2f} | {most:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=int, nargs="+", default=[500, 1000, 2000, 3000], metavar="PAGES_PER_S")
    parser.add_argument("--bytes", type=int, default=60_000)
    parser.add_argument("--seconds", type=float, default=5)
    chosen = parser.parse_args()
    print("| | asked for, pages/s | played | Mbit/s | server's core | client's | late, ms: median | 99 % |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for scheme in ("http", "https"):
        for rate in chosen.rates:
            print(measure(scheme, chosen.bytes, rate, chosen.seconds), flush=True)


if __name__ == "__main__":
    main()
