"""Other Pythons: found and asked beforehand, measured from within, and shown as what they were."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from concurrency import processes
from concurrency.deciding.summary import summarise
from concurrency.errors import UserError
from concurrency.lessons import races
from concurrency.measuring import arms, interpreters, worker
from concurrency.measuring.arms import Arm
from concurrency.measuring.interpreters import RUNNING
from concurrency.showing import races as races_shown
from helpers.drawing import overlaps
from helpers.workloads import measure as measured
from helpers.workloads import strategies, sums, workload

NUMBERS = [100_000, 0, 50_000, 1]
OLD = {"executable": "x", "implementation": "CPython", "release": "3.10.2", "version": [3, 10], "text": "3.10.2"}


MISSING = "no other Python from 3.11 on is on the PATH: tests/interpreters.sh gets two"


def others():
    """What is on the PATH beside the interpreter that runs this."""
    for name in ("python3.11", "python3.12", "python3.13", "python3.14", "python3.14t", "python3.15"):
        try:
            [interpreter] = interpreters.find([name], "here")
        except UserError:
            continue
        if interpreter.label != RUNNING.label:
            yield pytest.param(interpreter, id=interpreter.label)


@pytest.fixture(params=list(others()) or [pytest.param(None, marks=pytest.mark.skip(reason=MISSING))])
def other(request):
    return request.param


@pytest.fixture
def free():
    for parameter in others():
        if parameter.values[0].free_threaded:
            return parameter.values[0]
    return pytest.skip("no free-threaded Python is on the PATH: tests/interpreters.sh gets one")


def under(interpreter, strategy, workers=1):
    return Arm(strategy, workers, interpreter=interpreter.label, executable=interpreter.executable)


def measure(chosen, numbers=NUMBERS, expected=None, **own):
    if own:
        return measured("mine", chosen, numbers, None, own, timeout_s=60)
    return measured("squares", chosen, numbers, expected or sums(numbers), timeout_s=60)


def program(folder, text):
    file = folder / "fake"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


def test_current_is_known_without_asking():
    assert interpreters.find(["current", sys.executable, "current"], "here") == [RUNNING]


def test_an_interpreter_is_what_it_says(other):
    said = subprocess.run(
        [other.executable, "-c", "import sys; print(sys.version_info[:2], sys.abiflags)"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.startswith(str(other.version))
    assert other.free_threaded == ("t" in said.split(")")[1]) == other.label.endswith("t")
    assert interpreters.find(["current", other.executable, other.executable], "here") == [RUNNING, other]


def test_two_builds_of_one_version_are_told_apart(other, tmp_path):
    subprocess.run([other.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    second = str(tmp_path / "venv" / "bin" / "python")
    labels = [one.label for one in interpreters.find([other.executable, second], "here")]
    assert labels == [other.label, f"{other.label} ({second})"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo hello", "does not run as a Python interpreter: it does not answer as one"),
        ("exit 3", "does not run as a Python interpreter: it ends with exit code 3"),
        ("echo first >&2; echo no such file >&2; exit 127", "does not run as a Python interpreter: no such file"),
        ("kill -SEGV $$", "does not run as a Python interpreter: it was ended by signal 11"),
        (f"echo '{json.dumps(OLD)}'", "is Python 3.10.2; measuring takes 3.11 or later"),
    ],
)
def test_what_cannot_be_used_is_one_clear_line(tmp_path, text, said):
    fake = program(tmp_path, text)
    with pytest.raises(UserError) as caught:
        interpreters.find(["current", fake], "config.yaml: interpreters")
    assert str(caught.value) == f"config.yaml: interpreters: {fake}: {said}"


@pytest.mark.parametrize("text", ["exec sleep 100", "while :; do echo noise; sleep 0.01; done"])
def test_what_hangs_is_told_within_a_few_seconds(tmp_path, monkeypatch, text):
    assert interpreters.ANSWER_S <= 5
    monkeypatch.setattr(interpreters, "ANSWER_S", 0.5)
    fake = program(tmp_path, text)
    with pytest.raises(UserError, match=r"fake: does not run as a Python interpreter: no answer within 0\.5 s$"):
        interpreters.find([fake], "config.yaml: interpreters")


def test_noise_before_its_answer_is_no_matter(tmp_path):
    noisy = program(tmp_path, f'echo noise\nexec "{sys.executable}" "$@"')
    assert interpreters.find([noisy], "here") == [RUNNING]


@pytest.mark.parametrize("strategy", [name for name, known in strategies("squares").items() if not known.needs])
def test_squares_need_nothing_but_the_standard_library(other, strategy):
    known = strategies("squares")[strategy]
    if reason := other.lacks(known):
        assert reason == "needs Python 3.14"
        assert other.version < (3, 14)
        return
    workers = 1 if workload("squares", []).has_one_worker(known) else 2
    [row] = measure([under(other, strategy, workers)])
    assert (row["failed"], row.get("error")) == (0, None)
    assert row["interpreter"] == other.label
    assert row["gil"] != other.free_threaded
    version = ".".join(map(str, other.version))
    assert row["python"].startswith(version)
    assert "[" in row["python"]  # the compiler
    assert " | " not in row["python"]  # all workers say the same


@pytest.mark.parametrize(
    ("strategy", "options"),
    [
        ("threads", {}),
        ("asyncio_to_thread", {}),
        ("process_pool", {}),
        ("process_pool", {"chunksize": 3}),
        ("process_pool_ranges", {}),
        ("multiprocessing_pool", {}),
        ("multiprocessing_pool", {"method": "imap_unordered", "chunksize": 2}),
        ("multiprocessing_pool", {"method": "starmap"}),
    ],
)
def test_every_worker_is_asked(monkeypatch, strategy, options):
    monkeypatch.setattr(worker, "LONGEST_S", 60)
    known = strategies("squares")[strategy]
    module = __import__(known.module, fromlist=["start"])
    with module.start(3, **known.defaults | options) as run:
        assert worker.facts_of_all(run, 3) == [worker.facts()] * 3


def test_subinterpreters_are_asked_from_within(other):
    if other.version < (3, 14):
        pytest.skip("has no InterpreterPoolExecutor")
    code = """
from concurrency.measuring import worker
from concurrency.strategies import interpreter_pool
if __name__ == "__main__":
    with interpreter_pool.start(3) as run:
        print(len(worker.facts_of_all(run, 3)))
"""
    done = subprocess.run(
        [other.executable, "-c", code], env=processes.environment(other.executable),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "3\n"


def test_packages_of_ours_are_not_those_of_others(other):
    asked = ["sequential", "asyncio", "asyncio_uvloop"]
    wanted = arms.expand(workload("download", []), asked, "here")
    kept, left_out = arms.runnable(workload("download", []), wanted, asked, "here", [RUNNING, other])
    assert Arm("asyncio", arms.AUTO) in kept
    missing = {name: reason for name, reason in left_out.items() if name.endswith(f" on {other.label}")}
    if any(arm.executable for arm in kept):
        pytest.skip(f"{other.executable} has packages of its own")
    assert missing[f"asyncio on {other.label}"] == f"not installed there: {other.executable} -m pip install aiohttp"
    assert missing[f"asyncio_uvloop on {other.label}"].endswith("-m pip install aiohttp uvloop")
    with pytest.raises(UserError, match=r"^here: sequential on CPython"):
        arms.runnable(workload("download", []), wanted, asked, "here", [other])


def test_answers_are_checked_against_the_same_interpreter(other, tmp_path):
    file = tmp_path / "own_version.py"
    file.write_text("import sys\ndef f(n):\n    return [n, *sys.version_info[:2]]\n")
    rows = measure([Arm("threads", 2), under(other, "threads", 2), under(other, "sequential"), Arm("sequential")],
                   [1, 2], function=f"{file}:f")  # fmt: skip
    assert [(row["failed"], row.get("error")) for row in rows] == [(0, None)] * 4


def test_an_interpreter_that_dies_is_a_failed_sample(other, tmp_path):
    file = tmp_path / "own_death.py"
    file.write_text(
        "import os, signal, sys\n"
        f"def f(n):\n    if sys.version.split()[0] != {sys.version.split()[0]!r}:\n"
        "        os.kill(os.getpid(), signal.SIGSEGV)\n    return n\n"
    )
    rows = measure([under(other, "sequential"), Arm("sequential")], [1, 2], function=f"{file}:f")
    assert [row["failed"] for row in rows] == [2, 0]
    assert rows[0]["error"] == "the sample's process was ended by SIGSEGV"
    assert rows[0]["interpreter"] == other.label


def test_an_interpreter_that_is_gone_is_no_evidence(tmp_path):
    gone = replace(RUNNING, executable=str(tmp_path / "python"))
    why = f"squares: threads could not be measured on {gone.executable}: {gone.executable} cannot be started: No such"
    with pytest.raises(UserError, match=re.escape(why)) as caught:
        measure([Arm("sequential"), under(gone, "threads")])
    instead = f"leave threads out of squares.strategies or {gone.executable} out of interpreters"
    assert instead in str(caught.value)


def extension(interpreter, folder):
    """A module `unaware` that does not say that it can do without the GIL, which is then switched on."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    asked = "import sysconfig as s; print(s.get_path('include')); print(s.get_config_var('EXT_SUFFIX'))"
    include, suffix = subprocess.run(
        [interpreter.executable, "-c", asked], capture_output=True, text=True, check=True
    ).stdout.split()
    if not compiler or not Path(include, "Python.h").exists():
        pytest.skip("needs a C compiler and Python.h")
    source = folder / "unaware.c"
    source.write_text("""
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "unaware", NULL, 0, NULL};
PyMODINIT_FUNC PyInit_unaware(void) { return PyModuleDef_Init(&definition); }
""")
    target = folder / f"unaware{suffix}"
    subprocess.run([compiler, "-shared", "-fPIC", f"-I{include}", source, "-o", target], check=True)


def test_without_the_gil_is_told_from_with_it(free):
    aware = Arm("threads", 2, interpreter=free.label, executable=free.executable)
    [row] = measure([aware])
    assert (row["gil"], row["interpreter"]) == (False, free.label)


def test_a_gil_that_comes_back_is_never_shown_as_free_threaded(free, tmp_path):
    extension(free, tmp_path)
    file = tmp_path / "own_unaware.py"
    long = "import time\n\ndef f(n):\n    import unaware\n    time.sleep(0.002)\n    return n\n"  # to say something
    file.write_text(long)  # imported during the work, in the worker
    rows = measure(
        [under(free, "sequential"), under(free, "threads", 2), under(free, "process_pool", 2)],
        [1, 2, 3, 4], function=f"{file}:f",
    )  # fmt: skip
    assert {(row["failed"], row["gil"], row["interpreter"]) for row in rows} == {
        (0, True, f"{free.label} with the GIL")
    }
    summary = summarise(pd.DataFrame(rows))
    assert free.label not in set(summary["interpreter"])
    assert set(summary["flags"]) == {"the GIL came back on: this is no free-threaded run"}


def test_a_package_that_switches_the_gil_on_is_left_out_with_the_reason(free, tmp_path):
    subprocess.run([free.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    [packages] = (tmp_path / "venv" / "lib").glob("*/site-packages")
    extension(free, packages)
    [inside] = interpreters.find([str(tmp_path / "venv" / "bin" / "python")], "here")
    strategy = replace(strategies("squares")["numpy"], needs=("unaware",))
    assert inside.lacks(strategy) == "importing unaware switches the GIL on again, in a build that runs without"
    (packages / "broken.py").write_text("1 / 0")
    strategy = replace(strategy, needs=("broken",))
    assert inside.lacks(strategy) == "broken cannot be imported: ZeroDivisionError: division by zero"


def test_races_without_a_gil(free):
    lost = pd.DataFrame(races.table([RUNNING, free]))
    rows = lost[lost["interpreter"] == free.label].set_index("variant")
    assert list(rows.index) == ["threads", "threads, with a lock"]
    assert not rows["gil"].any()
    assert rows.loc["threads", "lost"] > 0
    assert rows.loc["threads, with a lock", "lost"] == 0
    assert not overlaps(races_shown.draw(lost))
    assert f"4 threads without a GIL ({free.label}) lost " in races_shown.describe(lost)
