"""Which threads were on a core: as the kernel's counters tell it, and as real threads do it."""

import itertools
import json
import random
import subprocess
import sys

import pytest

from concurrency.measuring import on_cores, tracing
from concurrency.measuring.on_cores import NO_CORE, ON_A_CORE, Slice, slices

TICK_S = 0.004
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
COMPUTE = "sum(i * i for i in range(6_000_000))"
THREADS = f"""
import threading
threads = [threading.Thread(target=lambda: {COMPUTE}) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
PROCESSES = f"""
import subprocess, sys
started = [subprocess.Popen([sys.executable, "-c", "{COMPUTE}"]) for _ in range(2)]
for process in started: process.wait()
"""


def seconds(found, state):
    return sum(one.end - one.begin for one in found if one.state == state)


def schedule(seed):
    """A thread that waits for a core, runs, and sleeps, at random: (ready, begin, end)."""
    chance, at, found = random.Random(seed), 0.0, []
    while at < 0.5:
        begin = at + chance.choice([0, 0, 0.003])
        end = begin + chance.choice([0.002, 0.005, 0.02])
        found.append((at, begin, end))
        at = end + chance.choice([0, 0.003, 0.01])
    return found


def readings(truth, seed):
    """What the counters say of it: a wait is counted when it is over, a run at the ticks and when it is over."""
    chance, at = random.Random(seed), 0.0
    while at < truth[-1][2] + 0.01:
        at += 0.001 * chance.uniform(1, 1.6)
        ran = sum(end - begin for _, begin, end in truth if end <= at)
        ran += sum(max(0, at // TICK_S * TICK_S - begin) for _, begin, end in truth if begin <= at < end)
        yield at, ran, sum(begin - ready for ready, begin, _ in truth if begin <= at)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_read_becomes_when_it_was(seed):
    truth = schedule(seed)
    found = slices(list(readings(truth, seed)))
    assert all(one.end <= other.begin for one, other in itertools.pairwise(found))
    assert seconds(found, ON_A_CORE) == pytest.approx(sum(end - begin for _, begin, end in truth), rel=0.1)
    assert seconds(found, NO_CORE) == pytest.approx(sum(begin - ready for ready, begin, _ in truth), rel=0.15)
    moments = [truth[-1][2] * i / 1000 for i in range(1000)]
    wrong = sum(
        any(begin <= at < end for _, begin, end in truth)
        != any(one.begin <= at < one.end for one in found if one.state == ON_A_CORE)
        for at in moments
    )
    assert wrong < 150  # a reading or a tick too late, here and there


def test_a_thread_that_never_ran_has_no_slices():
    assert slices([(1.0, 0.0, 0.0), (1.1, 0.0, 0.0)]) == []


def test_what_a_thread_did_before_it_was_seen_counts():
    assert slices([(1.0, 0.5, 0.0)]) == [Slice(ON_A_CORE, 0.5, 1.0)]


def watched(code, folder):
    """The slices on a core of each thread that `code` mostly ran in."""
    file = folder / "notes.jsonl"
    process = subprocess.Popen([sys.executable, "-c", code])
    with on_cores.watched(process.pid, str(file)):
        process.wait()
    threads = [json.loads(line) for line in file.read_text().splitlines()]
    assert {one["what"] for one in threads} == {"thread"}
    on = [[Slice(*one) for one in thread["slices"] if one[0] == ON_A_CORE] for thread in threads]
    most = max(seconds(own, ON_A_CORE) for own in on)
    return [own for own in on if seconds(own, ON_A_CORE) > most / 2]


def together(one, other):
    """The share of the lesser in which both were on a core."""
    both = sum(max(0.0, min(a.end, b.end) - max(a.begin, b.begin)) for a in one for b in other)
    return both / min(seconds(one, ON_A_CORE), seconds(other, ON_A_CORE))


@LINUX
@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="needs the GIL")
def test_threads_under_the_gil_take_turns(tmp_path):
    one, other = watched(THREADS, tmp_path)
    assert together(one, other) < 0.5  # where one gives way to the other, either may be placed a reading too late
    assert len(one) > 1


@LINUX
def test_processes_are_found_and_do_not(tmp_path):
    own = watched(PROCESSES, tmp_path)
    assert len(own) == 2  # whether they ran at once depends on how many cores are free


def test_what_is_neither_on_a_core_nor_ready_is_off():
    held = [Slice(ON_A_CORE, 0.0, 1.0), Slice(NO_CORE, 1.0, 2.0), Slice(ON_A_CORE, 3.0, 4.0)]
    assert list(tracing._filled(held, 0.5, 3.5, "off")) == [
        Slice(ON_A_CORE, 0.5, 1.0),
        Slice(NO_CORE, 1.0, 2.0),
        Slice("off", 2.0, 3.0),
        Slice(ON_A_CORE, 3.0, 3.5),
    ]


def test_where_nobody_looked_for_long_nothing_is_told():
    looked = [(0.001 * i, 0.0, 0.0) for i in range(1, 10)]
    assert slices([*looked, (0.050, 0.010, 0.0)]) == []  # somewhere in 41 ms it ran for 10
    [whole] = slices([*looked, (0.050, 0.040, 0.0)])
    assert (whole.state, whole.end - whole.begin) == (ON_A_CORE, pytest.approx(0.040))
