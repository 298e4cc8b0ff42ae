"""Scripts: that of every strategy does what the strategy does, needs no more than it says, and is clean."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from concurrency.workloads.download import replay
from concurrency.workloads.download.replay.bodies import Bodies
from concurrency.workloads.download.workload import Download
from concurrency.workloads.own.workload import Own
from concurrency.workloads.squares.sums import closed_form
from concurrency.workloads.squares.workload import Squares
from helpers.scripts import PLACE, faults, requirements, run, told, written
from helpers.workloads import strategies

WORK = """
import asyncio, sys
from contextlib import contextmanager

@contextmanager
def opened():
    print("open", file=sys.stderr)
    yield 10

def add(item, opened):
    return item + opened

async def add_soon(item, opened):
    await asyncio.sleep(0)
    return item + opened

def half(came):
    if came % 2:
        raise ValueError(f"{came} is odd")
    return came // 2
"""
HALVES = [
    {"item": item, "error": "ValueError", "message": f"{item + 10} is odd"}
    if item % 2
    else {"item": item, "result": (item + 10) // 2}
    for item in range(6)
]
NUMBERS = {"start": 1000, "count": 6}
SUMS = [{"item": number, "result": closed_form(number)} for number in range(1000, 1006)]
SEED = 1
OFTEN = {"sequential", "threads", "asyncio", "processes_asyncio", "asyncio_session_per_request"}


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """An interpreter without any packages."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    return str(folder / "bin/python")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # which clients would trust instead of the replay's
        monkeypatch.delenv(name, raising=False)
    Path("work.py").write_text(WORK)


def halves():
    places = {"function": "work.py:add", "coroutine": "work.py:add_soon", "open": "work.py:opened"}
    return Own(list(range(6)), name="halves", then="work.py:half", **places)


def cases(workload, often=None):
    for name, strategy in workload.strategies().items():
        if strategy.is_algorithm or workload.excludes(strategy):
            continue
        heavy = name == "ray" or (often is not None and name not in often and strategy.path.parent.name != "clients")
        marks = [pytest.mark.heavy] if heavy else []
        if strategy.missing:
            marks.append(pytest.mark.skip(reason=strategy.missing))
        changes = [{key: value} for key, schema in strategy.options.items() for value in schema.get("enum", [])]
        for change in changes or [{}]:
            yield pytest.param(name, change, marks=marks, id=" ".join([name, *map(str, change.values())]))


def python_for(script, bare):
    """The bare one, where it says that it needs no packages."""
    return sys.executable if requirements(script) else bare


@pytest.mark.parametrize(("strategy", "options"), [*cases(Squares([]))])
def test_sums(strategy, options, bare):
    script = written(Squares(NUMBERS), strategy, options=options)
    done = run(script, python=python_for(script, bare))
    assert (done.returncode, told(done)) == (0, SUMS), done.stderr
    assert done.stderr.startswith("6 done, 0 failed, ")


@pytest.mark.parametrize(("strategy", "options"), [*cases(halves())])
def test_own_work_that_opens_and_computes_then(strategy, options, bare):
    script = written(halves(), strategy, options=options)
    done = run(script, python=python_for(script, bare))
    assert (done.returncode, told(done)) == (1, HALVES), done.stderr
    if strategy != "ray":  # whose workers write elsewhere
        assert 1 <= done.stderr.count("open") <= 2  # once for each worker that did anything
    assert "3 done, 3 failed, " in done.stderr


@pytest.mark.parametrize(("strategy", "options"), [*cases(Download([]), OFTEN)])
def test_downloads(strategy, options, tmp_path):
    download = Download([f"https://site-{i % 2}.test/{i}" for i in range(5)])
    bodies = Bodies(SEED)
    right = [hashlib.sha256(bodies.plain(site)).hexdigest() for site in download.sites]
    with replay.serve(download.sites, SEED) as urls:
        refused = "http://127.0.0.1:9/"
        script = written(Download([*urls, urls[0], refused]), strategy, options=options)
        done = run(script, "--folder", "my pages")
    lines = told(done)
    assert done.returncode == 1, done.stderr
    assert done.stderr.startswith("6 done, 1 failed, ")
    by_url = {line["item"]: line for line in lines}
    assert by_url.pop(refused).keys() == {"item", "error", "message"}
    assert [by_url[url]["result"]["sha256"] for url in urls] == right
    for line in by_url.values():
        body = (tmp_path / "my pages" / line["result"]["file"]).read_bytes()
        assert hashlib.sha256(body).hexdigest() == line["result"]["sha256"]
        assert len(body) == line["result"]["bytes"]
    assert len(list(Path("my pages").iterdir())) == 5  # nothing that was broken off, and no two pages in one


def test_all_are_clean(tmp_path):
    (PLACE / "all").mkdir(parents=True)
    for workload in (Squares(NUMBERS), halves(), Download(["https://a.test/"]), Download(Path("sites.csv"))):
        for case in cases(workload):
            strategy, options = case.values
            script = written(workload, strategy, options=options)
            shutil.move(
                script,
                PLACE / "all" / f"{script.stem}-{case.id.replace(' ', '-')}-{isinstance(workload.source, Path)}.py",
            )
    assert faults(PLACE / "all") == ""


@pytest.mark.parametrize("start_method", ["spawn", "forkserver"])
@pytest.mark.parametrize("strategy", ["process_pool", "processes_asyncio", "multiprocessing_pool"])
def test_start_methods(strategy, start_method, bare):
    script = written(halves(), strategy, start_method=start_method)
    assert f'multiprocessing.set_start_method("{start_method}")' in script.read_text()
    assert told(run(script, python=bare)) == HALVES


@pytest.mark.parametrize("name", ["python3.14", "python3.14t"])
@pytest.mark.parametrize("strategy", ["interpreter_pool", "threads", "process_pool"])
def test_newer_pythons(strategy, name):
    python = shutil.which(name)
    if not python:
        pytest.skip(f"no {name} is on the PATH: tests/interpreters.sh gets one")
    script = written(halves(), strategy)
    assert told(run(script.absolute(), python=python, cwd="/")) == HALVES


@pytest.mark.heavy
def test_what_the_metadata_name_is_enough(tmp_path):
    """All scripts in one environment that has what they name, and nothing else."""
    scripts, needed = {}, set()
    for case in cases(halves()):
        strategy, options = case.values
        if strategies("squares").get(strategy) and strategies("squares")[strategy].missing:
            continue
        script = written(halves(), strategy, options=options)
        needed.update(requirements(script))
        scripts[case.id] = script.read_text()
    subprocess.run([sys.executable, "-m", "venv", "venv"], check=True)
    python = str(tmp_path / "venv/bin/python")
    installed = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *needed], check=False, capture_output=True, text=True
    )
    if installed.returncode:
        pytest.skip(f"no index can be reached: {installed.stderr.strip().splitlines()[-1]}")
    for name, text in scripts.items():
        script = PLACE / "halves.py"
        script.write_text(text)
        assert told(run(script, python=python)) == HALVES, name
