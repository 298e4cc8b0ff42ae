"""The pictures of a workload, by their content: every strategy is drawn, axes have units, no two texts overlap."""

import pytest

from concurrency.deciding.summary import summarise
from concurrency.showing import cost, style, workers
from helpers.campaigns import campaign
from helpers.drawing import outside, overlaps, words

TWO = [("sequential", 1), ("threads", 4)]
FORTY = [("sequential", 1), *((f"strategy_number_{i}", 1 + i) for i in range(39))]
LONG = [("sequential", 1), ("a_strategy_with_a_name_of_forty_characters", 4), ("threads", 64)]
WIDTHS = pytest.mark.parametrize("width", [style.WIDE, style.NARROW], ids=["wide", "narrow"])


@WIDTHS
@pytest.mark.parametrize("plot", [workers, cost])
@pytest.mark.parametrize("arms", [TWO, FORTY, LONG], ids=["2 arms", "40 arms", "long names"])
def test_keys_have_room_for_every_strategy(plot, arms, width):
    timings = campaign("squares", arms)
    figure = plot.draw(timings, summarise(timings), "squares", width=width)
    written = " ".join(words(figure))
    assert [name for name, _ in arms if name != "sequential" and name not in written] == []
    assert not overlaps(figure)
    assert not outside(figure)
    for axes in figure.axes:
        low, high = axes.get_xlim()
        drawn = [
            x
            for line in axes.get_lines()
            if line.get_marker() != "None" and line.get_transform() == axes.transData
            for x in line.get_xdata(orig=False)
        ]
        assert all(low < x < high for x in drawn)


@WIDTHS
@pytest.mark.parametrize("plot", [workers, cost])
def test_nothing_but_failures_can_be_drawn(plot, width):
    timings = campaign("squares", TWO, error="no")
    assert not overlaps(plot.draw(timings, summarise(timings), "squares", width=width))


@WIDTHS
@pytest.mark.parametrize("counts", [[1], [1, 64], [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]], ids=str)
def test_workers(counts, width):
    timings = campaign("squares", [("sequential", 1), *(("threads", n) for n in counts)])
    figure = workers.draw(timings, summarise(timings), "squares", width=width)
    written = words(figure)
    assert "workers (threads or processes) (log scale)" in written
    assert "times as fast as one by one" in written
    assert {workers.IDEAL, "threads"} <= {text.partition(" limited")[0] for text in written}
    assert not overlaps(figure)
    assert not outside(figure)


@WIDTHS
def test_what_it_costs_has_units(width):
    timings = campaign("squares", TWO)
    figure = cost.draw(timings, summarise(timings), "squares", width=width)
    assert {"peak memory, MiB", "CPU time, seconds"} <= set(words(figure))
    assert all(axes.get_ylim()[0] == 0 for axes in figure.axes)
