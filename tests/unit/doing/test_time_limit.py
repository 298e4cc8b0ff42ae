"""An item that takes too long is ended and a failed line, whatever it is that takes so long; the others go on."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from threading import Thread

import pytest

from concurrency.doing import arm as doing
from concurrency.doing.job import Job
from concurrency.doing.known import Known, OpeningError, TimedOutError
from concurrency.errors import UserError
from concurrency.measuring.arms import Arm
from concurrency.measuring.child import Child, SampleError
from concurrency.measuring.sampling import Conditions
from concurrency.work import Failed
from concurrency.workloads.own.journal import Journal
from concurrency.workloads.own.workload import Own

LIMIT_S = 1.5
ITEMS = list(range(6))
WORK = """
import asyncio, os, time
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

def computes(n):
    while n == 3:
        pass
    return n

async def holds_the_loop(n):
    await asyncio.sleep(0.01)
    return computes(n)

async def awaits(n):
    if n == 3:
        await asyncio.Event().wait()
    return n

async def comes(n):
    return n

def takes_turns(n):
    computes(n)
    time.sleep(0.5)  # as many as there are, one by one, take longer than the limit
    return n

@contextmanager
def never_opens():
    while True:
        time.sleep(1)
    yield

@asynccontextmanager
async def never_opens_on_a_loop():
    await asyncio.Event().wait()
    yield

def with_opened(n, opened):
    return n

async def with_opened_on_a_loop(n, opened):
    return n

def comes_for_no_process(n):
    return (lambda: n) if n == 3 else n

class EndsItsReader:
    def __call__(self):
        return 3

    def __reduce__(self):
        return os._exit, (9,)

def comes_and_ends_a_process(n):
    return EndsItsReader() if n == 3 else n

def what_came(came):
    return came() if callable(came) else came

def ends_late(n):
    asked, killing = Path(__file__).with_name("asked"), Path(__file__).with_name("killing")
    with asked.open("a") as file:
        file.write(f"{n} ")
    while n == 0 and not killing.exists():
        time.sleep(0.01)
    while n == 1 and asked.read_text().count("1") <= int(os.environ["HELD_UP"]):
        time.sleep(0.01)
    return n
"""


@pytest.fixture
def job(tmp_path):
    """Does the work, and says what became of each item."""
    (tmp_path / "mine.py").write_text(WORK)

    def done(arm, limit_s=LIMIT_S, text="", **places):
        (tmp_path / "mine.py").write_text(text + WORK)
        workload = Own(ITEMS, name="mine", **{key: f"{tmp_path}/mine.py:{name}" for key, name in places.items()})
        with Job(workload, tmp_path / "state", "code", Conditions(None, limit_s)) as running:
            running.do(arm)
            return [line.get("result", f"{line.get('error')}: {line.get('message')}") for _, line in running.results()]

    return done


HANGING = {
    "one by one": (Arm("sequential"), {"function": "computes"}),
    "in threads": (Arm("threads", 3), {"function": "computes"}),
    "in processes": (Arm("process_pool", 2), {"function": "computes"}),
    "in a Pool": (Arm("multiprocessing_pool", 2), {"function": "computes"}),
    "in interpreters": (Arm("interpreter_pool", 2), {"function": "computes"}),
    "a coroutine that holds the loop": (Arm("asyncio", 3), {"coroutine": "holds_the_loop"}),
    "a coroutine that awaits for ever": (Arm("asyncio", 3), {"coroutine": "awaits"}),
    "what comes then, in threads": (
        Arm("asyncio_then_threads", 6, {"threads": 1}), {"coroutine": "comes", "then": "takes_turns"},
    ),
    "what comes then, in processes": (
        Arm("threads_then_processes", 6, {"processes": 1}), {"function": "computes", "then": "takes_turns"},
    ),
}  # fmt: skip
QUICK = ("in processes",)


@pytest.mark.parametrize("how", [pytest.param(how, marks=[] if how in QUICK else pytest.mark.heavy) for how in HANGING])
def test_an_item_that_hangs_is_a_failed_line(job, how):
    arm, places = HANGING[how]
    if arm.strategy == "interpreter_pool" and sys.version_info < (3, 14):
        if not (executable := shutil.which("python3.14")):
            pytest.skip("no Python 3.14 is on the PATH: tests/interpreters.sh gets one")
        arm = replace(arm, executable=executable)
    told = f"TimedOut: no answer within {LIMIT_S:g} s (works.mine.timeout_s)"
    assert job(arm, **places) == [told if n == 3 else n for n in ITEMS]


@pytest.mark.parametrize(
    ("arm", "places"),
    [
        pytest.param(Arm("threads", 2), {"function": "with_opened", "open": "never_opens"}, id="in threads"),
        pytest.param(
            Arm("asyncio", 2), {"coroutine": "with_opened_on_a_loop", "open": "never_opens_on_a_loop"}, id="on a loop",
            marks=pytest.mark.heavy,
        ),
    ],
)  # fmt: skip
def test_what_never_opens_is_one_line_and_no_item_s_fault(job, tmp_path, arm, places):
    told = f"works.mine: what `open` gives was not there within {LIMIT_S:g} s .*; 0 of 6 items are done, and kept"
    with pytest.raises(UserError, match=told):
        job(arm, **places)
    assert Known(Journal(str(tmp_path / "state"))).ended == {}


def test_a_file_that_is_never_imported_is_one_line(job, monkeypatch):
    monkeypatch.setattr(doing, "PATIENCE_S", 0.5)
    told = r"works.mine: what it needs was not imported within 1 s \(works.mine.timeout_s, at least 0.5\)"
    with pytest.raises(UserError, match=told):
        job(Arm("threads", 2), limit_s=1.0, function="computes", text="while True: pass\n")


def test_to_be_imported_a_file_may_take_longer_than_an_item(job):
    slow = f"import time; time.sleep({LIMIT_S + 0.5})\n"
    assert job(Arm("sequential"), text=slow, function="comes_for_no_process", then="what_came") == ITEMS


@pytest.mark.parametrize("function", ["comes_for_no_process", "comes_and_ends_a_process"])
def test_what_came_and_cannot_reach_its_then_is_found(job, function):
    arm = Arm("threads_then_processes", 2, {"processes": 2})
    assert job(arm, limit_s=60.0, function=function, then="what_came") == ITEMS


@pytest.mark.parametrize(
    ("arm", "runs"),
    [
        pytest.param(Arm("sequential"), 1, id="by the arm"),
        pytest.param(Arm("threads", 2), 2, id="one by one", marks=pytest.mark.heavy),
    ],
)
def test_what_is_begun_while_another_is_ended_is_not_to_blame(job, tmp_path, monkeypatch, arm, runs):
    """The first item takes too long, but ends before the run does: the next is begun meanwhile."""
    monkeypatch.setenv("HELD_UP", str(runs))
    ended, end = [], Child.end

    def end_late(child):
        ended.append(child)
        if len(ended) == runs:
            (tmp_path / "killing").touch()
            while (tmp_path / "asked").read_text().count("1") < runs:
                time.sleep(0.01)
        end(child)

    monkeypatch.setattr(Child, "end", end_late)
    assert job(arm, function="ends_late") == ITEMS
    assert len(ended) > runs


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still, to be set."""
    now = [0.0]
    monkeypatch.setattr("concurrency.doing.known.monotonic", lambda: now[0])
    return now


def test_what_waits_is_not_under_way(tmp_path, clock):
    journal, known = Journal(str(tmp_path)), Known(Journal(str(tmp_path)))
    began = journal.begin("a")
    known.look()
    clock[0] = 3.0
    journal.say("came", "a")
    known.look()
    clock[0] = 50.0  # in a queue
    known.check(4.0, "timeout_s")
    journal.say("then", "a")
    known.look()
    clock[0] = 50.9
    known.check(4.0, "timeout_s")
    clock[0] = 51.1
    with pytest.raises(TimedOutError, match=r"no answer within 4 s \(timeout_s\)"):
        known.check(4.0, "timeout_s")
    assert "a" in known.begun
    assert known.under_way_s("a") == pytest.approx(4.1)  # 3 before it came, 1.1 in its `then`
    journal.end("a", began, 1)
    known.look()
    known.check(4.0, "timeout_s")
    assert list(known.ended) == ["a"]
    with pytest.raises(SampleError, match="no item was begun within 60 s"):
        clock[0] += 60.1
        known.check(4.0, "timeout_s")


def test_lines_of_several_files_may_come_in_any_order(tmp_path, clock):
    """A worker's file may be read before that of who began the item."""
    journal, known = Journal(str(tmp_path)), Known(Journal(str(tmp_path)))
    for line in ("then", "came", "begun"):
        journal.say(line, "a")
        known.look()
    clock[0] = 5.0
    with pytest.raises(TimedOutError):
        known.check(4.0, "timeout_s")
    journal.note("a", 1.0, 1)
    journal.say("came", "a")
    known.look()
    known.check(4.0, "timeout_s")
    assert not list(known.begun)


def test_while_its_worker_opens_something_an_item_is_not_to_blame(tmp_path, clock):
    journal, known = Journal(str(tmp_path)), Known(Journal(str(tmp_path)))
    journal.begin("a")
    known.look()
    clock[0] = 3.0
    with journal.opening():
        known.look()
        clock[0] = 6.9
        known.check(4.0, "timeout_s")
        clock[0] = 7.1
        with pytest.raises(OpeningError):
            known.check(4.0, "timeout_s")
    known.look()
    clock[0] = 11.0
    known.check(4.0, "timeout_s")
    clock[0] = 11.2
    with pytest.raises(TimedOutError):
        known.check(4.0, "timeout_s")


def test_what_another_worker_opens_is_no_excuse(tmp_path, clock):
    journal, known = Journal(str(tmp_path)), Known(Journal(str(tmp_path)))
    journal.begin("a")
    known.look()

    def never_opened():
        for _ in range(3):
            journal.begin("b")
            with suppress(OSError), journal.opening():
                clock[0] += 1.5
                known.look()
                raise OSError
            journal.note("b", 1.5, Failed("OSError", "", ""))

    thread = Thread(target=never_opened)
    thread.start()
    thread.join()
    journal.say("opening", f"{os.getpid()} c")
    known.look()
    clock[0] += 5.0
    with pytest.raises(TimedOutError) as raised:
        known.check(4.0, "timeout_s")
    assert raised.value.keys == {"a"}


@pytest.mark.parametrize("waited_for", [True, False])
def test_what_a_dead_worker_was_opening_is_no_fault_of_what_it_opened(tmp_path, clock, waited_for):
    journal, known = Journal(str(tmp_path)), Known(Journal(str(tmp_path)))
    with subprocess.Popen([sys.executable, "-c", ""]) as worker:
        os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)
        if waited_for:
            worker.wait()
        journal.begin("a")
        journal.say("opening", f"{worker.pid} a")
        known.look()
        clock[0] = 4.1
        known.check(4.0, "timeout_s")
    journal.begin("a")  # by another
    known.look()
    clock[0] = 8.0
    known.check(4.0, "timeout_s")
    clock[0] = 8.2
    with pytest.raises(TimedOutError):
        known.check(4.0, "timeout_s")


def test_what_another_run_has_begun_is_not_begun(tmp_path, clock):
    journal = Journal(str(tmp_path))
    journal.begin("a")
    known = Known(journal)
    assert not list(known.begun)
    journal.begin("b")
    known.begin_run()
    clock[0] = 50.0
    known.check(4.0, "timeout_s")
    assert not list(known.begun)
