"""Scripts of the user's own works: wherever functions are, whatever items are, and whatever goes wrong."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from concurrency.measuring.arms import Arm
from concurrency.recommending import users
from concurrency.recommending.head import paragraphs
from concurrency.workloads.download import replay
from concurrency.workloads.download.workload import Download
from concurrency.workloads.own.workload import Own
from concurrency.workloads.squares.sums import closed_form
from concurrency.workloads.squares.workload import Squares
from helpers.scripts import faults, requirements, run, told, written

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder whose name has a space, quotes and braces."""
    folder = tmp_path / "it's a {folder}"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def put(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def of(place, items=(1, 2), name="mine", **more):
    return Own(list(items) if isinstance(items, tuple) else items, name=name, function=place, **more)


DOUBLE = "def double(x):\n    return 2 * x\n"
DOUBLED = [{"item": 1, "result": 2}, {"item": 2, "result": 4}]


@pytest.mark.parametrize("strategy", ["sequential", "process_pool", pytest.param("joblib", marks=pytest.mark.heavy)])
@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("work.py:double", DOUBLE),
        ("in/a folder/work.py:double", DOUBLE),
        ("my-work {1}.py:double", DOUBLE),
        ("queue.py:double", DOUBLE),
        ("mine.py:double", DOUBLE),
        ("pkg/sub/work.py:double", f"from .helper import two\n{DOUBLE.replace('2', 'two')}"),
        ("work.py:main", DOUBLE.replace("double", "main")),
        ("work.py:opened", DOUBLE.replace("double", "opened")),
        ("work.py:open", DOUBLE.replace("double", "open")),
        ("work.py:Path", DOUBLE.replace("double", "Path")),
        ("lambda.py:double", DOUBLE),
        ("work.py:Tool.double", "class Tool:\n    @staticmethod\n    def double(x):\n        return 2 * x\n"),
    ],
)
def test_wherever_the_function_is(strategy, place, text):
    put(place.rpartition(":")[0], text)
    if (strategy, place) == ("joblib", "queue.py:double"):
        pytest.skip("the workers of joblib themselves import what lies in their folder")
    if place.startswith("pkg/"):
        put("pkg/__init__.py", "")
        put("pkg/sub/__init__.py", "")
        put("pkg/sub/helper.py", "two = 2\n")
    script = written(of(place), strategy)
    done = run(script, cwd="/") if script.is_absolute() else run(script.absolute(), cwd="/")
    assert (done.returncode, told(done)) == (0, DOUBLED), done.stderr
    assert faults(script.parent) == ""


def test_functions_of_one_name_in_several_files():
    put("a.py", DOUBLE)
    put("b.py", DOUBLE.replace("2", "3"))
    put("sub/b.py", "from contextlib import contextmanager\n\n@contextmanager\ndef opened():\n    yield None\n")
    put("a.py", "def double(x, opened):\n    return 2 * x\n")
    script = written(of("a.py:double", then="b.py:double", open="sub/b.py:opened"), "threads")
    assert told(run(script)) == [{"item": 1, "result": 6}, {"item": 2, "result": 12}]
    assert faults(script.parent) == ""


def test_packages_that_the_users_code_imports_are_named():
    put(
        "work.py",
        "import json\nimport yaml\nfrom PIL import Image\nimport helper\nimport nowhere_to_be_found\n" + DOUBLE,
    )
    put("helper.py", "import aiohttp.web\n")
    named = [one.partition(">=")[0] for one in requirements(written(of("work.py:double"), "threads"))]
    assert named == ["aiohttp", "pillow", "PyYAML"]


def test_files_in_another_encoding_or_of_another_python():
    Path("work.py").write_bytes(
        b"# -*- coding: latin-1 -*-\nimport yaml\ntry:\n    import newer\nexcept SyntaxError:\n    pass\n"
        b'def double(x):\n    return "\xe9" * x\n'
    )
    put("newer.py", "import aiohttp\nthis is no Python\n")
    script = written(of("work.py:double"), "threads")
    assert [one.partition(">=")[0] for one in requirements(script)] == ["PyYAML"]
    assert told(run(script)) == [{"item": 1, "result": "é"}, {"item": 2, "result": "éé"}]


ECHO = "def echo(item):\n    return item\n"
KINDS = {
    "numbers": ({"start": 3, "count": 3}, [3, 4, 5], "7\n8\n", [7, 8]),
    "short list": ([1, "a", None, 2.5, True], [1, "a", None, 2.5, True], '"x"\n[1]\n', ["x", [1]]),
    "long list": (["a" * 50] * 3 + ['say "it"', "it's"], ["a" * 50] * 3 + ['say "it"', "it's"], "1\n", [1]),
    "both quotes": (['it\'s "so" \\ \n', "\u202e \u00e9 \ud800"], None, "1\n", [1]),
    "documents": ([{"a": [1, {}]}, [], '"""'], None, "1\n", [1]),
    "lines": ("items.txt", ["a b", "c"], "d\n\n", ["d"]),
    "rows": ("items.csv", [{"a": "1", "b": "x,y"}], "a;b\n2;z\n", [{"a": "2", "b": "z"}]),
    "JSON lines": ("items.jsonl", [{"a": 1}, 2], "[3]\n", [[3]]),
    "a JSON list": ("items.json", [{"a": 1}, [], "é"], "[[3],\n4]", [[3], 4]),
    "files": ("photos/*.jpg", ["photos/1.jpg", "photos/2.jpg"], None, None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_items_of_every_kind(kind, here):
    source, items, others, expected = KINDS[kind]
    put("work.py", ECHO)
    put("items.txt", "a b\n\nc\r\n")
    put("items.csv", "a;b\n1;x,y\n")
    put("items.jsonl", '{"a": 1}\n\n2\n')
    put("items.json", '[\n  {"a": 1},\n  [],\n  "é"\n]\n')
    for number in (1, 2):
        put(f"photos/{number}.jpg", "")
    path = Path(source) if isinstance(source, str) and "*" not in source else source
    script = written(of("work.py:echo", path), "sequential").absolute()
    lines = [json.loads(line) for line in run(script, cwd="/").stdout.splitlines()]
    assert [(line["item"], line["result"]) for line in lines] == [(item, item) for item in items or source]
    assert faults(script.parent) == ""
    elsewhere = here.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "other").write_text(others or "")
    lines = [json.loads(line) for line in run(script, "--items", "other", cwd=elsewhere).stdout.splitlines()]
    assert [line["item"] for line in lines] == (expected or [str(elsewhere / "other")])


@pytest.mark.parametrize(
    ("source", "bad", "why"),
    [
        ("items.csv", "a,b\n1\n", "line 2: 1 cells, but 2 columns"),
        ("items.jsonl", "1\n{\n", "line 2: "),
        ("items.json", '{"a": 1}\n', "a list was expected"),
        ("items.json", "[1,\n", "Expecting value: line 2"),
        ("items.txt", None, "No such file"),
        ({"start": 1, "count": 2}, "one\n", "invalid literal for int()"),
    ],
)
def test_bad_input_is_one_line(source, bad, why):
    put("work.py", ECHO)
    put("items.csv", "a,b\n1,2\n")
    if bad is not None:
        put("bad", bad)
    script = written(of("work.py:echo", Path(source) if isinstance(source, str) else source), "threads")
    done = run(script, "--items", "bad")
    assert done.returncode == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    done = run(script, "--workers", "0")
    assert done.stderr.endswith("error: argument --workers: must be at least 1\n")


def test_help_names_what_can_be_given():
    put("work.py", ECHO)
    shown = run(written(of("work.py:echo"), "threads", 3), "--help").stdout
    assert "What it does: so." in shown
    assert "--items FILE" in shown
    assert "--workers N" in shown
    assert "(3)" in shown


BAD = """
import asyncio, os, sys

class Unloadable:
    def __reduce__(self):
        return int, ("x",)

def bad(item):
    ways = {
        "raise": lambda: 1 / 0, "exit": sys.exit, "json": lambda: {1, 2}, "keys": lambda: {1: "a", "1": "b"},
        "pickle": lambda: (i for i in "ab"), "load": Unloadable, "die": lambda: os._exit(3),
    }
    return ways.get(item, lambda: item)()

async def bad_soon(item):
    if item == "cancel":
        raise asyncio.CancelledError("no reason")
    return bad(item)
"""
FAILURES = {
    "raise": "ZeroDivisionError", "exit": "SystemExit", "json": "NotJSON", "keys": "NotJSON", "pickle": "NotJSON",
    "load": "NotJSON",    "cancel": "CancelledError",
}  # fmt: skip


FAILING_FOR = (
    "sequential", "threads", "process_pool", "multiprocessing_pool", "asyncio", "asyncio_gather", "processes_asyncio",
)  # fmt: skip


@pytest.mark.parametrize("strategy", FAILING_FOR)
def test_one_item_that_fails_hinders_no_other(strategy):
    put("work.py", BAD)
    items = ["a", "raise", "exit", "json", "keys", "pickle", "load", "b"]
    work = Own(items, name="mine", function="work.py:bad", coroutine="work.py:bad_soon")
    if "asyncio" in strategy:
        work.source.append("cancel")
    done = run(written(work, strategy, 1))
    assert done.returncode == 1
    lines = {line["item"]: line for line in told(done)}
    assert {item: line["error"] for item, line in lines.items() if "error" in line} == {
        item: error for item, error in FAILURES.items() if item in work.source
    }
    assert (lines["a"]["result"], lines["b"]["result"]) == ("a", "b")


@pytest.mark.parametrize("strategy", ["process_pool", "multiprocessing_pool"])
def test_a_worker_that_dies_is_one_line(strategy):
    put("work.py", BAD)
    done = run(written(of("work.py:bad", ("die", "a")), strategy, 1))
    assert done.returncode == 1
    assert done.stderr.strip().endswith("is there enough memory?")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("strategy", ["threads", "asyncio", "process_pool"])
def test_who_stops_reading_sees_no_traceback(strategy):
    put("work.py", BAD)
    places = {"function": "work.py:bad", "coroutine": "work.py:bad_soon"}
    script = written(Own(list(range(5000)), name="mine", **places), strategy)
    command = f"'{sys.executable}' {script} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True, timeout=60)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_no_items():
    put("work.py", ECHO)
    done = run(written(of("work.py:echo", "*.jpg"), "threads"))
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, "mine.py: error: *.jpg: there are no items")


def test_numbers_of_a_file():
    put("numbers.txt", "number \n5\n10\n")
    script = written(Squares(Path("numbers.txt")), "process_pool_ranges")
    assert told(run(script)) == [{"item": 10, "result": closed_form(10)}, {"item": 5, "result": closed_form(5)}]


def test_coroutine_one_by_one():
    put("work.py", "async def echo(item):\n    return item\n")
    script = written(Own([2, 1], name="mine", coroutine="work.py:echo"), "sequential")
    lines = [json.loads(line) for line in run(script).stdout.splitlines()]
    assert lines == [{"item": 2, "result": 2}, {"item": 1, "result": 1}]


def test_a_download_that_is_killed_leaves_no_half_page(here):
    sites = Download([f"http://a.test/{i}" for i in range(200)]).sites
    with replay.serve(sites, 1, 20.0) as urls:
        script = written(Download(urls), "asyncio", 8)
        running = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, start_new_session=True)
        told_first = running.stdout.readline()
        time.sleep(0.1)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert json.loads(told_first)["result"]["status"] == 200
    pages = [path for path in (script.parent / "pages").iterdir() if path.is_file()]
    assert pages
    assert all(path.stat().st_size == 60_000 for path in pages)


def test_a_contact_is_told(monkeypatch):
    script = written(Download(["http://a.test/"]), "asyncio", user_agent="concurrency-benchmark/1.0 (me@a.test)")
    assert '"User-Agent": "concurrency-benchmark/1.0 (me@a.test)"}' in script.read_text()
    assert faults(script.parent) == ""


def test_what_is_said_cannot_break_out():
    put("work.py", ECHO)
    said = ["Title", 'It says """quotes""" and \\N{backslashes} "', "x" * 130 + " and more"]
    script = written(of("work.py:echo"), "threads", said=said)
    assert told(run(script)) == [{"item": 1, "result": 1}, {"item": 2, "result": 2}]
    assert faults(script.parent) == ""


@pytest.mark.skipif(not shutil.which("uv"), reason="needs uv")
@pytest.mark.heavy
def test_uv_runs_it():
    put("work.py", ECHO)
    done = subprocess.run(
        ["uv", "run", written(of("work.py:echo"), "joblib")], check=False, capture_output=True, text=True
    )
    if "error: " in done.stderr and "fetch" in done.stderr:
        pytest.skip("no index can be reached")
    assert len(done.stdout.splitlines()) == 2, done.stderr


def test_what_a_function_prints_is_no_answer():
    put("work.py", "def double(x):\n    print('a word')\n    return 2 * x\n")
    for strategy in ("threads", "process_pool"):
        done = run(written(of("work.py:double"), strategy))
        assert (done.returncode, told(done)) == (0, DOUBLED)
        assert done.stderr.count("a word") == 2


def test_an_error_without_a_message_is_told():
    put(
        "work.py",
        "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\n\ndef f(x):\n    raise Odd\n",
    )
    done = run(written(of("work.py:f"), "threads"))
    assert [line["error"] for line in told(done)] == ["Odd", "Odd"]
    assert done.returncode == 1


@pytest.mark.parametrize("strategy", ["process_pool", "process_pool_futures", "multiprocessing_pool"])
def test_a_worker_that_dies_ends_it_in_one_line(strategy):
    put(
        "work.py",
        "import os, time\n\ndef f(x):\n    time.sleep(0.1)\n    os._exit(3) if x == 3 else None\n    return x\n",
    )
    done = run(written(of("work.py:f", tuple(range(20))), strategy))
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == "a worker process was killed; is there enough memory?"
    assert "Traceback" not in done.stderr


def test_a_build_of_ones_own_is_named_by_its_version_alone(monkeypatch):
    monkeypatch.setattr(users.metadata, "version", lambda _: "2.9.1+cpu")
    assert users.requirement("torch") == "torch>=2.9.1"


def test_pages_are_asked_for_uncompressed():
    for strategy in ("threads", "asyncio", "curl_multi", "httpx_async", "niquests"):
        script = written(Download(["https://a.test/"]), strategy)
        assert 'ACCEPTED = "identity"' in script.read_text()


def test_columns_of_sites_are_read_as_the_workflow_reads_them():
    put("sites.csv", "name, url\nnobody,http://127.0.0.1:9/\n \nnobody, \n")
    done = run(written(Download(Path("sites.csv")), "asyncio"), cwd=Path())
    assert [line["item"] for line in told(done)] == ["http://127.0.0.1:9/"], done.stderr


def test_logins_are_in_no_script():
    urls = ["http://me:secret@a.test/x", "http://b.test/"]
    script = written(
        Download(urls), "threads", said=list(paragraphs(Download(urls), Arm("threads", 2), {}, {}, NOW, True))
    )
    text = script.read_text()
    assert "secret" not in text
    assert '"http://a.test/x"' in text
    assert "put them into ~/.netrc" in text.replace("\n", " ")
    [*_, last] = paragraphs(Download(urls), Arm("curl_multi", 2), {}, {}, NOW, True)  # which does not read it
    assert last == "The logins of its list are not in here: give --items URLs that have them."


@pytest.mark.parametrize("strategy", ["sequential", "process_pool"])
def test_what_was_opened_is_left_while_all_of_python_works(strategy):
    put(
        "work.py",
        "from concurrent.futures import ThreadPoolExecutor\nfrom contextlib import contextmanager\n"
        "from pathlib import Path\n\n@contextmanager\ndef opened():\n    yield\n"
        "    with ThreadPoolExecutor() as pool:\n        pool.submit(Path('left').touch).result()\n\n"
        "def double(n, opened):\n    return 2 * n\n",
    )
    done = run(written(of("work.py:double", open="work.py:opened"), strategy))
    assert told(done) == DOUBLED, done.stderr
    assert Path("left").exists(), done.stderr


@pytest.mark.parametrize("strategy", ["process_pool", "processes_asyncio", "threads_then_processes"])
def test_only_what_goes_to_another_process_must_be_such_that_it_can(strategy):
    put(
        "work.py",
        "def count(n):\n    return (i for i in range(n))\n\nasync def wait(n):\n    return count(n)\n\n"
        "def total(numbers):\n    return sum(numbers)\n",
    )
    given = {"coroutine": "work.py:wait"} if strategy == "processes_asyncio" else {"function": "work.py:count"}
    lines = told(run(written(Own([3, 4], name="mine", then="work.py:total", **given), strategy)))
    if strategy == "threads_then_processes":
        assert [line["error"] for line in lines] == ["NotJSON", "NotJSON"]
    else:
        assert [line["result"] for line in lines] == [3, 6]


def test_other_files_are_looked_for_here(tmp_path, monkeypatch):
    """Whatever this folder is called."""
    put("work.py", ECHO)
    put("photos/1.jpg", "")
    script = written(of("work.py:echo", "photos/*.jpg"), "threads").absolute()
    other = tmp_path / "run [1]"
    other.mkdir()
    monkeypatch.chdir(other)
    put("a.jpg", "")
    [line] = told(run(script, "--items", "*.jpg", cwd=other))
    assert line["item"] == str(other / "a.jpg")


def test_of_packages_that_share_a_name_the_one_that_is_imported(monkeypatch):
    files = {"google-auth": ["google/auth/__init__.py"], "protobuf": ["google/protobuf/__init__.py"], "ours": None}
    monkeypatch.setattr(users, "distributions", lambda: {"google": list(files)})
    monkeypatch.setattr(users.metadata, "files", files.__getitem__)
    for text, names in {
        "from google.protobuf import message": {"protobuf"},
        "from google import auth": {"google-auth"},
        "import google.auth.transport": {"google-auth"},
        "import google": {"google-auth", "protobuf"},
        "import google.other": {"google-auth", "protobuf"},
    }.items():
        put("work.py", text)
        assert users.needed(["work.py"], []) == names
