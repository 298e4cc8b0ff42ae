"""How many pages per second the replay server sustains: it must not be the bottleneck of what is measured with it.

    python benchmarks/replay.py [pages] [bytes per page] [connections]

The client is as light as it can be (one GET after the other on raw sockets, no parsing beyond the length), and the
server's own CPU time is read too: pages per CPU second is what it could serve with a core to itself.
"""

import asyncio
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from concurrency.workloads.download import replay
from concurrency.workloads.download.sites import Site


async def get_again_and_again(port: int, size: int, todo: list[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    while todo:
        writer.write(f"GET {todo.pop()} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(size)
    writer.close()


async def main(pages: int, size: int, connections: int) -> None:
    site = Site("http://a.test/", wire_bytes=size, latency_ms=0, connect_ms=0)
    with replay.serve([site], seed=1) as [url]:
        [server] = psutil.Process().children()
        parts = urlsplit(url)
        todo = [parts.path] * pages
        used, begin = sum(server.cpu_times()[:2]), time.perf_counter()
        await asyncio.gather(*(get_again_and_again(parts.port or 80, size, todo) for _ in range(connections)))
        lasted, used = time.perf_counter() - begin, sum(server.cpu_times()[:2]) - used
    print(f"{pages} pages of {size} bytes over {connections} connections: {pages / lasted:,.0f} pages/s", end="; ")
    print(f"{pages / used:,.0f} pages per CPU second of the server")


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(main(*(given + [20_000, 60_000, 50][len(given) :])))
