"""CPU time is that of the work, wherever it was done: held against work that burns a known amount of it.

A loop on the clock of CPU time takes the same of it on any machine, however busy; only what starting costs differs.
"""

import multiprocessing
import os
import pickle
import subprocess
import sys
from collections import Counter

import psutil
import pytest

from concurrency.errors import UserError
from concurrency.measuring import interpreters, sampling, usage
from concurrency.measuring.arms import Arm
from helpers.workloads import workload

OWN = """
import os, resource, subprocess, sys, time

BURN = "import time\\nwhile time.process_time() < {}: pass"

def told():
    "This process, and what it and the children that it waited for have used."
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return os.getpid(), time.process_time() + children.ru_utime + children.ru_stime

def burn(seconds):
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass
    return told()

def burn_below(seconds):
    subprocess.run([sys.executable, "-I", "-S", "-c", BURN.format(seconds)], check=True)
    return told()

class Costly:
    "It takes as much to pickle."

    def __init__(self, seconds):
        self.seconds = seconds

    def __reduce__(self):
        return tuple, (burn(self.seconds),)
"""
# Has burnt 0.25 s when the first reading is taken, burns as much again, and has ended when the second one is.
BEGUN = """
child = subprocess.Popen(
    [sys.executable, "-I", "-S", "-c", f"{BURN.format(0.25)}\\nprint(flush=True)\\ninput()\\n{BURN.format(0.5)}"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
)
child.stdout.readline()

def go_on(seconds):
    child.communicate(b"\\n")
    return told()
"""

START_S = 0.02  # what a process may take to be started and to end, on a slow machine
ITEMS = [0.25, 0.25]
IN_PROCESSES = [Arm("process_pool", 2), Arm("multiprocessing_pool", 2)]


@pytest.fixture
def cpu_s(tmp_path):
    """The CPU time of a sample, and what each of the processes that did items had used with its last one."""
    own, answers = tmp_path / "own_work.py", tmp_path / "answers"
    own.write_text(OWN + BEGUN)

    def measure(arm, items, function="burn", start_method=None):
        own.write_text(OWN + BEGUN * (function == "go_on"))
        mine = workload("mine", items, function=f"{own}:{function}")
        strategy = mine.strategies()[arm.strategy]
        measured, _ = sampling.run_sample(
            mine, strategy, arm.workers, strategy.defaults, items, sampling.Conditions(start_method, 60),
            executable=arm.executable, file=str(answers),
        )  # fmt: skip
        told = Counter()
        with answers.open("rb") as file:
            for _ in items:
                process, used = pickle.load(file)
                told[process] = max(told[process], used)
        return measured["cpu_s"], told

    return measure


@pytest.mark.parametrize("arm", [Arm("sequential"), Arm("threads", 2), Arm("asyncio_to_thread", 2)], ids=str)
def test_in_one_process(cpu_s, arm):
    measured, _ = cpu_s(arm, ITEMS)
    assert sum(ITEMS) <= measured < sum(ITEMS) + START_S


def test_finer_than_a_tick(cpu_s):
    nothing, three, six = (min(cpu_s(Arm("sequential"), [ms / 1000])[0] for _ in range(3)) for ms in (0, 3, 6))
    assert 0 < nothing < 0.003 <= three < 0.006 <= six < 0.009


def test_without_what_it_takes_to_tell_the_answers(cpu_s):
    measured, _ = cpu_s(Arm("sequential"), ITEMS, "Costly")
    assert measured < START_S


@pytest.mark.parametrize("start_method", multiprocessing.get_all_start_methods())
@pytest.mark.parametrize("arm", IN_PROCESSES, ids=str)
def test_in_several_processes(cpu_s, arm, start_method):
    measured, told = cpu_s(arm, ITEMS, start_method=start_method)
    started, told_without = cpu_s(arm, [0.0, 0.0], start_method=start_method)
    start_s = started - told_without.total()  # of the sample's own process and of what starts the workers
    assert len(told) == 2
    assert sum(ITEMS) < told.total() <= measured < told.total() + 2 * start_s + START_S


def test_in_several_interpreters(cpu_s):
    try:
        [python] = interpreters.find(["python3.14"], "here")
    except UserError:
        pytest.skip("no Python 3.14 is on the PATH: tests/interpreters.sh gets one")
    arm = Arm("interpreter_pool", 2, interpreter=python.label, executable=python.executable)
    measured, started = (cpu_s(arm, items)[0] for items in (ITEMS, [0.0, 0.0]))
    assert sum(ITEMS) < measured < sum(ITEMS) + 2 * started + START_S


@pytest.mark.parametrize("arm", [Arm("sequential"), Arm("threads", 2)], ids=str)
def test_in_children_that_ended(cpu_s, arm):
    measured, _ = cpu_s(arm, ITEMS, "burn_below")
    assert sum(ITEMS) <= measured < sum(ITEMS) + 2 * START_S


@pytest.mark.parametrize("start_method", multiprocessing.get_all_start_methods())
def test_in_children_of_workers_that_ended(cpu_s, start_method):
    [arm, _] = IN_PROCESSES
    measured, told = cpu_s(arm, ITEMS, "burn_below", start_method)
    started, told_without = cpu_s(arm, [0.0, 0.0], start_method=start_method)
    ticks_s = 0.02 * len(told)  # what is lost at most: a tick of user and of system time for each who waited
    start_s = started - told_without.total()
    assert told.total() - ticks_s < measured < told.total() + 2 * start_s + START_S


def test_what_was_used_before_the_first_reading_is_not_counted_when_its_process_ends(cpu_s):
    measured, _ = cpu_s(Arm("sequential"), [0.25], "go_on")
    assert 0.24 < measured < 0.25 + START_S  # it may have burnt a little more than was due by then


def waiting_for_one_that_burnt(seconds):
    """A process that has a child use that much, waits for it, and goes on."""
    burn = f"import time\nwhile time.process_time() < {seconds}: pass"
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])\nprint(flush=True)\ninput()"
    return psutil.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_who_ended_since_a_process_told_of_its_children_is_not_missed():
    with waiting_for_one_that_burnt(0.25) as process:
        process.stdout.readline()
        found = usage.of_tree(process.pid, {"own_s": 1.0, "children_s": 0.1}).cpu_s
        assert 1.23 < found < 1.25 + START_S
        assert usage.of_tree(process.pid, {"own_s": 1.0, "children_s": 2.0}).cpu_s == 3.0
        process.communicate(b"\n")


def test_without_the_clocks_of_other_processes_ticks_are_counted(monkeypatch):
    def unknown(clock):
        raise OSError(22, "Invalid argument")

    with waiting_for_one_that_burnt(0.25) as process:
        process.stdout.readline()
        monkeypatch.setattr(usage.time, "clock_gettime", unknown)
        assert usage.of_tree(process.pid).cpu_s == pytest.approx(sum(process.cpu_times()[:4]))
        process.communicate(b"\n")


def test_a_process_that_ended_meanwhile_is_left_out(monkeypatch):
    process = psutil.Popen([sys.executable, "-c", ""])
    process.wait()
    monkeypatch.setattr(psutil.Process, "children", lambda self, recursive: [])  # whatever other tests have running
    before = usage.of_tree(os.getpid())
    monkeypatch.setattr(psutil.Process, "children", lambda self, recursive: [process])
    assert 0 <= usage.of_tree(os.getpid()).cpu_s - before.cpu_s < 0.1
