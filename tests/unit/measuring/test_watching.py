"""The tasks of an event loop, counted at every handle it runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from concurrency.measuring import watching

SCRIPTS = str(Path(watching.__file__).parents[2])
PROGRAM = """
import asyncio, sys
from concurrency.measuring.watching import watch_event_loops
watch_event_loops(sys.argv[1])

async def waits(): await asyncio.sleep(0.01)
async def yields(): await asyncio.sleep(0)
async def main():
    await asyncio.gather(waits(), waits(), yields())

asyncio.run(main())
"""
EAGER = PROGRAM.replace(
    "async def main():",
    "async def main():\n    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)",
)
FORKED = """
import multiprocessing, sys
from concurrency import notes

def work(place): notes.keep(sys.argv[1], what="kept", place=place)

notes.keep(sys.argv[1], what="kept", place=0)
if __name__ == "__main__":
    process = multiprocessing.get_context("fork").Process(target=work, args=(1,))
    process.start()
    process.join()
"""


def run(program, folder):
    file = folder / "notes.jsonl"
    environment = {**os.environ, "PYTHONPATH": SCRIPTS}
    subprocess.run([sys.executable, "-c", program, str(file)], check=True, env=environment)
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_counts_are_exact_before_and_after_every_handle(tmp_path):
    """[ready, waiting] of three tasks and the one that awaits them."""
    ran = [one for one in run(PROGRAM, tmp_path) if one["name"] in ("main", "waits", "yields")]
    assert [(one["name"], one["before"], one["after"]) for one in ran] == [
        ("main", [0, 0], [3, 1]),
        ("waits", [2, 1], [2, 2]),
        ("waits", [1, 2], [1, 3]),
        ("yields", [0, 3], [1, 3]),
        ("yields", [0, 3], [0, 3]),
        ("waits", [1, 1], [1, 1]) if ran[5]["before"] == [1, 1] else ("waits", [0, 2], [0, 2]),
        ("waits", [0, 1], [0, 1]),
        ("main", [0, 0], [0, 0]),
    ]


def test_all_are_gone_at_the_end(tmp_path):
    assert run(PROGRAM, tmp_path)[-1]["after"] == [0, 0]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="tasks start eagerly from Python 3.12 on")
def test_tasks_that_start_eagerly_are_seen(tmp_path):
    ran = run(EAGER, tmp_path)
    assert max(one["before"][1] for one in ran) >= 2
    assert ran[-1]["after"] == [0, 0]


def test_what_is_kept_is_written_once_when_a_process_ends(tmp_path):
    assert sorted(one["place"] for one in run(FORKED, tmp_path)) == [0, 1]
