"""The picture of the map: regions that are named and patterned, and where works lie."""

import warnings

import pytest
from matplotlib.text import Annotation

from concurrency.mapping import thumb
from concurrency.mapping.grid import Place
from concurrency.mapping.position import spots
from concurrency.showing import map as picture
from concurrency.showing import style
from helpers import maps
from helpers.drawing import drawn_texts, outside, overlaps

WIDTHS = pytest.mark.parametrize("width", [style.WIDE, style.NARROW], ids=["wide", "narrow"])
LOCATED = [
    {"workload": "download", "interpreter": "CPython 3.13.0", "waits_ms": 90.0, "computes_ms": 2.0},
    {"workload": "squares", "interpreter": "CPython 3.13.0", "waits_ms": 0.0, "computes_ms": 25.0},
    {"workload": "mine", "interpreter": "CPython 3.13.0", "waits_ms": 900.0, "computes_ms": 90.0},
]


def words_of(figure):
    return {text.get_text().replace("\n", " ") for text, _ in drawn_texts(figure)}


def test_each_region_is_named_and_the_key_says_with_how_many_workers():
    words = words_of(picture.draw(maps.table()))
    assert {"asyncio", "process_pool", "threads"} <= words
    assert {"asyncio, 16 workers", "process_pool, 2 workers", "one by one"} <= words


def test_every_strategy_has_a_pattern_of_its_own_beside_its_colour():
    colours = {style.look(name).colour for name in picture.PATTERNS}
    assert len(set(picture.PATTERNS.values())) == len(picture.PATTERNS) == len(colours)


def test_works_lie_on_it_by_name_and_those_beyond_it_at_its_edge():
    figure = picture.draw(maps.table(), LOCATED)
    places = {text.get_text(): text.xy for text in figure.findobj(Annotation)}
    assert set(places) == {"Downloads", "Sums of squares", "mine"}
    assert places["mine"] == (16, 16)


def test_a_panel_for_each_interpreter_with_its_own_works_alone():
    figure = picture.draw(maps.table(labels=("CPython 3.13.0", "CPython 3.14.0t")), LOCATED)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["CPython 3.13.0", "CPython 3.14.0t"]
    assert all(text.axes is figure.axes[0] for text in figure.findobj(Annotation))


def test_the_rule_of_thumb_says_how_far_it_is_right():
    words = words_of(picture.draw(maps.table(step=1)))
    assert "I/O-bound and fast: threads, right on 100 %, wrong on 0 %" in words
    assert any(text.startswith("CPU-bound: processes, right on ") for text in words)


def test_each_claim_is_written_on_the_ground_that_it_is_about():
    axes = picture.draw(maps.table(step=1)).axes[0]
    places = {text.get_text().replace("\n", " ").partition(",")[0]: text.get_position() for text in axes.texts}
    for claim in thumb.CLAIMS:
        x, y = places[claim.text]
        assert claim.holds(Place(x, y)), claim.text


@WIDTHS
def test_no_names_overlap(width):
    names = {"Downloads", "Sums of squares", "mine", "asyncio", "process_pool", "threads", "one by one"}
    figure = picture.draw(maps.table(), LOCATED, width)
    assert [pair for pair in overlaps(figure) if set(pair) <= names] == []
    assert not outside(figure)


def test_in_words_it_says_how_far_the_rule_of_thumb_holds():
    text = picture.text(maps.table(step=1))
    assert "“I/O-bound and fast: threads” is right on 100 % of its ground and wrong on 0 %;" in text


def test_in_words_a_noisy_machine_is_named():
    quiet, noisy = maps.table(step=4), maps.table(step=4)
    quiet["others"], quiet["stolen"] = 0.02, 0.0
    noisy["others"], noisy["stolen"] = 1.11, 0.03
    assert "noisy" not in picture.text(maps.table(step=4)) + picture.text(quiet)  # nothing is held against the unknown
    reasons = "other programs kept 1.11 of a core busy; the hypervisor took 3 % of the CPU time away"
    assert f"Do not rely on this: the machine was too noisy ({reasons})." in picture.text(noisy)
    assert picture.text(noisy).endswith("measure again: rm -r results/rounds/map; snakemake map --forcerun survey")


def test_the_same_table_gives_the_same_file(tmp_path):
    for name in ("a.svg", "b.svg"):
        style.save(lambda width: picture.draw(maps.table(), LOCATED, width), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.svg").stat().st_size < 1_500_000


@WIDTHS
def test_panels_have_room_also_where_the_rule_of_thumb_is_never_wrong(tmp_path, width):
    right = maps.table(lambda place: maps.by_the_rule(place).replace("sequential", "process_pool"), step=1)
    figure = picture.draw(right, LOCATED, width)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        style.save(lambda _: figure, tmp_path / "map.png")
    assert all(axes.get_position().width > 0.7 for axes in figure.axes)


def test_a_phone_has_panels_below_each_other():
    wide, narrow = (
        picture.draw(maps.table(labels=("CPython 3.13.0", "CPython 3.14.0t")), LOCATED, width)
        for width in (style.WIDE, style.NARROW)
    )
    assert [axes.get_subplotspec().get_gridspec().ncols for axes in (wide.axes[0], narrow.axes[0])] == [2, 1]


@pytest.mark.parametrize("step", [8, 16])
def test_a_coarse_map_is_a_map(step):
    assert len(spots(maps.table(step=step))["CPython 3.13.0"]) in (8, 3)
    picture.draw(maps.table(step=step))
