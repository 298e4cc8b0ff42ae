"""Races that lose where they may, and their picture."""

import pandas as pd

from concurrency.lessons import races
from concurrency.showing import style
from concurrency.showing.races import describe, draw
from helpers.drawing import outside, overlaps


def test_races_lose_where_they_may_and_never_with_a_lock():
    table = pd.DataFrame(races.table()).set_index("variant")
    assert (table["total"] + table["lost"] == table["additions"]).all()
    assert table.loc["threads, with a lock", "lost"] == 0
    assert table.loc["tasks", "lost"] == 0
    assert table.loc["tasks, awaiting in between", "lost"] > 0
    assert table.loc["tasks, awaiting in between, with a lock", "lost"] == 0
    assert table.loc["threads", "lost"] >= 0
    for width in (style.WIDE, style.NARROW):
        assert not overlaps(draw(table.reset_index(), width))
        assert not outside(draw(table.reset_index(), width))
    table.loc["threads", "lost"] = 7
    assert "another thread ran between a read and its write. A lock made it right" in describe(table.reset_index())
    table.loc["threads", "lost"] = 0
    assert "may run between a read and its write. A lock makes that impossible" in describe(table.reset_index())
