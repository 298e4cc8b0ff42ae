"""The pictures, by their content: every arm is drawn, axes have units, no two texts overlap."""

import pandas as pd
import pytest
from matplotlib.text import Annotation

from concurrency.deciding.names import row_name
from concurrency.deciding.summary import summarise
from concurrency.showing import comparison, cost, style, workers
from helpers.campaigns import campaign
from helpers.drawing import drawn_texts, overlaps

TWO = [("sequential", 1), ("threads", 4)]
FORTY = [("sequential", 1), *((f"strategy_number_{i}", 1 + i) for i in range(39))]
LONG = [("sequential", 1), ("a_strategy_with_a_name_of_forty_characters", 4), ("threads", 64)]


@pytest.mark.parametrize("workload", ["download", "squares"])
@pytest.mark.parametrize("arms", [TWO, FORTY, LONG], ids=["2 arms", "40 arms", "long names"])
def test_comparison(workload, arms):
    timings = campaign(workload, arms)
    summary = summarise(timings)
    figure = comparison.draw(timings, summary, workload)
    texts = [text.get_text() for text, _ in drawn_texts(figure)]
    for _, arm in summary.iterrows():
        assert row_name(arm) in texts
    assert any(text.startswith("seconds") for text in texts)
    assert any(text.startswith("times as fast as one by one") for text in texts)
    assert not overlaps(figure)


@pytest.mark.parametrize("plot", [workers, cost])
@pytest.mark.parametrize("arms", [TWO, FORTY, LONG], ids=["2 arms", "40 arms", "long names"])
def test_keys_have_room_for_every_strategy(plot, arms):
    timings = campaign("squares", arms)
    figure = plot.draw(timings, summarise(timings), "squares")
    texts = drawn_texts(figure)
    assert {name for name, _ in arms if name != "sequential"} <= {
        text.get_text().partition("\n")[0] for text, _ in texts
    }
    assert not overlaps(figure)
    page = figure.bbox
    assert all(
        page.x0 - 1 <= box.x0 and box.x1 <= page.x1 + 1 and page.y0 - 1 <= box.y0 and box.y1 <= page.y1 + 1
        for _, box in texts
    )
    for axes in figure.axes:
        low, high = axes.get_xlim()
        drawn = [x for line in axes.get_lines() for x in line.get_xdata(orig=False) if line.get_marker() != "None"]
        assert all(low < x < high for x in drawn)


def test_failed_arms_are_shown_as_failed():
    timings = pd.concat([campaign("squares", TWO), campaign("squares", [("process_pool", 2)], error="it died")])
    summary = summarise(timings)
    texts = [text.get_text() for text, _ in drawn_texts(comparison.draw(timings, summary, "squares"))]
    assert "failed" in texts
    assert any("process_pool with 2 workers" in text and "6 failed" in text for text in texts)


def test_nothing_but_failures_can_be_drawn():
    timings = campaign("squares", TWO, error="no")
    summary = summarise(timings)
    assert not overlaps(comparison.draw(timings, summary, "squares"))
    assert not overlaps(workers.draw(timings, summary, "squares"))


@pytest.mark.parametrize("counts", [[1], [1, 64], [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]], ids=str)
def test_workers(counts):
    timings = campaign("squares", [("sequential", 1), *(("threads", n) for n in counts)])
    figure = workers.draw(timings, summarise(timings), "squares")
    texts = [text.get_text().partition("\n")[0] for text, _ in drawn_texts(figure)]
    assert "workers (threads or processes) (log scale)" in texts
    assert "times as fast as one by one" in texts
    assert {"ideal", "threads"} <= set(texts)
    assert not overlaps(figure)


def test_wide_ranges_get_a_log_axis_that_says_so():
    arms = [("sequential", 1), *((f"strategy_{i}", 2) for i in range(30))]
    timings = campaign("squares", arms)
    figure = comparison.draw(timings, summarise(timings), "squares")
    assert any("log scale" in text.get_text() for text, _ in drawn_texts(figure))


def test_the_same_data_give_the_same_file(tmp_path):
    timings = campaign("squares", TWO)
    summary = summarise(timings)
    for name in ("a.svg", "b.svg", "a.png", "b.png"):
        style.save(comparison.draw(timings, summary, "squares"), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert "threads with 4 workers</text>" in (tmp_path / "a.svg").read_text()


def test_ratios_are_written_beside_their_marks():
    timings = campaign("squares", TWO)
    summary = summarise(timings)
    notes = comparison.draw(timings, summary, "squares").findobj(Annotation)
    assert [note.get_text() for note in notes] == [
        f"{summary.loc[summary['strategy'] == 'threads', 'speedup'].item():.3g}×"
    ]
