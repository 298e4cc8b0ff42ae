"""What is tried before anything is measured: what would be in vain stops it, one line each; the rest is told."""

import json
import shutil
import tempfile
from pathlib import Path

import pytest

WORK = """
import asyncio, functools, os, random, signal, subprocess, sys, threading, time
from contextlib import contextmanager

class Unloadable:
    def __reduce__(self):
        return int, ("not here",)

@contextmanager
def opened():
    yield 5

@contextmanager
def opened_with(x):
    yield x

def bare():
    yield 5

def says_nothing(a, b):
    assert a == b

def one(n):
    return n

def a_set(n):
    return {n}

needs = functools.partial(lambda a: a)
two = functools.partial(lambda a, b: a)

def coroutine(n):
    return asyncio.sleep(0)

def generator(n):
    return (i for i in range(n))

def local(n):
    return lambda: n

def unloadable(n):
    return Unloadable()

def chance(n):
    return random.random()

def pid(n):
    return os.getpid()

def no_equality(a, b):
    raise ZeroDivisionError("no")

def raises(n):
    raise ValueError("unlucky")

def from_within(n):
    return len(n)

def dies(n):
    os.kill(os.getpid(), signal.SIGSEGV)

def hangs(n):
    time.sleep(60)

def untidy(n):
    print("on", n)
    sys.stderr.write("more")
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    subprocess.Popen(["sleep", "60"])
    return n

async def local_too(n):
    return local(n)

async def tasks(n):
    asyncio.get_running_loop().kept = asyncio.create_task(asyncio.sleep(60))
    return n

def once(n):
    open(f"made {n}", "x")
    return n

async def other(n):
    return n + 1

def slow(n):
    time.sleep(0.1)
    return n

def count(name):
    with open(name, "a") as file:
        file.write("x")
    return name

def count_slowly(name):
    time.sleep(2.1)
    return count(name)
"""
FILES = {
    "work.py": WORK,
    "lacks.py": "import nothing_of_that_name\n\ndef one(n):\n    return n\n",
    "quits.py": "import sys\nsys.exit(2)\n",
    "crashes.py": "import os\nos._exit(3)\n",
}
IN_VAIN = {
    "lacks": ({"function": "lacks.py:one"}, ".function: lacks.py: cannot be imported: ModuleNotFoundError: No module"),
    "quits": ({"function": "quits.py:sys"}, ".function: quits.py: cannot be imported: SystemExit: 2"),
    "crashes": ({"function": "crashes.py:os"}, ".function: crashes.py:os cannot be imported: its process ended"),
    "two": ({"function": "work.py:two"}, ".function: work.py:two(a, b) does not take what it is called with: "),
    "opens": (
        {"function": "work.py:two", "open": "work.py:needs"},
        ".open: work.py:needs(a) does not take what it is called with: nothing (missing a required argument: 'a')",
    ),
    "returns": ({"function": "work.py:coroutine"}, ".function: work.py:coroutine returns a coroutine, which nobody "),
    "yields": ({"function": "work.py:generator"}, ".function: work.py:generator returns a generator, of which nobody"),
    "keeps": ({"function": "work.py:local"}, ".function: work.py:local: its answer, a function, cannot be pickled: "),
    "goes_on": ({"function": "work.py:one", "then": "work.py:local"}, ".then: work.py:local: its answer, a function, "),
    "locks": (
        {"function": "work.py:one", "coroutine": "work.py:local_too", "strategies": ["threads", "asyncio"]},
        ".coroutine: work.py:local_too: its answer, a function, cannot be pickled: ",
    ),
    "unloads": ({"function": "work.py:unloadable"}, ".check: the first item, done twice: cannot be compared: Value"),
    "varies": ({"function": "work.py:chance"}, ".check: the first item, done twice: answered 0."),
    "tells": ({"function": "work.py:pid"}, "(`check: none` if that is meant, `check: {rtol: 1e-9}` if it is a round"),
    "never_enters": (
        {"function": "work.py:two", "open": "work.py:bare"},
        ".open: work.py:bare is a generator, which cannot be entered; decorate it: @contextlib.contextmanager",
    ),
    "enters_with": (
        {"function": "work.py:two", "open": "work.py:opened_with"},
        ".open: work.py:opened_with(x) does not take what it is called with: nothing (missing a required",
    ),
    "disagrees": (
        {"function": "work.py:one", "check": "work.py:says_nothing"},
        ".check: the first item, done twice: answered 7, not 7 (work.py:says_nothing has to return True where",
    ),
    "divides": (
        {"function": "work.py:one", "check": "work.py:no_equality"},
        ".check: the first item, done twice: cannot be compared: ZeroDivisionError: no",
    ),
    "sameness": (
        {"function": "work.py:one", "check": "lacks.py:one.nothing"},
        ".check: the first item, done twice: cannot be checked: ",
    ),
}  # fmt: skip

TOLD = {
    "raises": ({}, ": the first item fails: ValueError: unlucky"),
    "from_within": ({}, ": the first item fails: TypeError: object of type 'int' has no len()"),
    "dies": ({}, ": the first item fails: its process was ended by SIGSEGV"),
    "hangs": ({"timeout_s": 1}, ": the first item fails: no result within 1 s (works.hangs.timeout_s)"),
    "untidy": (
        {},
        ": the first item prints 'on 7'; what workers print is not shown",
        ": the first item leaves threads behind (1), which go on beside the next item",
        ": the first item leaves processes behind (1), which go on beside the next item",
    ),
    "tasks": (
        {"coroutine": "work.py:tasks", "function": None, "strategies": ["asyncio"]},
        ": the first item leaves tasks behind (1), which go on beside the next item",
    ),
    "once": ({}, ": the first item, done a second time, fails: FileExistsError: [Errno 17] File exists: 'made 7'; "),
    "one": (
        {"coroutine": "work.py:other", "strategies": ["threads", "asyncio"]},
        ".check: the first item, by `coroutine` and by `function`: answered 8, not 7 (",
    ),
    "chance": ({"check": "none"}, ": the first item took less than 1 ms"),
    "a_set": ({}, ": the first item answers a set, which cannot be written as JSON (Object of type"),
    "slow": (
        {"items": {"start": 0, "count": 100}, "timeout_s": 5},
        ".timeout_s: 5 s are too few for a sample one by one, which nothing can be held against then; raise it, or",
    ),
}  # fmt: skip


@pytest.fixture
def own(workflow, small):
    for name, text in FILES.items():
        (workflow.folder / name).write_text(text)
    small |= {"download": {"sites": []}, "squares": {"numbers": []}, "rounds": 1}
    return workflow


def work(**given):
    """A work that is measured by little."""
    return {"items": [7], "strategies": [{"threads": {"workers": 1}}], **given}


def written(folder):
    """What is in results/ but logs."""
    return [path for path in folder.glob("results/**/*") if path.is_file() and "logs" not in path.parts]


def test_what_would_be_in_vain_stops_it_in_one_line_each(own, small):
    small["works"] = {name: work(**given) for name, (given, _) in IN_VAIN.items()} | {
        "fine": work(function="work.py:one")
    }
    own.configure(small)
    outcome = own.run()
    assert outcome.returncode != 0
    lines = outcome.stdout.splitlines()
    for name, (_, line) in IN_VAIN.items():
        told = [one for one in lines if one.startswith(f"works.{name}") and "as JSON" not in one]
        told = [one for one in told if ": the first item took " not in one]  # however long that is here
        assert len(told) == 1, told
        assert line in told[0]
    assert "Traceback" not in outcome.stdout
    assert all(path.match("rounds/fine/preflight-*.json") for path in written(own.folder))  # if it was tried first


def test_the_rest_is_told_and_what_was_asked_for_is_measured(own, small):
    small["works"] = {name: work(**{"function": f"work.py:{name}", **given}) for name, (given, *_) in TOLD.items()}
    small["works"]["tasks"].pop("function")
    own.configure(small)
    outcome = own.run("results/rounds/raises/1.csv", "preflight")
    assert outcome.returncode == 0, outcome.stdout
    for name, (_, *lines) in TOLD.items():
        for line in lines:
            assert f"works.{name}{line}" in outcome.stdout
    assert "ValueError: unlucky" in (own.folder / "results/rounds/raises/1.csv").read_text()
    [known] = own.folder.glob("results/rounds/slow/preflight-*.json")
    assert 0.1 <= json.loads(known.read_text())["first_item_s"] < 5
    assert "works.slow: the first item took 1" in outcome.stdout


def test_it_is_called_once_or_twice_more_and_not_where_each_item_is_done_once(own, small):
    names = ("quick", "unchecked", "stood_in", "alone", "sluggish")
    small["works"] = {name: work(function="work.py:count", items=[name, "another"]) for name in names}
    small["works"]["unchecked"]["check"] = "none"
    small["works"]["stood_in"]["source"] = "profile"
    small["works"]["alone"]["strategies"] = []
    small["works"]["sluggish"]["function"] = "work.py:count_slowly"
    own.configure(small)
    assert own.run("preflight").returncode == 0
    called = {name: len(file.read_text()) for name in names if (file := own.folder / name).exists()}
    assert called == {"quick": 2, "unchecked": 1, "sluggish": 1}
    assert not (own.folder / "another").exists()


BROKEN = {
    "joblib": "class Parallel:\n    def __init__(self, **given):\n        raise RuntimeError('no loky')\n"
    "def delayed(function):\n    return function\n",
    "mpire": "raise ImportError('half installed')\n",
}


def test_strategies_that_do_not_start_stop_it(own, small, tmp_path):
    for name, text in BROKEN.items():
        (tmp_path / "packages" / name).mkdir(parents=True)
        (tmp_path / "packages" / name / "__init__.py").write_text(text)
        about = tmp_path / "packages" / f"{name}-9.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.0\n")
    asked = ["joblib", "mpire", "threads"]
    small["squares"] = {"numbers": [10], "strategies": asked}
    small["works"] = {"ones": work(function="work.py:one", strategies=asked)}
    own.configure(small)
    outcome = own.run(PYTHONPATH=str(tmp_path / "packages"))
    assert outcome.returncode != 0
    for name, reason in {"joblib": "RuntimeError: no loky", "mpire": "ImportError: half installed"}.items():
        line = f"{name} does not start: {reason}; leave it out, or mend it"
        for key in ("squares", "works.ones"):
            assert outcome.stdout.count(f"{key}.strategies: {line}\n") == 1, outcome.stdout
    assert "Traceback" not in outcome.stdout
    assert written(own.folder) == []


def test_strategies_that_start_leave_nothing_behind(own, small):
    small["squares"] = {"numbers": [10, 20, 30], "strategies": ["sequential", "multiprocessing_pool"]}
    own.configure(small | {"start_method": "forkserver"})  # which has a folder of its own, if the path to it is short
    with tempfile.TemporaryDirectory() as folder:
        outcome = own.run("preflight", TMPDIR=folder)
        assert outcome.returncode == 0, outcome.stdout
        assert [path.name for path in Path(folder).iterdir()] == ["concurrency-benchmark.lock"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\ndef f(n)\n    return n\n", "own.py:2: this is no Python: expected ':'"),
        ("def g(n): ...\n\nasync def f(n): ...\n", "own.py:f is an `async def`; give it as `coroutine`"),
    ],
)
def test_what_is_seen_without_running_anything_is_said_by_a_dry_run(own, small, text, line):
    (own.folder / "own.py").write_text(f"{text}\nopen('was imported', 'w')\n")
    small["works"] = {"a": work(function="own.py:f")}
    own.configure(small)
    outcome = own.run("--dry-run")
    assert outcome.returncode != 0
    assert f"config.yaml: works.a.function: {line}" in outcome.stdout
    assert "Traceback" not in outcome.stdout
    assert not (own.folder / "was imported").exists()


def test_a_dry_run_tries_nothing(own, small):
    (own.folder / "own.py").write_text("open('was imported', 'w')\ndef f(n):\n    return n\n")
    small["works"] = {"a": work(function="own.py:f")}
    own.configure(small)
    assert own.scheduled("compare")["rehearse"] == 1
    assert not (own.folder / "was imported").exists()
    assert written(own.folder) == []


@pytest.fixture
def done(finished, tmp_path):
    """A copy of the finished run, elsewhere, that may be changed."""
    again = type(finished)(tmp_path / "workflow")
    shutil.copytree(finished.folder, again.folder, copy_function=shutil.copy2)
    return again


def test_only_what_is_measured_anew_is_tried_anew(done, small):
    tried = {path.parent.name for path in done.folder.glob("results/rounds/*/preflight-*.json")}
    assert tried == {"download", "squares"}
    assert "rehearse" not in done.scheduled("--config", "rounds=3")
    small["squares"]["strategies"].append("asyncio")
    done.configure(small)
    jobs = done.scheduled("--config", "rounds=3")
    assert (jobs["rehearse"], jobs["measure"]) == (1, 1 + 3)  # the new round of downloads, and all of squares


def test_when_it_is_tried_again_nothing_is_measured_again(done):
    for file in ("scripts/rehearse.py", "scripts/concurrency/measuring/preflight.py"):
        path = done.folder / file
        path.write_text(path.read_text() + "\nMORE = 1\n")
    assert done.scheduled() == {}
    assert done.run("preflight", "--forcerun", "rehearse").returncode == 0
    for path in done.folder.glob("results/rounds/*/preflight-*.json"):
        path.unlink()
    assert done.scheduled() == {}


def test_what_was_tried_in_between_leaves_finished_rounds_alone(done):
    tried = done.run("preflight", "--config", "squares={strategies: [{threads: {workers: 2}}]}")
    assert tried.returncode == 0, tried.stdout
    jobs = done.scheduled("--config", "rounds=3")
    assert ("rehearse" not in jobs, jobs["measure"]) == (True, 2)


def test_only_works_that_are_asked_for_are_tried(own, small):
    small["works"] = {"lacks": work(function="lacks.py:one"), "counted": work(function="work.py:count", items=["ran"])}
    own.configure(small)
    outcome = own.run("results/rounds/lacks/1.csv")
    assert "works.lacks.function: lacks.py: cannot be imported" in outcome.stdout
    assert not (own.folder / "ran").exists()
