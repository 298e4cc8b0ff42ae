"""A work: what `open` gives is entered once by each worker or loop, and left when that ends, wherever it runs."""

import asyncio
import inspect
import multiprocessing
import os
import shutil
import subprocess
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from concurrency.strategies._loops import event_loop
from concurrency.work import Work

ITEMS = list(range(12))
SCRIPTS = str(Path(__file__).parents[2] / "scripts")


def note(what):
    with open(os.environ["NOTES"], "a") as file:
        file.write(f"{what} {os.getpid()}-{threading.get_native_id()}\n")


@contextmanager
def opened():
    note("open")
    yield 10
    note("close")


@asynccontextmanager
async def opened_on_loop():
    with opened() as ten:
        yield ten


def add(item, ten):
    note("call")
    return item + ten


async def add_later(item, ten):
    await asyncio.sleep(0)
    return add(item, ten)


@pytest.fixture(autouse=True)
def notes(tmp_path, monkeypatch):
    """The file in which the work notes what it does, and the noting worker."""
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    return tmp_path / "notes"


def assert_each_worker_opened_and_closed_once(notes):
    done = [line.split() for line in notes.read_text().splitlines()]
    workers = {worker for _, worker in done}
    for worker in workers:
        assert [what for what, who in done if who == worker and what != "call"] == ["open", "close"]
    assert sum(what == "call" for what, _ in done) == len(ITEMS)


def test_a_thread_opens_once_and_closes_at_its_end(notes):
    work = Work(function=add, open=opened)
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(work.call, ITEMS)) == [item + 10 for item in ITEMS]
    assert_each_worker_opened_and_closed_once(notes)


def test_a_process_opens_once_and_closes_at_its_end(notes):
    work = Work(function=add, open=opened)
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:  # of which each sees our environment
        assert list(pool.map(work.call, ITEMS)) == [item + 10 for item in ITEMS]
    assert_each_worker_opened_and_closed_once(notes)


IN_INTERPRETERS = f"""
from concurrency.strategies.interpreter_pool import start
from concurrency.work import Work
from own import add, opened

if __name__ == "__main__":
    with start(2) as run:
        assert list(run(Work(function=add, open=opened), {ITEMS})) == [item + 10 for item in {ITEMS}]
"""


def test_an_interpreter_opens_once_and_closes_at_its_end(notes, tmp_path):
    if not (python := shutil.which("python3.14")):
        pytest.skip("no Python 3.14 is on the PATH: tests/interpreters.sh gets one")
    functions = map(inspect.getsource, (note, opened, add))
    heads = "import os, threading\nfrom contextlib import contextmanager"
    (tmp_path / "own.py").write_text("\n\n".join([heads, *functions]))
    (tmp_path / "script.py").write_text(IN_INTERPRETERS)
    environment = os.environ | {"PYTHONPATH": SCRIPTS}
    subprocess.run([python, tmp_path / "script.py"], env=environment, check=True, timeout=60)
    assert_each_worker_opened_and_closed_once(notes)


def test_a_loop_opens_once_for_all_of_its_tasks(notes):
    async def run(items):
        call = await Work(coroutine=add_later, open_on_loop=opened_on_loop).on_loop()
        return await asyncio.gather(*(call(item) for item in items))

    with event_loop() as runner:
        assert runner.run(run(ITEMS[:5])) + runner.run(run(ITEMS[5:])) == [item + 10 for item in ITEMS]
        assert "close" not in notes.read_text()  # what is slow to close is no part of the work
    assert_each_worker_opened_and_closed_once(notes)


def test_what_needs_nothing_is_the_function_itself():
    assert Work(function=abs).call is abs
