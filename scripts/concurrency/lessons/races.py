"""Race conditions: a shared total that several add to by reading, computing and writing it back.

Between the read and the write another thread may run, and then one of the two additions is lost. A task gives way only
where it awaits, so it loses nothing unless it awaits in between. A lock mends both, at a price.

`python -m concurrency.lessons.races` prints what this shows under its interpreter, on the standard library alone.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from concurrency.measuring.interpreters import RUNNING, Interpreter
from concurrency.measuring.worker import facts
from concurrency.processes import environment

WORKERS = 4
ADDITIONS = 100_000
ADDITIONS_WITH_AWAIT = 5_000  # each goes through the event loop, and is slower by a factor of ten to a hundred


@dataclass
class Total:
    """What all of them add to."""

    value: int = 0


def plus_one(value: int) -> int:
    """The computing between the read and the write; a call is where CPython may let another thread run."""
    return value + 1


def table(interpreters: Sequence[Interpreter] = (RUNNING,)) -> list[dict[str, object]]:
    """One row per variant and interpreter: `interpreter, workers, variant, additions, total, lost, ns_each, gil`.

    `additions` were made by all workers together, `total` is what came of them, `lost` the difference. Tasks are the
    same everywhere, and shown for the first interpreter only; one that dies of it has no rows.
    """
    found = []
    for interpreter in interpreters:
        done = subprocess.run(
            [interpreter.executable or sys.executable, "-P", "-m", "concurrency.lessons.races"],
            env=environment(interpreter.executable), stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
        rows = json.loads(done.stdout) if done.returncode == 0 else []
        found += [
            {"interpreter": interpreter.label} | row
            for row in rows
            if interpreter == interpreters[0] or row["variant"].startswith("threads")
        ]
    return found


def variants() -> list[dict[str, object]]:
    """The rows of the interpreter that runs this."""
    return [
        _threads("threads", nullcontext()),
        _threads("threads, with a lock", threading.Lock()),
        _tasks("tasks", ADDITIONS, _add),
        _tasks("tasks, awaiting in between", ADDITIONS_WITH_AWAIT, _add_with_await),
        _tasks("tasks, awaiting in between, with a lock", ADDITIONS_WITH_AWAIT, _add_with_await_and_lock),
    ]


def _threads(variant: str, lock: AbstractContextManager[object]) -> dict[str, object]:
    total = Total()
    together = threading.Barrier(WORKERS)

    def add() -> None:
        together.wait()
        for _ in range(ADDITIONS):
            with lock:
                value = total.value
                value = plus_one(value)
                total.value = value

    workers = [threading.Thread(target=add) for _ in range(WORKERS)]
    begin = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return _row(variant, ADDITIONS, total, time.perf_counter() - begin)


async def _add(total: Total, additions: int, lock: asyncio.Lock) -> None:
    for _ in range(additions):
        value = total.value
        value = plus_one(value)
        total.value = value


async def _add_with_await(total: Total, additions: int, lock: asyncio.Lock) -> None:
    for _ in range(additions):
        value = total.value
        await asyncio.sleep(0)
        total.value = plus_one(value)


async def _add_with_await_and_lock(total: Total, additions: int, lock: asyncio.Lock) -> None:
    for _ in range(additions):
        async with lock:
            value = total.value
            await asyncio.sleep(0)
            total.value = plus_one(value)


def _tasks(
    variant: str, additions: int, add: Callable[[Total, int, asyncio.Lock], Awaitable[None]]
) -> dict[str, object]:
    async def run() -> Total:
        total, lock = Total(), asyncio.Lock()
        await asyncio.gather(*(add(total, additions, lock) for _ in range(WORKERS)))
        return total

    begin = time.perf_counter()
    total = asyncio.run(run())
    return _row(variant, additions, total, time.perf_counter() - begin)


def _row(variant: str, each: int, total: Total, seconds: float) -> dict[str, object]:
    additions = WORKERS * each
    return {
        "workers": WORKERS,
        "variant": variant,
        "additions": additions,
        "total": total.value,
        "lost": additions - total.value,
        "ns_each": seconds / additions * 1e9,
        "gil": facts()["gil"],
    }


if __name__ == "__main__":
    print(json.dumps(variants()))
