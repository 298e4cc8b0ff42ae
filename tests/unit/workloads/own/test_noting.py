"""What is said of the user's functions in a trace: that they work, as nobody knows whether they compute."""

import json

import pytest

from concurrency.workloads.own import stand_in, work

SOURCE = """
def get(item):
    return item

def count(answer):
    return answer
"""


@pytest.mark.parametrize("build", [work.build, stand_in.build])
def test_what_comes_then_is_not_said_to_compute(tmp_path, build):
    (tmp_path / "mine.py").write_text(SOURCE)
    notes = tmp_path / "notes.jsonl"
    built = build(function=f"{tmp_path}/mine.py:get", then=f"{tmp_path}/mine.py:count", notes=str(notes))
    assert built.then_call(1) == 1
    [line] = map(json.loads, notes.read_text().splitlines())
    assert [state for state, _, _ in line["spans"]] == ["working"]
    assert not line["first"]
