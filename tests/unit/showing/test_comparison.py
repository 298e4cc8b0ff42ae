"""The picture `comparison`: arms sorted by time, with set-up, rounds, gain, the floor and the band around the best."""

import pandas as pd
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_hex

from concurrency.deciding.inference import Effect
from concurrency.deciding.names import row_name
from concurrency.deciding.summary import summarise
from concurrency.deciding.tables import effect_columns
from concurrency.deciding.verdict import verdict
from concurrency.deciding.words import with_interval
from concurrency.showing import comparison, style
from helpers.campaigns import (
    ASYNCIO,
    COSTS,
    FREE,
    GIL,
    ONE_BY_ONE,
    SUBINTERPRETERS,
    THREADS,
    TWO_THREADS,
    around,
    campaign,
    ladder,
    table,
    two_pythons,
)  # fmt: skip
from helpers.drawing import drawn_texts, outside, overlaps, words

TWO = [("sequential", 1), ("threads", 4)]
FORTY = [("sequential", 1), *((f"strategy_number_{i}", 1 + i) for i in range(39))]
LONG = [("sequential", 1), ("a_strategy_with_a_name_of_forty_characters", 4), ("threads", 64)]
WIDTHS = pytest.mark.parametrize("width", [style.WIDE, style.NARROW], ids=["wide", "narrow"])


def drawn(timings, workload="download", width=style.WIDE, **options):
    summary = summarise(timings)
    answer = verdict(timings, summary, **options)[workload]
    return comparison.draw(timings, summary, workload, answer, width), summary, answer


def test_names_are_no_formulas(tmp_path):
    here, there = campaign("download", TWO), campaign("download", TWO).assign(host="run $5_$6")
    figure, _, _ = drawn(pd.concat([here, there]))
    figure.savefig(tmp_path / "drawn.svg")
    assert "run $5_$6" in (tmp_path / "drawn.svg").read_text()


def of_rows(figure):
    """What is written at each arm, the uppermost first."""
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    return sorted(texts, key=lambda text: text.get_position()[1])


def bars(figure):
    """The bars of each arm, from the uppermost: what is work, and what is set-up."""
    found = sorted(figure.axes[0].patches, key=lambda bar: bar.get_y())
    return list(
        zip([bar for bar in found if not bar.get_hatch()], [bar for bar in found if bar.get_hatch()], strict=True)
    )


def lines(figure, dashed):
    """The places on the axis of time of upright lines, which are dashed or not, without repetition."""
    return sorted(
        {
            round(float(segment[0][0]), 6)
            for found in figure.axes[0].collections
            if isinstance(found, LineCollection) and (found.get_linestyle()[0][1] is not None) == dashed
            for segment in found.get_segments()
        }
    )


def band(figure):
    """From where to where a difference is worth nothing."""
    [*found] = (found for found in figure.axes[0].collections if isinstance(found, PolyCollection))
    assert {to_hex(one.get_facecolor()[0]) for one in found} <= {style.GRID}
    return sorted({round(float(x), 6) for one in found for x in one.get_paths()[0].vertices[:, 0]})


@WIDTHS
@pytest.mark.parametrize("workload", ["download", "squares"])
@pytest.mark.parametrize("arms", [TWO, FORTY, LONG], ids=["2 arms", "40 arms", "long names"])
def test_every_arm_is_named_and_has_room(workload, arms, width):
    figure, summary, _ = drawn(campaign(workload, arms), workload, width)
    written = " ".join(words(figure))
    for _, arm in summary.iterrows():
        assert row_name(arm) in written
    assert any(text.startswith("seconds") for text in words(figure))
    assert not overlaps(figure)
    assert not outside(figure)


@WIDTHS
def test_the_fastest_come_first(width):
    figure, summary, _ = drawn(campaign("download", [("threads", 15), ("sequential", 1), ("asyncio", 15)]), width=width)
    names = [
        text.get_text() for text in of_rows(figure) if " in flight" in text.get_text() or "one by" in text.get_text()
    ]
    by_time = summary.sort_values("median_s")
    assert [name.removesuffix(" ◆") for name in names] == [row_name(arm) for _, arm in by_time.iterrows()]
    ends = [work.get_width() for work, _ in bars(figure)]
    assert ends == pytest.approx(list(by_time["median_s"].astype(float)))


@WIDTHS
def test_set_up_is_told_apart(width):
    timings = table({ONE_BY_ONE: around(1.0), THREADS: around(0.5, seed=1)}, **COSTS)
    timings["setup_s"] = timings["strategy"].map({"sequential": 0.0, "threads": 0.1}) + timings["round"] / 1000
    figure, summary, _ = drawn(timings, width=width)
    work, setup = bars(figure)[0]
    assert setup.get_width() == pytest.approx(0.1 + 0.0055)  # the median of ten rounds
    assert setup.get_x() + setup.get_width() == pytest.approx(summary["median_s"].min())
    assert work.get_width() == pytest.approx(setup.get_x())
    assert "set-up: starting workers" in words(figure)


@WIDTHS
def test_a_tick_for_each_round(width):
    timings = table({ONE_BY_ONE: around(1.0), THREADS: around(0.5, seed=1)})
    figure, _, _ = drawn(timings, width=width)
    assert lines(figure, dashed=False) == sorted(round(float(seconds), 6) for seconds in timings["wall_s"])


@WIDTHS
def test_the_gain_stands_beside_it_with_its_interval(width):
    figure, summary, _ = drawn(table({ONE_BY_ONE: around(1.0), THREADS: around(0.5, seed=1)}), width=width)
    threads = summary[summary["strategy"] == "threads"].iloc[0]
    gain = with_interval(Effect(*threads[list(effect_columns("speedup"))]))
    assert gain.startswith("2.00× (1.9")
    assert {gain, "1.00 s"} <= set(words(figure))


@WIDTHS
def test_the_floor_is_what_one_by_one_takes_over_the_ceiling(width):
    timings = ladder(
        {"asyncio": lambda n: 0.3 + 1 / n}, (4, 15), rounds=6, screening=False, minimum_s=0.2, limit="the link"
    )
    figure, summary, answer = drawn(timings, width=width)
    baseline = summary.loc[summary["strategy"] == "sequential", "median_s"].item()
    assert lines(figure, dashed=True) == [pytest.approx(baseline / answer["why"]["ceiling"], abs=1e-6)]
    assert any(text.startswith("nothing can take less than 0.") and "s: " in text for text in words(figure))
    assert not overlaps(figure)


@WIDTHS
def test_the_floor_is_that_of_the_recommended_interpreter(width):
    figure, summary, answer = drawn(two_pythons(), "squares", width)
    assert answer["interpreter"] == FREE
    own = summary[(summary["interpreter"] == FREE) & (summary["strategy"] == "sequential")]
    assert lines(figure, dashed=True) == [pytest.approx(own["median_s"].item() / answer["why"]["ceiling"], abs=1e-6)]
    written = " ".join(words(figure))
    assert f"threads with 2 workers on {FREE} ◆" in written
    assert f"one by one on {GIL}" in written


@WIDTHS
def test_nothing_is_drawn_as_a_floor_where_none_is_known(width):
    figure, _, answer = drawn(table({ONE_BY_ONE: around(1.0), THREADS: around(0.5, seed=1)}), width=width)
    assert not answer.get("why", {}).get("ceiling")
    assert lines(figure, dashed=True) == []


@WIDTHS
@pytest.mark.parametrize("worthwhile", [0.05, 0.2])
def test_the_band_is_what_is_as_good_as_the_fastest(width, worthwhile):
    timings = table({ONE_BY_ONE: around(1.0), THREADS: around(0.5, seed=1)})
    figure, summary, _ = drawn(timings, width=width, worthwhile=worthwhile)
    fastest = float(summary["median_s"].min())
    assert band(figure) == pytest.approx([fastest, fastest * (1 + worthwhile)], abs=1e-6)


@WIDTHS
def test_the_recommended_arm_alone_is_bold(width):
    figure, _, answer = drawn(
        table({ONE_BY_ONE: around(1.0), THREADS: around(0.5, seed=1), ASYNCIO: around(0.3, seed=2)}), width=width
    )
    bold = [text.get_text() for text in of_rows(figure) if text.get_weight() == "bold"]
    assert bold == ["asyncio with 15 in flight ◆"]
    assert answer["strategy"] == "asyncio"


@WIDTHS
def test_what_cannot_be_told_from_the_fastest_is_marked(width):
    figure, summary, _ = drawn(two_pythons(), "squares", width)
    marked = {text.get_text().partition(" on ")[0] for text in of_rows(figure) if "◆" in text.get_text()}
    assert marked == {f"{arm['strategy']} with 2 workers" for _, arm in summary[summary["best"]].iterrows()}
    assert (TWO_THREADS[0], SUBINTERPRETERS[0]) == ("threads", "interpreter_pool")


@WIDTHS
def test_failed_arms_are_shown_as_failed(width):
    timings = pd.concat([campaign("squares", TWO), campaign("squares", [("process_pool", 2)], error="it died")])
    figure, _, _ = drawn(timings, "squares", width)
    written = [text.get_text() for text in of_rows(figure)]
    assert written.index("process_pool with 2 workers") >= len(written) - 2  # the last row
    assert "failed" in written[-2:]
    assert len(bars(figure)) == 2


def test_an_arm_that_failed_in_some_rounds_says_in_how_many():
    figure, _, _ = drawn(table({ONE_BY_ONE: around(1.0), THREADS: [None, *around(0.5, 9)]}))
    assert any(text.startswith("threads with 15 in flight (1 failed)") for text in words(figure))


@WIDTHS
def test_nothing_but_failures_can_be_drawn(width):
    figure, _, _ = drawn(campaign("squares", TWO, error="no"), "squares", width)
    assert words(figure).count("failed") == 2
    assert not overlaps(figure)


@WIDTHS
@pytest.mark.parametrize(("times", "scale"), [(11, "linear"), (13, "log")])
def test_times_that_span_more_than_twelvefold_get_a_log_axis_that_says_so(width, times, scale):
    figure, _, _ = drawn(table({ONE_BY_ONE: [1.0] * 6, THREADS: [1 / times] * 6}), width=width)
    assert figure.axes[0].get_xscale() == scale
    assert ("seconds (log scale)" in words(figure)) == (scale == "log")
    if scale == "linear":
        assert figure.axes[0].get_xlim()[0] == 0


def test_the_same_data_give_the_same_file(tmp_path):
    timings = campaign("squares", TWO)
    summary = summarise(timings)
    for name in ("a.svg", "b.svg", "a.png", "b.png", "a_narrow.svg", "b_narrow.svg"):
        style.save(lambda width: comparison.draw(timings, summary, "squares", {}, width), tmp_path / name)
    for kind in (".svg", ".png", "_narrow.svg"):
        assert (tmp_path / f"a{kind}").read_bytes() == (tmp_path / f"b{kind}").read_bytes()
    assert "threads with 4 workers</text>" in (tmp_path / "a.svg").read_text()


def test_texts_are_as_large_as_can_be_read():
    for width in (style.WIDE, style.NARROW):
        figure, _, _ = drawn(campaign("download", TWO), width=width)
        assert min(text.get_fontsize() for text, _ in drawn_texts(figure)) >= 9
