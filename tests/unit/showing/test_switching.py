"""Switching that survives a limit of the machine, and its picture."""

import pytest

from concurrency.lessons import switching
from concurrency.showing import style
from concurrency.showing.switching import describe, draw
from helpers.drawing import outside, overlaps


def test_switching_survives_a_limit_of_the_machine(monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(switching, "COUNTS", [1, 50])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, hard))  # inherited by what is tried; no room for many stacks
    try:
        monkeypatch.setattr(switching, "COUNTS", [1, 1000])
        table = switching.table()
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    rows = table.set_index(["kind", "count"])
    assert rows.loc[("tasks", 1000), "reached"] == 1000
    assert rows.loc[("threads", 1), "switch_ns"] > 0
    assert rows.loc[("threads", 1000), "reached"] < 1000
    assert rows.loc[("threads", 1000), "limit"]
    assert "the machine stopped at" in describe(table)
    for width in (style.WIDE, style.NARROW):
        assert not overlaps(draw(table, width))
        assert not outside(draw(table, width))
