"""An item that takes too long is ended and a failed line, whatever it is that takes so long; the others go on."""

import shutil
import sys
from dataclasses import replace

import pytest

from concurrency.doing.job import Job
from concurrency.doing.known import Known, OpeningError, TimedOutError
from concurrency.errors import UserError
from concurrency.measuring.arms import Arm
from concurrency.measuring.child import SampleError
from concurrency.measuring.sampling import Conditions
from concurrency.workloads.own.journal import Journal
from concurrency.workloads.own.workload import Own

LIMIT_S = 1.5
ITEMS = list(range(6))
WORK = """
import asyncio, time
from contextlib import asynccontextmanager, contextmanager

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


def test_a_file_that_is_never_imported_is_one_line(job):
    with pytest.raises(UserError, match=f"works.mine: no result within {LIMIT_S:g} s"):
        job(Arm("threads", 2), function="computes", text="while True: pass\n")


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
    assert "a" in known.under_way
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
    assert not list(known.under_way)


def test_while_something_is_opened_no_item_is_to_blame(tmp_path, clock):
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


def test_what_another_run_has_begun_is_not_under_way(tmp_path, clock):
    journal = Journal(str(tmp_path))
    journal.begin("a")
    known = Known(journal)
    assert not list(known.under_way)
    journal.begin("b")
    known.begin_run()
    clock[0] = 50.0
    known.check(4.0, "timeout_s")
    assert not list(known.under_way)
