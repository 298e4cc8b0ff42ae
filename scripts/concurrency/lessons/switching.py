"""What switching costs: time per switch between threads and between tasks, and memory for each, from 1 to 10,000.

Each count is tried in a fresh process (`python -m concurrency.lessons.switching threads 100`), so that a limit of the
machine that it runs into is a row of the table and nothing more.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time

import pandas as pd
import psutil

from concurrency.processes import environment

COUNTS = [1, 10, 100, 1000, 10_000]
SWITCHES = {"threads": 10_000, "tasks": 100_000}


def table() -> pd.DataFrame:
    """One row per kind (`threads`, `tasks`) and count: `kind, count, reached, switch_ns, bytes_each, limit`.

    `switch_ns` is the time from one to the next in a ring in which each wakes its neighbour (one alone: itself);
    `bytes_each` the resident memory that one more of them took; `limit` what stopped it at `reached`, else empty.
    """
    rows = []
    for kind in ("threads", "tasks"):
        for count in COUNTS:
            tried = subprocess.run(
                [sys.executable, "-P", "-m", "concurrency.lessons.switching", kind, str(count)],
                capture_output=True,
                text=True,
                check=False,
                env=environment(),
            )
            row = {"kind": kind, "count": count, "reached": 0, "limit": ""}
            if tried.returncode == 0:
                row |= json.loads(tried.stdout)
            else:
                row["limit"] = tried.stderr.strip().rpartition("\n")[2] or f"ended with exit code {tried.returncode}"
            rows.append(row)
    return pd.DataFrame(rows, columns=["kind", "count", "reached", "switch_ns", "bytes_each", "limit"])


def threads(count: int) -> dict[str, float | str]:
    """A ring of `count` threads: each waits for its semaphore, then wakes the next, until enough switches were made."""
    rounds = max(1, SWITCHES["threads"] // count)
    turn = [threading.Semaphore(0) for _ in range(count)]
    ready, finished = threading.Semaphore(0), threading.Semaphore(0)

    def member(i: int) -> None:
        ready.release()
        for _ in range(rounds):
            turn[i].acquire()
            turn[(i + 1) % len(ring)].release()
        finished.release()

    before, ring, limit = psutil.Process().memory_info().rss, [], ""
    for i in range(count):
        thread = threading.Thread(target=member, args=(i,), daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # no more threads to be had: those there are make the ring
            limit = str(error)
            break
        ring.append(thread)
    for _ in ring:
        ready.acquire()
    memory = psutil.Process().memory_info().rss - before
    begin = time.perf_counter()
    turn[0].release()
    for _ in ring:
        finished.acquire()
    return _row(len(ring), time.perf_counter() - begin, rounds, memory, limit)


def tasks(count: int) -> dict[str, float | str]:
    """`count` tasks that each give way to the next until enough switches were made."""
    return asyncio.run(_tasks(count))


async def _tasks(count: int) -> dict[str, float | str]:
    rounds = max(1, SWITCHES["tasks"] // count)
    go = asyncio.Event()

    async def member() -> None:
        await go.wait()
        for _ in range(rounds):
            await asyncio.sleep(0)

    before = psutil.Process().memory_info().rss
    ring = [asyncio.create_task(member()) for _ in range(count)]
    await asyncio.sleep(0)
    memory = psutil.Process().memory_info().rss - before
    begin = time.perf_counter()
    go.set()
    await asyncio.gather(*ring)
    return _row(count, time.perf_counter() - begin, rounds, memory, "")


def _row(reached: int, seconds: float, rounds: int, memory: int, limit: str) -> dict[str, float | str]:
    each = {"switch_ns": seconds / (reached * rounds) * 1e9, "bytes_each": memory / reached} if reached else {}
    return {"reached": reached, **each, "limit": limit}


if __name__ == "__main__":
    print(json.dumps({"threads": threads, "tasks": tasks}[sys.argv[1]](int(sys.argv[2]))))
