"""The life of a future, from a real pool: what submit, cancel, running, done and callbacks do, and when.

24 jobs for 4 processes, each job called with two arguments. Once the first are running, three are cancelled: one that
runs, one that the pool has already put into the queue to its workers, and one that still waits in the pool. Every
second job has a callback. Beside it: what happens to other tasks when one fails, under `gather` and in a TaskGroup.
"""

import asyncio
import multiprocessing
import os
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from typing import Any

import pandas as pd

from concurrency import processes

JOBS = 24
WORKERS = 4
SECONDS = 0.1
CANCEL = {"running": 1, "queued": WORKERS + 1, "pending": 20}  # which job to cancel: one of each kind

_calls = 0  # a global: each worker process has one of its own
_cancelled: Any = None  # shared memory: 1 when all cancels have been tried


def job(number: int, seconds: float) -> dict[str, Any]:
    """Compute for `seconds`, the first ones until all cancels have been tried; say who did it and when, and how many
    jobs this process has done so far."""
    global _calls  # noqa: PLW0603  (what this shows)
    _calls += 1
    begin = time.perf_counter()
    end = begin + seconds
    while time.perf_counter() < end or (number <= WORKERS and not _cancelled.value and time.perf_counter() < end + 10):
        pass
    return {"number": number, "pid": os.getpid(), "calls": _calls, "started": begin, "finished": time.perf_counter()}


def life() -> pd.DataFrame:
    """One row per job, times in seconds since the first submit.

    Columns: `job, submitted_s, running_s` (the future says RUNNING), `started_s, finished_s` (as the worker saw it),
    `state` (FINISHED or CANCELLED), `cancel_s` and `cancelled` (when cancel was tried, and its answer), `callback_s`
    and `callback_thread`, `worker` (1 … 4) and `calls`, that worker's own count of its calls.
    """
    rows: list[dict[str, Any]] = [{"job": i} for i in range(1, JOBS + 1)]
    context = multiprocessing.get_context()
    cancelled = context.RawValue("b", 0)  # an event has a lock, which a process that is killed may hold
    with ProcessPoolExecutor(WORKERS, context, initializer=_keep, initargs=(cancelled,)) as pool:
        for nap in [pool.submit(time.sleep, SECONDS / 2) for _ in range(WORKERS)]:
            nap.result()  # all workers have been started
        origin = time.perf_counter()
        futures = [_submit(pool, row, origin) for row in rows]
        queued = futures[CANCEL["queued"] - 1]
        while not (queued.running() or queued.done()):  # it is said to run as soon as it is in the queue
            time.sleep(0.001)
        _note_running(rows, futures, origin)
        time.sleep(SECONDS / 2)
        for number in CANCEL.values():
            rows[number - 1]["cancel_s"] = time.perf_counter() - origin
            rows[number - 1]["cancelled"] = futures[number - 1].cancel()
        cancelled.value = 1
        while not all(future.done() for future in futures):
            _note_running(rows, futures, origin)
            time.sleep(0.001)
    pids: list[int] = []
    for row, future in zip(rows, futures, strict=True):
        row["state"] = "CANCELLED" if future.cancelled() else "FINISHED"
        if future.cancelled():
            continue
        answer = future.result()
        pids += [] if answer["pid"] in pids else [answer["pid"]]
        row |= {"started_s": answer["started"] - origin, "finished_s": answer["finished"] - origin}
        row |= {"worker": pids.index(answer["pid"]) + 1, "calls": answer["calls"]}
    columns = ["job", "submitted_s", "running_s", "started_s", "finished_s", "state", "cancel_s", "cancelled"]
    return pd.DataFrame(rows, columns=[*columns, "callback_s", "callback_thread", "worker", "calls"])


def _keep(cancelled: Any) -> None:
    global _cancelled  # noqa: PLW0603  (shared memory can only be inherited, not sent with a job)
    _cancelled = cancelled
    processes.follow_parent()


def _submit(pool: ProcessPoolExecutor, row: dict[str, Any], origin: float) -> Future[dict[str, Any]]:
    row["submitted_s"] = time.perf_counter() - origin
    future = pool.submit(job, row["job"], SECONDS)

    def done(_: Future[dict[str, Any]]) -> None:
        row["callback_s"] = time.perf_counter() - origin
        row["callback_thread"] = threading.current_thread().name

    if row["job"] % 2 == 0:
        future.add_done_callback(done)
    return future


def _note_running(rows: list[dict[str, Any]], futures: list[Future[dict[str, Any]]], origin: float) -> None:
    now = time.perf_counter() - origin
    for row, future in zip(rows, futures, strict=True):
        if future.running():
            row.setdefault("running_s", now)


def when_one_fails() -> pd.DataFrame:
    """One row per task of three APIs, each given five tasks of which the third fails half-way.

    Columns: `api`, `task`, `outcome` (finished, failed, cancelled or left running), `ended_s` since the start.
    """
    apis = {
        "gather": lambda tasks: asyncio.gather(*tasks),
        "gather, return_exceptions": lambda tasks: asyncio.gather(*tasks, return_exceptions=True),
        "TaskGroup": _in_a_task_group,
    }
    return pd.concat([asyncio.run(_five_tasks(api, run)) for api, run in apis.items()], ignore_index=True)


async def _in_a_task_group(tasks: list[Coroutine[Any, Any, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(task)


async def _five_tasks(api: str, run: Any) -> pd.DataFrame:
    origin = time.perf_counter()
    rows = [{"api": api, "task": i, "outcome": "left running"} for i in range(1, 6)]
    failing = asyncio.Event()

    async def task(row: dict[str, Any]) -> None:
        try:
            if row["task"] == 3:
                await asyncio.sleep(0.02)
                failing.set()
                raise ValueError("task 3 fails")
            await failing.wait()
            await asyncio.sleep(0.02)
            row["outcome"] = "finished"
        except ValueError:
            row["outcome"] = "failed"
            raise
        except asyncio.CancelledError:
            row["outcome"] = "cancelled"
            raise
        finally:
            row["ended_s"] = time.perf_counter() - origin

    with suppress(ValueError, ExceptionGroup):  # which reaches the caller; the question is what became of the others
        await run([task(row) for row in rows])
    return pd.DataFrame(rows, columns=["api", "task", "outcome", "ended_s"])
