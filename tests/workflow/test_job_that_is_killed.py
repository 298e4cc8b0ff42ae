"""A job of many items that is killed again and again: each item has its line, and what was noted is not done again."""

import json
import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

from concurrency.doing.known import Known
from concurrency.workloads.own.journal import Journal, keys

WORK = """
import os

def f(n):
    with open(os.environ["RAN"], "ab", 0) as ran:
        ran.write(b"%s %d\\n" % (os.environ["RUN"].encode(), n))
    if n % 1000 == 7:
        raise ValueError(n)
    return 2 * n
"""


@pytest.mark.parametrize(
    ("count", "kills"), [(300, 2), pytest.param(100_000, 10, marks=pytest.mark.heavy)], ids=["few", "many"]
)
def test_only_what_is_not_noted_is_done_again(workflow, small, count, kills):
    seed = int(os.environ.get("SEED", random.randrange(10**6)))
    print(f"SEED={seed}")
    chance = random.Random(seed)
    (workflow.folder / "work.py").write_text(WORK)
    small["download"]["sites"] = []
    small["squares"] = {"numbers": []}
    items = {"start": 0, "count": count}
    small["works"] = {"f": {"function": "work.py:f", "items": items, "strategies": [], "max_failures": count}}
    workflow.configure(small)
    names = dict(zip(keys(range(count)), range(count), strict=True))
    noted = []
    for run in range(kills):
        killed(workflow, str(run), chance.uniform(1.5, 6.0))
        noted.append({names[key] for key in Known(Journal(str(workflow.folder / "results/f/state"))).ended})
    outcome = workflow.run("job", RUN="last", RAN=str(workflow.folder / "ran"))
    assert outcome.returncode == 0, outcome.stdout
    lines = [json.loads(line) for line in (workflow.folder / "results/f/results.jsonl").read_text().splitlines()]
    assert [line["item"] for line in lines] == list(range(count))
    assert all(
        line["error"] == "ValueError" if n % 1000 == 7 else line["result"] == 2 * n for n, line in enumerate(lines)
    )
    ran: dict[str, set[int]] = {}
    for line in (workflow.folder / "ran").read_text().splitlines():
        run, n = line.split()
        ran.setdefault(run, set()).add(int(n))
    for run in [*map(str, range(kills)), "last"]:
        before = noted[int(run) - 1] if run not in ("0", "last") else noted[-1] if run == "last" else set()
        assert not ran.get(run, set()) & before
    assert set().union(*ran.values()) == set(range(count))


def killed(workflow, run, after_s):
    """Start the job and kill all of its processes after so long, at once."""
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--cores", "2", "job"],
        cwd=workflow.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "RUN": run, "RAN": str(workflow.folder / "ran")},
    )
    time.sleep(after_s)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for member in family:
        try:
            os.kill(member.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    process.wait()
    psutil.wait_procs(family[1:], timeout=10)
