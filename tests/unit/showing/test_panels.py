"""Several interpreters in pictures: a panel for each, and what the report says of them."""

import re

import pandas as pd
import pytest

from concurrency.deciding.summary import summarise
from concurrency.showing import comparison, cost, style, workers
from helpers import reports
from helpers.campaigns import COSTS, FREE, ONE_BY_ONE, around, table, two_pythons
from helpers.drawing import outside, overlaps, words


@pytest.mark.parametrize("width", [style.WIDE, style.NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_panel_per_interpreter(count, width):
    timings = pd.concat(
        table(
            {ONE_BY_ONE: around(1.0 + i / 10), ("threads", 2): around(0.6, seed=i), ("process_pool", 4): around(0.7)},
            "squares", interpreter=f"CPython 3.{11 + i}.0", **COSTS,
        )
        for i in range(count)
    )  # fmt: skip
    summary = summarise(timings)
    figure = workers.draw(timings, summary, "squares", width=width)
    assert {f"CPython 3.{11 + i}.0" for i in range(count)} <= set(words(figure))
    assert [words(figure).count(name) for name in ("threads", workers.IDEAL, workers.LEVEL)] == [1, 1, 1]
    assert "times as fast as the fastest one by one" in words(figure)
    for drawn in (figure, *(plot.draw(timings, summary, "squares", width=width) for plot in (cost, comparison))):
        assert not overlaps(drawn)
        assert not outside(drawn)


def test_the_report_says_it_all(tmp_path):
    timings = two_pythons()
    left_out = {"squares": {f"numpy on {FREE}": "not installed there: …"}}
    html = reports.write(tmp_path, timings, {"workers": workers}, left_out=left_out).read_text(encoding="utf-8")
    assert "one by one itself 0.9" in html
    assert "one by one itself is the fastest of all" in html
    assert f"numpy on {FREE}: not installed there" in html
    assert "3.14.2 free-threading build (main) [GCC 14]" in html
    assert f"<td>{FREE}</td>" in html


def test_the_report_tells_small_costs_apart(tmp_path):
    timings = table({ONE_BY_ONE: around(1.0), ("threads", 2): around(0.6, seed=1)}, "squares", **COSTS)
    timings["cpu_s"] = timings["strategy"].map({"sequential": 0.0000512, "threads": 0.00345678})
    html = reports.write(tmp_path, timings, {"cost": cost}).read_text(encoding="utf-8")
    assert "one by one, 0.0000512 s of CPU time. Most: threads with 2 workers, 0.00346 s of CPU time." in html
    assert {">0.0000512</td>", ">0.00346</td>"} <= set(re.findall(r">0\.0\d+</td>", html))


def test_the_report_says_what_is_recommended_on_each_of_several_hosts(tmp_path):
    times = {ONE_BY_ONE: around(1.0), ("threads", 2): around(0.6, seed=1)}
    timings = pd.concat(table(times, "squares", host=host, **COSTS) for host in ("here", "elsewhere"))
    html = reports.write(tmp_path, timings, {"comparison": comparison}).read_text(encoding="utf-8")
    for host in ("here", "elsewhere"):
        assert f'<p class="what">On {host}: threads with 2 ' in html
        assert f"threads with 2 workers on {host} ◆</text>" in html
    assert "On elsewhere: quiet." in html
    assert "nothing can take less" not in html  # each has its own least time
