"""What kept a sample from being taken is no evidence, what happened while it ran is; and what is mended is measured."""

import csv
import json
import os
import shutil
import subprocess
import sys

import pytest

WORK = """
import multiprocessing, os, signal

def plain(n):
    return n

def is_killed(n):
    if multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGKILL)
    return n

def large(n):
    return bytes(n)
"""
EARLY = "import thing\n\ndef early(n):\n    return n + thing.VERSION\n"
LATE = "def late(n):\n    import thing\n    return n + thing.VERSION\n"


def work(function, file="work.py", **more):
    strategies = ["sequential", {"process_pool": {"workers": 2}}]
    return {"function": f"{file}:{function}", "items": [1, 2], "strategies": strategies, "job": "sequential", **more}


def rounds(workflow, *names):
    """The rounds of those works: by their files when they were measured, and what went wrong in them."""
    found = {}
    for name in names:
        for file in sorted((workflow.folder / "results/rounds" / name).glob("[0-9].csv")):
            with open(file) as table:
                errors = {row.get("error") or "" for row in csv.DictReader(table)}
            found[f"{name}/{file.stem}"] = (file.stat().st_mtime_ns, errors)
    return found


def install(folder, version):
    """Have a package `thing` of that version in `folder`, and no other."""
    shutil.rmtree(folder, ignore_errors=True)
    facts = folder / f"a_thing-{version}.dist-info"
    facts.mkdir(parents=True)
    (folder / "thing.py").write_text(f"VERSION = {version}\n")
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: a-thing\nVersion: {version}\n")
    (facts / "RECORD").write_text(f"thing.py,,\na_thing-{version}.dist-info/METADATA,,\n")


@pytest.fixture
def own(workflow, small):
    small |= {"download": {"sites": []}, "squares": {"numbers": []}, "rounds": 1}
    (workflow.folder / "work.py").write_text(WORK)
    (workflow.folder / "early.py").write_text(EARLY)
    (workflow.folder / "late.py").write_text(LATE)
    return workflow


def test_what_is_mended_is_measured_again_by_itself_and_nothing_else(own, small):
    packages = own.folder / "packages"
    given = {"plain": work("plain"), "killed": work("is_killed"), "late": work("late", "late.py")}
    only_job = {"tolerant": work("late", "late.py", max_failures=2) | {"strategies": []}}
    own.configure(small | {"works": given | only_job})

    def measure(*more):
        places = [f"results/rounds/{name}/1.csv" for name in given]
        return own.run(*places, "results/tolerant/results.jsonl", *more, PYTHONPATH=str(packages))

    assert measure().returncode == 0
    before = rounds(own, *given)
    missing = "ModuleNotFoundError: No module named 'thing'"
    assert before["plain/1"][1] == {""}
    assert before["killed/1"][1] == {"", "a worker process was ended by SIGKILL"}
    assert before["late/1"][1] == {f"item 1: {missing} (2 of 2 failed)"}

    given["early"] = work("early", "early.py")
    own.configure(small | {"works": given | only_job})
    stopped = measure()
    assert stopped.returncode != 0
    assert "Traceback" not in stopped.stdout
    [line] = [line for line in stopped.stdout.splitlines() if line.startswith("works.early")]
    assert line == f"works.early.function: early.py: cannot be imported: {missing}"
    assert rounds(own, *given) == before

    install(packages, "1")
    mended = measure("results/tables/verdict.json")
    assert mended.returncode == 0, mended.stdout
    assert "works.late: measured again: thing absent → there" in mended.stdout
    assert "works.early: measured again" not in mended.stdout
    after = rounds(own, *given)
    assert after["late/1"][1] == after["early/1"][1] == {""}
    assert all(after[f"{name}/1"] == before[f"{name}/1"] for name in ("plain", "killed"))
    verdict = json.loads((own.folder / "results/tables/verdict.json").read_text())
    assert "every arm failed" not in verdict["late"]["sentence"] + verdict["early"]["sentence"]
    lines = map(json.loads, (own.folder / "results/tolerant/results.jsonl").read_text().splitlines())
    assert [line.get("result") for line in lines] == [2, 3]

    install(packages, "2")
    upgraded = measure()
    assert upgraded.returncode == 0, upgraded.stdout
    for name in ("late", "early"):
        assert f"works.{name}: measured again: a-thing 1 → 2" in upgraded.stdout
    again = rounds(own, *given)
    assert all(again[f"{name}/1"][0] > after[f"{name}/1"][0] for name in ("late", "early"))
    assert all(again[f"{name}/1"] == after[f"{name}/1"] for name in ("plain", "killed"))


@pytest.fixture
def disk(tmp_path):
    """A disk of 4 MB, and what makes it another size, where this system lets us have one."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("needs root on Linux")
    (folder := tmp_path / "disk").mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False).returncode:
        pytest.skip("may not mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_no_evidence(own, small, disk):
    own.configure(small | {"works": {"large": work("large", items=[3_000_000] * 2)}})
    places = [f"results/rounds/large/{number}.csv" for number in (1, 2)]
    stopped = own.run(places[0], TMPDIR=str(disk))
    assert stopped.returncode != 0
    assert f"{disk}: No space left on device (" in stopped.stdout
    assert "Traceback" not in stopped.stdout
    assert rounds(own, "large") == {}
    subprocess.run(["mount", "-o", "remount,size=40m", disk], check=True)
    mended = own.run(places[0], TMPDIR=str(disk))
    assert mended.returncode == 0, mended.stdout
    assert [errors for _, errors in rounds(own, "large").values()] == [{""}]


def test_a_table_that_cannot_be_written_is_one_line(disk, tmp_path):
    program = (
        "from concurrency import files\nfrom concurrency.running import job\n"
        f"with job.running({str(tmp_path / 'log')!r}):\n"
        f"    files.write_rows({str(disk / 'rows.csv')!r}, [{{'a': 'x' * 1000}}] * 10_000)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    told = f"{disk / 'rows.csv'}: No space left on device; make room, and the same command does what is left\n"
    assert (done.returncode, done.stderr) == (1, told)
    assert list(disk.iterdir()) == []
