"""The picture of workers: all rungs as points on log axes, the law where it fits, what is recommended."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.showing import comparison, cost, style, workers
from helpers import reports
from helpers.campaigns import COSTS, FREE, GIL, ladder
from helpers.drawing import drawn_texts, outside, overlaps

WIDTHS = pytest.mark.parametrize("width", [style.WIDE, style.NARROW], ids=["wide", "narrow"])
COUNTS = (1, 2, 4, 8, 16, 32)
STRATEGIES = (
    "asyncio asyncio_gather asyncio_wait asyncio_uvloop asyncio_taskgroup asyncio_to_thread threads joblib dask"
)


def gaining(contention, coherence):
    return lambda n: 2 * (1 + contention * (n - 1) + coherence * n * (n - 1)) / n


def campaign(strategies, finals, workload="download", **more):
    """Screening of `strategies`, then fresh rounds of one by one and of each with the `finals` numbers of workers."""
    fresh = {"rounds": 6, "screening": False, **more}
    return pd.concat(
        [ladder(strategies, COUNTS, workload, **more), ladder(strategies, finals, workload, **fresh)]
    ).reset_index(drop=True)


def drawn(timings, workload="download", width=style.WIDE):
    summary = summarise(timings)
    return workers.draw(timings, summary, workload, verdict(timings, summary)[workload], width)


def panels(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def marks(axes, filled):
    """The places of marks that are hollow or not, without rings."""
    return sorted(
        (float(x), float(y))
        for line in axes.get_lines()
        if line.get_marker() not in ("None", "_", "|", 2, 3) and line.get_markersize() < 10
        if line.get_transform() == axes.transData  # others stand beside names, outside of the panel
        if (to_hex(line.get_markerfacecolor()) != "#ffffff") == filled
        for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
    )


def rings(axes):
    return [
        (float(line.get_xdata()[0]), float(line.get_ydata()[0]))
        for line in axes.get_lines()
        if line.get_markersize() > 10
    ]


def bands(axes):
    return [found for found in axes.collections if isinstance(found, PolyCollection)]


def texts(figure):
    return [text.get_text() for text, _ in drawn_texts(figure)]


def test_all_rungs_are_points_where_they_are():
    timings = campaign({"asyncio": gaining(0.02, 0.002)}, [8, 16])
    figure = drawn(timings)
    [axes] = panels(figure)
    assert [x for x, _ in marks(axes, filled=True)] == [8, 16]
    assert [x for x, _ in marks(axes, filled=False)] == [1, 2, 4, 32]
    speedups = summarise(timings).set_index("workers")["speedup"]
    assert [y for _, y in marks(axes, filled=True)] == pytest.approx([speedups[8], speedups[16]])
    for x, y in marks(axes, filled=False):
        assert y == pytest.approx(2 / gaining(0.02, 0.002)(x), rel=0.05)


def test_both_axes_are_logarithmic_with_plain_numbers():
    figure = drawn(campaign({"asyncio": gaining(0.02, 0.002)}, [8, 16]))
    [axes] = panels(figure)
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    figure.draw_without_rendering()
    assert {label.get_text() for label in axes.get_xticklabels()} == {"1", "2", "4", "8", "16", "32"}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["1", "2", "5", "10"]


def test_the_law_is_a_line_with_a_band_where_it_fits():
    jagged = {"threads": lambda n: 2 / n * (3 if n in (2, 16) else 1)}
    [fits] = panels(drawn(campaign({"asyncio": gaining(0.02, 0.002)}, [8, 16])))
    [bent] = panels(drawn(campaign(jagged, [8, 16])))
    assert (len(bands(fits)), len(bands(bent))) == (1, 0)
    [line] = [line for line in fits.get_lines() if len(line.get_xdata()) == 100]
    middle = np.interp(8, line.get_xdata(), line.get_ydata())
    assert middle == pytest.approx(2 / gaining(0.02, 0.002)(8), rel=0.03)
    assert line.get_xdata()[[0, -1]].tolist() == [1, 32]  # nothing is said of what was not tried
    joined = [line for line in bent.get_lines() if list(line.get_xdata()) == list(COUNTS)]
    assert len(joined) == 1  # as it was measured


def test_two_counts_have_points_and_no_law():
    timings = ladder({"asyncio": gaining(0.02, 0.002)}, [4, 15], rounds=6, screening=False)
    figure = drawn(timings)
    [axes] = panels(figure)
    assert [x for x, _ in marks(axes, filled=True)] == [4, 15]
    assert not marks(axes, filled=False)
    assert not bands(axes)
    assert not {workers.SCREENED, workers.LAW} & set(texts(figure))


def test_what_is_recommended_has_a_ring():
    timings = campaign({"asyncio": gaining(0.02, 0.002), "threads": gaining(0.5, 0.002)}, [8, 16])
    figure = drawn(timings)
    [axes] = panels(figure)
    assert [x for x, _ in rings(axes)] == [16]
    assert "recommended: asyncio with 16 in flight" in texts(figure)
    assert not rings(panels(workers.draw(timings, summarise(timings), "download"))[0])


def test_one_by_one_has_the_ring_where_nothing_is_faster():
    figure = drawn(campaign({"threads": gaining(1, 0.02)}, [2, 4], "squares"), "squares")
    assert rings(panels(figure)[0]) == [(1, 1)]
    assert "recommended: one by one" in texts(figure)


def test_lines_are_named_where_they_end_with_what_limits_them():
    timings = campaign({"asyncio": lambda n: 2 / min(n, 4), "threads": lambda n: 2.2 / min(n, 4)}, [4, 8])
    figure = drawn(timings.assign(minimum_s=0.49, limit="the server's slots", cpu_s=0.1))
    assert {"asyncio\nlimited by the server's slots", "threads"} <= set(texts(figure))
    assert not overlaps(figure)


@WIDTHS
@pytest.mark.parametrize("count", [1, 2, 6, 7, 9])
def test_few_strategies_share_a_panel_and_many_have_one_each(count, width):
    names = STRATEGIES.split()[:count]
    timings = campaign({name: gaining(0.01 * i, 0.002) for i, name in enumerate(names, 1)}, [8, 16])
    figure = drawn(timings, width=width)
    assert len(panels(figure)) == (1 if count <= workers.LINES_IN_A_PANEL else count)
    assert sum(len(rings(axes)) for axes in panels(figure)) == 1
    assert set(names) <= {text.partition("\n")[0] for text in texts(figure)}
    assert not overlaps(figure)
    assert not outside(figure)


def test_a_phone_has_no_names_beside_lines_but_in_the_key():
    timings = campaign({"asyncio": gaining(0.02, 0.002), "threads": gaining(0.5, 0.002)}, [8, 16])
    wide, narrow = drawn(timings), drawn(timings, width=style.NARROW)
    assert "asyncio" not in {text.get_text() for axes in panels(narrow) for text in axes.texts}
    assert any(text.get_text().startswith("asyncio") for axes in panels(wide) for text in axes.texts)
    assert "asyncio" in texts(narrow)


@WIDTHS
def test_a_panel_per_interpreter_has_screening_too(width):
    pools = {"interpreter_pool": lambda n: 2 / min(n, 4), "threads": lambda n: 2.0}
    both = [campaign(pools, [4], "squares", interpreter=GIL, gil=True)]
    both += [campaign({"threads": lambda n: 2.2 / min(n, 4)}, [4], "squares", interpreter=FREE, gil=False)]
    figure = drawn(pd.concat(both), "squares", width)
    with_gil, free = panels(figure)
    assert (len(bands(with_gil)), len(bands(free))) == (2, 1)
    assert [x for x, _ in marks(free, filled=False)] == [1, 2, 8, 16, 32]
    assert sum(len(rings(axes)) for axes in (with_gil, free)) == 1
    assert not overlaps(figure)


def test_a_strategy_that_was_only_screened_is_there():
    timings = pd.concat([campaign({"asyncio": gaining(0.02, 0.002)}, [8, 16]), ladder({"threads": gaining(0.1, 0.01)})])
    figure = drawn(timings)
    assert "threads" in {text.partition("\n")[0] for text in texts(figure)}
    assert len([x for x, _ in marks(panels(figure)[0], filled=False) if x == 8]) == 1


def test_costs_are_medians_of_all_rungs():
    timings = campaign({"asyncio": gaining(0.02, 0.002)}, [8])
    timings["cpu_s"] = timings["workers"] / 10 + timings["round"] / 1000
    figure = cost.draw(timings, summarise(timings), "download")
    [line] = [line for line in figure.axes[1].get_lines() if line.get_label() == "asyncio"]
    assert line.get_xdata().tolist() == list(COUNTS)
    assert line.get_ydata()[0] == pytest.approx(0.1 + 0.0015)
    assert "cpu_s" in COSTS


def test_the_comparison_has_nothing_of_screening():
    fresh = ladder({"asyncio": gaining(0.02, 0.002)}, [8], rounds=6, screening=False)
    both = pd.concat([ladder({"asyncio": gaining(0.02, 0.002)}), fresh])
    with_it, without = (comparison.draw(timings, summarise(timings), "download") for timings in (both, fresh))
    seen = [
        [segment.tolist() for found in figure.axes[0].collections for segment in getattr(found, "get_segments", list)()]
        for figure in (with_it, without)
    ]
    assert seen[0] == seen[1] != []
    assert texts(with_it) == texts(without)


def test_the_report_counts_screening_apart_and_tells_the_laws(tmp_path):
    timings = campaign({"asyncio": gaining(0.02, 0.002)}, [8, 16]).assign(minimum_s=0.2, limit="the link")
    html = reports.write(tmp_path, timings, {"workers": workers}).read_text(encoding="utf-8")
    assert "From 18 samples in 6 <a" in html
    assert ">rounds</a>, after 14 of <a" in html
    assert "How they scale: asyncio: contention " in html
    html = reports.write(tmp_path, timings[~timings["screening"]], {"workers": workers}).read_text(encoding="utf-8")
    assert ">rounds</a>. In each" in html
