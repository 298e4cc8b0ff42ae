"""Several interpreters in pictures: a panel for each, and what the report says of them."""

import re

import pandas as pd
import pytest

from concurrency.deciding import claims, scaling
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.showing import comparison, cost, report, style, workers
from helpers.campaigns import COSTS, FREE, ONE_BY_ONE, around, table, two_pythons
from helpers.drawing import drawn_texts, overlaps


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_panel_per_interpreter(count):
    timings = pd.concat(
        table(
            {ONE_BY_ONE: around(1.0 + i / 10), ("threads", 2): around(0.6, seed=i), ("process_pool", 4): around(0.7)},
            "squares", interpreter=f"CPython 3.{11 + i}.0", **COSTS,
        )
        for i in range(count)
    )  # fmt: skip
    summary = summarise(timings)
    figure = workers.draw(timings, summary, "squares")
    texts = [text.get_text() for text, _ in drawn_texts(figure)]
    assert {f"CPython 3.{11 + i}.0" for i in range(count)} <= set(texts)
    assert texts.count("threads") == texts.count("ideal") == texts.count("one by one") == 1
    assert "times as fast as the fastest one by one" in texts
    assert not overlaps(figure)
    assert not overlaps(cost.draw(timings, summary, "squares"))
    assert not overlaps(comparison.draw(timings, summary, "squares"))


def test_the_report_says_it_all(tmp_path):
    timings = two_pythons()
    summary = summarise(timings)
    style.save(workers.draw(timings, summary, "squares"), tmp_path / "squares_workers.svg")
    html = report.render(
        timings, summary, scaling.fit(timings), verdict(timings, summary), claims.examine(timings),
        [tmp_path / "squares_workers.svg"], [], {}, {}, {"squares": {f"numpy on {FREE}": "not installed there: …"}},
    )  # fmt: skip
    assert "one by one itself 0.9" in html
    assert f"numpy on {FREE}: not installed there" in html
    assert "3.14.2 free-threading build (main) [GCC 14]" in html
    assert f"<td>{FREE}</td>" in html


def test_the_report_tells_small_costs_apart(tmp_path):
    timings = table({ONE_BY_ONE: around(1.0), ("threads", 2): around(0.6, seed=1)}, "squares", **COSTS)
    timings["cpu_s"] = timings["strategy"].map({"sequential": 0.0000512, "threads": 0.00345678})
    summary = summarise(timings)
    style.save(cost.draw(timings, summary, "squares"), tmp_path / "squares_cost.svg")
    html = report.render(
        timings, summary, scaling.fit(timings), verdict(timings, summary), claims.examine(timings),
        [tmp_path / "squares_cost.svg"], [], {}, {}, {},
    )  # fmt: skip
    assert "one by one, 0.0000512 s of CPU time. Most: threads with 2 workers, 0.00346 s of CPU time." in html
    assert {">0.0000512</td>", ">0.00346</td>"} <= set(re.findall(r">0\.0\d+</td>", html))
