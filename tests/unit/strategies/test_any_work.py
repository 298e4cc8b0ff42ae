"""Whatever is done for whatever items: every strategy that fits answers as `sequential` does, failures included."""

import json
import os
import random
import subprocess
import sys

import pytest

PROGRAM = """
import importlib, json, multiprocessing, random, sys
from concurrency.measuring.answers import same
from concurrency.strategies._catalogue import described
from concurrency.workloads.own.work import build

FORMS = {
    "function": {"function": "mine.py:f"},
    "function, opened, then": {"function": "mine.py:g", "open": "mine.py:opened", "then": "mine.py:then"},
    "coroutine": {"coroutine": "mine.py:wait"},
    "coroutine, opened, then": {"coroutine": "mine.py:wait_with", "open": "mine.py:opened", "then": "mine.py:then"},
}

def fits(strategy, places):
    if strategy.then and "then" not in places:
        return False
    return strategy.is_baseline or strategy.runs in places

def main(seed, start_method, names):
    multiprocessing.set_start_method(start_method)
    chance, strategies = random.Random(seed), described()
    for form, places in FORMS.items():
        for name in names:
            strategy = strategies[name]
            if strategy.missing or not fits(strategy, places):
                continue
            workers = chance.randint(1, 5)
            rounds = [[chance.randint(-20, 20) for _ in range(chance.randint(0, 30))] for _ in range(3)]
            work = build(**places)
            expected = [list(map(work.call, items)) for items in rounds]
            with importlib.import_module(strategy.module).start(workers, **strategy.defaults) as run:
                found = [list(run(work, items)) for items in rounds]
            told = [form, name, workers, rounds, same(plain(found), plain(expected))]
            print(json.dumps(told), flush=True)

def plain(answers):  # a traceback differs by where it was
    return [[(a.error, a.message) if hasattr(a, "traceback") else a for a in each] for each in answers]

if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
"""
MINE = """
import asyncio
from contextlib import contextmanager

class Thing:
    def __init__(self, n):
        self.n = [n, float("nan"), {n, "x"}]

class Odd(Exception):
    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")

def f(n):
    if n % 7 == 3:
        raise Odd(n, -n)
    if n % 7 == 4:
        raise SystemExit(n)
    return Thing(n) if n % 2 else {(n, "key"): [n] * 3}

@contextmanager
def opened():
    yield 100

def g(n, hundred):
    return f(n), hundred

async def wait(n):
    await asyncio.sleep(0.001 * (n % 3))
    return f(n)

async def wait_with(n, hundred):
    return await wait(n), hundred

def then(came):
    thing, hundred = came
    if isinstance(thing, dict) and (0, "key") in thing:
        raise KeyError("zero")
    return [hundred, thing]
"""
LIGHT = ("threads", "process_pool", "multiprocessing_pool", "asyncio", "asyncio_to_thread", "asyncio_then_processes")
OTHERS = (
    "sequential", "asyncio_blocking", "process_pool_futures", "process_pool_ranges", "joblib", "mpire", "dask", "ray",
    "interpreter_pool", "asyncio_gather", "asyncio_taskgroup", "asyncio_as_completed", "asyncio_wait",
    "asyncio_legacy_loop", "asyncio_uvloop", "processes_asyncio", "asyncio_then_threads", "threads_then_processes",
)  # fmt: skip


def answered(folder, start_method, names):
    """What each strategy made of each form of a work: (form, name) and whether it answered as sequential did."""
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    print(f"SEED={seed}")
    (folder / "mine.py").write_text(MINE)
    (folder / "program.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-P", "program.py", str(seed), start_method, *names],
        capture_output=True, text=True, check=False, cwd=folder, timeout=300,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), *sys.path])},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]


def check(folder, start_method, names):
    found = answered(folder, start_method, names)
    assert len(found) >= len(names)
    assert [told for told in found if not told[-1]] == []


def test_what_most_will_use(tmp_path):
    check(tmp_path, "forkserver", LIGHT)


@pytest.mark.heavy
@pytest.mark.parametrize("start_method", ["fork", "forkserver", "spawn"])
def test_all(tmp_path, start_method):
    check(tmp_path, start_method, (*LIGHT, *OTHERS))
