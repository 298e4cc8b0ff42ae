"""How what does a work ends: what it opened is left, copies of it say nothing, and nothing lives on."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from concurrency.doing import job as doing
from concurrency.doing.job import Job
from concurrency.measuring.arms import Arm
from concurrency.measuring.sampling import Conditions
from concurrency.work import Work
from concurrency.workloads.own.journal import Journal, JournalledWork
from concurrency.workloads.own.workload import Own
from helpers.workloads import measure

WORK = """
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent

def forks(n):
    if n == 2:
        os.fork()
    return n

class Unloadable:
    def __reduce__(self):
        return int, ("x",)

def unloadable(n):
    return Unloadable()

def dies(n):
    return os._exit(3) if n == 2 else n

def note(text):
    (HERE / f"{text}-{os.getpid()}").touch()

@contextmanager
def opened():
    note("entered")
    yield
    with ThreadPoolExecutor() as pool:  # as who writes the rest in a thread
        pool.submit(note, "left").result()

def with_opened(n, opened):
    return n
"""


@pytest.fixture(autouse=True)
def mine(tmp_path):
    """The user's file."""
    (tmp_path / "mine.py").write_text(WORK)
    return f"{tmp_path}/mine.py"


def test_a_forked_copy_answers_nothing(mine):
    [row] = measure("mine", [Arm("sequential")], [1, 2, 3], None, {"function": f"{mine}:forks"})
    assert (row.get("error"), row["failed"]) == (None, 0)


@pytest.mark.parametrize(
    "arm",
    [Arm("sequential"), Arm("threads", 2), Arm("process_pool", 2), Arm("multiprocessing_pool", 2)],
    ids=lambda arm: arm.strategy,
)
def test_what_was_opened_is_left(mine, tmp_path, arm):
    own = {"function": f"{mine}:with_opened", "open": f"{mine}:opened", "check": None}
    [row] = measure("mine", [arm], list(range(20)), None, own)
    assert row.get("error") is None
    entered, left = (
        {path.name.partition("-")[2] for path in tmp_path.glob(f"{text}-*")} for text in ("entered", "left")
    )
    assert entered == left != set()


def test_a_pool_whose_answers_cannot_be_taken_ends(mine):
    own = {"function": f"{mine}:unloadable", "check": None}
    [row] = measure("mine", [Arm("multiprocessing_pool", 2)], [1, 2, 3], None, own, timeout_s=60)
    assert row["error"] == "RuntimeError: an answer cannot be unpickled"


def test_who_ends_the_process_is_looked_for_on_the_same_interpreter(mine, tmp_path, monkeypatch):
    asked = []

    def run(workload, arm, *rest, **more):
        asked.append((arm.strategy, arm.executable, arm.interpreter))
        return first(workload, arm, *rest, **more)

    first = doing.run
    monkeypatch.setattr(doing, "run", run)
    other = tmp_path / "python"
    other.symlink_to(sys.executable)
    work = Own([1, 2, 3], name="mine", function=f"{mine}:dies")
    with Job(work, tmp_path / "state", "code", Conditions(None)) as running:
        running.do(Arm("threads", 2, interpreter="Another", executable=str(other)))
        assert [line.get("result", line.get("error")) for _, line in running.results()] == [1, "Died", 3]
    assert {one[1:] for one in asked} == {(str(other), "Another")}
    assert "sequential" in {one[0] for one in asked}


def test_what_was_cancelled_as_nothing_could_be_noted_is_no_failure(tmp_path, monkeypatch):
    """One item's line cannot be written; the tasks that are cancelled for that are to be done again."""
    journal = tmp_path / "journal"
    journal.mkdir()

    async def item(n):
        await asyncio.sleep(0 if n == 1 else 5)
        if n == 1:
            monkeypatch.setattr("concurrency.workloads.own.journal.open_file", full)
        return n

    def full(*_):
        monkeypatch.undo()  # it is well again at once
        raise OSError(28, "No space left on device")

    async def main():
        call = await JournalledWork.of(Work(coroutine=item, guarded=True), str(journal)).on_loop()
        async with asyncio.TaskGroup() as group:
            for n in range(3):
                group.create_task(call((str(n), n)))

    with pytest.raises(ExceptionGroup) as error:
        asyncio.run(main())
    assert error.group_contains(OSError, match="No space left")
    assert not [ended for _, _, ended in Journal(str(journal)).lines({}) if ended]


POOL = """
import multiprocessing, sys, time
from concurrent.futures import ProcessPoolExecutor
from concurrency.processes import follow_parent

if __name__ == "__main__":
    with ProcessPoolExecutor(2, multiprocessing.get_context(sys.argv[1]), initializer=follow_parent) as pool:
        list(pool.map(time.sleep, [0.3, 0.3]))
        print(*(process.pid for process in multiprocessing.active_children()), flush=True)
        time.sleep(60)
"""


@pytest.mark.parametrize("start_method", ["fork", "spawn", "forkserver"])
def test_workers_end_with_who_made_them(tmp_path, start_method):
    (tmp_path / "pool.py").write_text(POOL)
    with subprocess.Popen(
        [sys.executable, tmp_path / "pool.py", start_method], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(doing.__file__).parents[2])},
    ) as running:  # fmt: skip
        workers = [psutil.Process(int(pid)) for pid in running.stdout.readline().split()]
        assert len(workers) == 2
        running.kill()
        running.wait()
        _, alive = psutil.wait_procs(workers, timeout=20)
    for worker in alive:
        worker.kill()
    assert alive == []
