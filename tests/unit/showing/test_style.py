"""How pictures look: a strategy alike in all of them and like no other, to be seen on either ground; two widths."""

import itertools

import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from concurrency.deciding.summary import summarise
from concurrency.showing import comparison, cost, style, workers
from concurrency.showing import map as map_
from concurrency.strategies._catalogue import described
from concurrency.workloads.known import BUILT_IN
from helpers import maps
from helpers.campaigns import campaign

FOLDERS = [None, *(folder for kind in BUILT_IN.values() for folder in kind.folders)]
STRATEGIES = sorted({name for folder in FOLDERS for name in described(folder)})
GROUNDS = {"light": "#ffffff", "dark": "#16181a"}


def luminance(colour):
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_every_strategy_is_told_from_every_other_by_colour_or_marker():
    assert {"threads", "curl_multi", "closed_form"} <= set(STRATEGIES)  # of all works, and algorithms
    looks = [style.look(name) for name in STRATEGIES]
    assert len(set(looks)) == len(looks)
    assert style.look("of_another_version") not in looks


def test_the_best_known_differ_in_both():
    known = [style.look(name) for name in ("sequential", "threads", "asyncio", "process_pool", "interpreter_pool")]
    assert len({look.colour for look in known}) == len({look.marker for look in known}) == len(known)


@pytest.mark.parametrize("ground", GROUNDS)
def test_colours_are_seen_on_either_ground(ground):
    colours = {*itertools.chain(*style.SHADES.values()), style.GREY, style.FAILED}
    assert {
        colour: contrast(colour, GROUNDS[ground]) for colour in colours if contrast(colour, GROUNDS[ground]) < 3
    } == {}


def looks(axes):
    """Colour and marker of all that is marked, without rings and signs."""
    return {
        (to_hex(line.get_color()), line.get_marker())
        for line in axes.get_lines()
        if line.get_marker() in style.MARKERS and line.get_markersize() < 10
    }


def test_a_strategy_looks_the_same_in_every_picture():
    arms = [("sequential", 1), ("threads", 4), ("asyncio", 4), ("process_pool", 4)]
    timings = campaign("mine", arms)
    summary = summarise(timings)
    expected = {name: style.look(name) for name, _ in arms}
    assert looks(comparison.draw(timings, summary, "mine").axes[0]) == set(expected.values())
    assert looks(cost.draw(timings, summary, "mine").axes[0]) == set(expected.values())
    concurrent = {expected[name] for name in expected if name != "sequential"}  # one by one is a level there
    assert looks(workers.draw(timings, summary, "mine").axes[0]) == concurrent
    key = {patch.get_label().partition(",")[0]: patch for patch in map_.draw(maps.table()).legends[0].get_patches()}
    for name in ("threads", "asyncio", "process_pool"):
        assert to_hex(key[name].get_facecolor()) == expected[name].colour


def test_pictures_are_drawn_for_a_page_and_for_a_phone(tmp_path):
    widths = []

    def draw(width):
        widths.append(width)
        return Figure(figsize=(width, 1))

    paths = [tmp_path / name for name in ("it.svg", "it.png", "it_narrow.svg")]
    style.save(draw, *paths)
    assert sorted(widths) == [style.NARROW, style.WIDE]
    wide, narrow = (f'width="{72 * width:g}pt"' for width in (style.WIDE, style.NARROW))
    assert wide in paths[0].read_text()
    assert narrow in paths[2].read_text()
    assert paths[1].read_bytes().startswith(b"\x89PNG")
