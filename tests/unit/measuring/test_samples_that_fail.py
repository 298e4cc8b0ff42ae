"""A user's own function that raises, hangs, kills its process or cannot be pickled: a row with the reason each."""

import multiprocessing
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from concurrency import cores
from concurrency.errors import UserError
from concurrency.measuring.arms import Arm
from concurrency.workloads.own.work import build
from helpers.workloads import measure as measured
from helpers.workloads import strategies, sums

LIMIT_S = 100.0  # far beyond what anything here takes; nothing may wait for it

OWN = """
import multiprocessing, os, signal, time

def cube(n):
    return n ** 3

def share_of_cube(start, stop):
    return sum(3 * i * i + 3 * i + 1 for i in range(start, stop))

def raises(n):
    return 1 // (n - 3)

def is_killed(n):
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n

def hangs(n):
    while n == 3:
        time.sleep(1)
    return n

def differs(n):
    return n + os.getpid()

def takes_no_number(text):
    return float("nan"), {"of": text}, {text}

def fails_in_the_main_process(n):
    return n if multiprocessing.parent_process() else 1 // 0

nameless = lambda n: n

def answers_a_function(n):
    return lambda: n
"""

IN_PROCESSES = [
    Arm("process_pool", 2),
    Arm("process_pool_futures", 2),
    Arm("process_pool_ranges", 2),
    Arm("multiprocessing_pool", 2),
    Arm("multiprocessing_pool", 2, {"method": "imap_unordered"}),
    Arm("multiprocessing_pool", 2, {"method": "starmap"}),
    Arm("joblib", 2),
    Arm("mpire", 2),
    Arm("dask", 2),
]
IN_PROCESSES = [arm for arm in IN_PROCESSES if not strategies("mine")[arm.strategy].missing]
IN_ONE = [Arm("sequential"), Arm("threads", 2), Arm("asyncio_to_thread", 2)]


@pytest.fixture
def own(tmp_path) -> Path:
    file = tmp_path / "own_work.py"
    file.write_text(OWN)
    return file


def measure(arms, own, function, split=None, timeout_s=LIMIT_S, numbers=(1, 2, 3, 4, 5)):
    functions = {"function": f"{own}:{function}", "split": f"{own}:{split}" if split else None}
    rows = measured("mine", arms, list(numbers), None, functions, timeout_s=timeout_s)
    return dict(zip(map(str, arms), rows, strict=True))


@pytest.mark.parametrize("split", [None, "share_of_cube"])
def test_a_function_of_ones_own_is_checked_against_sequential(own, split):
    rows = measure(IN_ONE + IN_PROCESSES, own, "cube", split)
    assert {arm: (row["failed"], row.get("error")) for arm, row in rows.items()} == dict.fromkeys(rows, (0, None))


def test_answers_of_any_kind_are_compared(own):
    rows = measure([Arm("sequential"), Arm("process_pool", 2)], own, "takes_no_number", numbers=["a", "b"])
    assert [row["failed"] for row in rows.values()] == [0, 0]


def test_answers_that_differ_from_those_of_sequential_have_failed(own):
    sequential, pool = measure([Arm("sequential"), Arm("process_pool", 2)], own, "differs").values()
    assert sequential["failed"] == 0
    assert pool["failed"] == 5
    assert pool["error"].startswith("item 1: answered ")


def test_a_function_that_raises(own):
    for arm, row in measure(IN_ONE + IN_PROCESSES, own, "raises").items():
        assert row["failed"] == 1, arm
        assert re.fullmatch("item 3: ZeroDivisionError: .*by zero", row["error"]), arm  # in words of each Python's own


def test_a_process_that_is_killed_is_noticed(own):
    for arm, row in measure(IN_ONE + IN_PROCESSES, own, "is_killed").items():
        assert row["failed"] == 5, arm
        assert row["error"], arm
        assert "no result within" not in row["error"], arm


def test_a_function_that_never_returns_is_ended_and_the_others_go_on(own):
    arms = [Arm("sequential"), Arm("process_pool", 2), Arm("multiprocessing_pool", 2)]
    rows = measure(arms, own, "hangs", timeout_s=2.0)
    assert {row["error"] for row in rows.values()} == {"no result within 2 s (works.mine.timeout_s)"}
    assert [row["failed"] for row in measure(arms, own, "cube").values()] == [0, 0, 0]


def test_an_answer_that_cannot_be_pickled(own):
    arms = [Arm("sequential"), Arm("process_pool", 2), Arm("multiprocessing_pool", 2)]
    for row in measure(arms, own, "answers_a_function").values():
        assert row["failed"]
        assert re.search("pickle|local object", row["error"])  # what Python says depends on its version


def test_a_function_without_a_name_of_its_own(own):
    arms = [Arm("sequential"), Arm("process_pool", 2), Arm("multiprocessing_pool", 2)]
    assert [row["failed"] for row in measure(arms, own, "nameless").values()] == [0, 0, 0]


def test_without_answers_of_sequential_nothing_can_be_checked(own):
    sequential, pool = measure([Arm("sequential"), Arm("process_pool", 2)], own, "fails_in_the_main_process").values()
    assert "ZeroDivisionError" in sequential["error"]
    assert (pool["failed"], pool["error"]) == (5, "cannot be checked: sequential brought no answers")


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("def f(n: return", "f", "cannot be imported: SyntaxError"),
        ("1 / 0", "f", "cannot be imported: ZeroDivisionError: division by zero"),
        ("g = 1", "f", "there is no f in it"),
    ],
)
def test_a_file_that_is_no_good_is_one_clear_line(tmp_path, text, name, message):
    file = tmp_path / f"bad_{abs(hash(text))}.py"
    file.write_text(text)
    with pytest.raises(UserError) as caught:
        build(function=f"{file}:{name}")
    assert str(caught.value).startswith(f"function: {file}: {message}")
    with pytest.raises(UserError) as of_sample:
        measure([Arm("sequential")], file, name)
    assert f"sequential could not be measured: {caught.value}; put that right" in str(of_sample.value)


def test_what_is_killed_is_an_outcome_even_before_it_began(tmp_path):
    file = tmp_path / "deadly.py"
    file.write_text("import os, signal\n\nos.kill(os.getpid(), signal.SIGKILL)\n\ndef f(n):\n    return n\n")
    [row] = measure([Arm("sequential")], file, "f").values()
    assert row["error"] == "the sample's process was ended by SIGKILL"


@pytest.mark.parametrize("start_method", multiprocessing.get_all_start_methods())
@pytest.mark.parametrize(
    "arm",
    [
        pytest.param(arm, id=str(arm), marks=[] if arm in (IN_PROCESSES[0], IN_PROCESSES[3]) else [pytest.mark.heavy])
        for arm in IN_PROCESSES
    ],
)
def test_every_process_is_counted_however_it_was_started(arm, start_method):
    numbers = [400_000] * 12
    [row] = measured("squares", [arm], numbers, sums(numbers), start_method=start_method)
    assert (row["failed"], row.get("error")) == (0, None)
    assert row["cpu_s"] >= 0.05  # 4.8 million terms take at least that on any machine, wherever they are computed
    assert row["max_rss_bytes"] > 5_000_000 * 3


def test_cores_honour_affinity():
    program = """
import os
from concurrency import cores
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
print(cores.available())
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, check=True).stdout
    assert shown == b"1\n"


@pytest.mark.parametrize(("quota", "most"), [("150000 100000", 2), ("50000 100000", 1), ("max 100000", None)])
def test_cores_honour_quotas(tmp_path, monkeypatch, quota, most):
    free = cores.available()
    (tmp_path / "cpu.max").write_text(quota + "\n")
    monkeypatch.setattr(cores, "CGROUPS", tmp_path)
    assert cores.available() == (free if most is None else min(most, free))
