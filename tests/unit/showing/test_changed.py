"""The picture and the page of what changed: every arm is there, nothing overlaps, and the page needs no other file."""

import re

import pytest

from concurrency.deciding import campaigns
from concurrency.showing import changed, compared, style
from helpers.campaigns import ONE_BY_ONE, around, campaign, table
from helpers.drawing import drawn_texts, overlaps

FORTY = [("sequential", 1), *((f"strategy_number_{i}", 1 + i) for i in range(39))]
LONG = [("sequential", 1), ("a_strategy_with_a_name_of_forty_characters", 4), ("threads", 64)]
BEFORE = {ONE_BY_ONE: around(2.0), ("asyncio", 15): around(0.5, seed=1), ("threads", 15): around(0.8, seed=2)}
NOW = {ONE_BY_ONE: around(2.0, seed=3), ("asyncio", 15): around(0.5, seed=4), ("threads", 8): around(1.2, seed=5)}


@pytest.mark.parametrize("width", [style.WIDE, style.NARROW])
@pytest.mark.parametrize("arms", [LONG, FORTY], ids=["long names", "40 arms"])
def test_every_arm_has_a_row(arms, width):
    timings = campaign("squares", arms)
    figure = compared.draw("squares", campaigns.compare(timings, timings), width)
    texts = " ".join(re.sub(r"\s+", " ", text.get_text()) for text, _ in drawn_texts(figure))
    assert all(f"{name} with {workers} worker" in texts for name, workers in arms[1:])
    assert "times as fast as one by one" in texts
    assert not overlaps(figure)


@pytest.mark.parametrize("width", [style.WIDE, style.NARROW])
def test_what_changed_is_bold(width):
    figure = compared.draw("download", campaigns.compare(table(BEFORE), table(NOW)), width)
    bold = [text.get_text() for text, _ in drawn_texts(figure) if text.get_weight() == "bold"]
    assert any("−33" in text for text in bold)
    assert not any("none told" in text for text in bold)
    assert not overlaps(figure)


def test_gains_that_are_far_apart_get_a_log_axis_that_says_so():
    far = {ONE_BY_ONE: around(20.0), ("asyncio", 15): around(0.5, seed=1), ("threads", 15): around(19.0, seed=2)}
    figure = compared.draw("download", campaigns.compare(table(far), table(far)))
    assert any("log scale" in text.get_text() for text, _ in drawn_texts(figure))
    assert not overlaps(figure)


def test_without_any_arm_in_common():
    now = {ONE_BY_ONE: BEFORE[ONE_BY_ONE], ("process_pool", 2): BEFORE["asyncio", 15]}
    figure = compared.draw("download", campaigns.compare(table(BEFORE), table(now)))
    assert any("no arm in common" in text.get_text() for text, _ in drawn_texts(figure))


def test_where_nothing_is_compared_the_picture_says_why():
    failed = BEFORE | {ONE_BY_ONE: [*BEFORE[ONE_BY_ONE][:-1], None]}
    for width in (style.WIDE, style.NARROW):
        figure = compared.draw("download", campaigns.compare(table(failed), table(BEFORE)), width)
        assert any("one by one failed in some rounds before" in text.get_text() for text, _ in drawn_texts(figure))
        assert not overlaps(figure)


def test_the_page(tmp_path):
    found = campaigns.compare(table(BEFORE), table(NOW, interpreter="CPython 3.14", cores=4))
    picture = tmp_path / "download_compared.svg"
    for file in (picture, tmp_path / "download_compared_narrow.svg"):
        style.save(lambda width: compared.draw("download", found, width), file)
    before, now = {"Python": "3.13", "numpy": "2.4"}, {"Python": "3.14", "numpy": "2.4"}
    page = changed.render(found, {"download": picture}, before, now, ("../<old>", "results"))
    assert "Still asyncio with 15 in flight" in page
    assert "threads with 8 in flight (before: 15)" in page
    assert "2 cores before, 4 now" in page
    assert "drift not included" in page
    assert "&lt;old&gt;" in page and "<old>" not in page
    for fact in ("<td>3.13</td><td>3.14</td>", "<td>CPython 3.13</td><td>CPython 3.14</td>", "<td>2</td><td>4</td>"):
        assert fact in page
    assert "numpy" not in page  # the same in both
    assert not re.findall(
        r'(?:src|href)="(?!#|data:,|tables/compared.csv|report.html)[^"]*"', page.replace("xlink:", "")
    )


def test_nothing_differs(tmp_path):
    page = changed.render(campaigns.compare(table(BEFORE), table(BEFORE)), {}, {}, {}, ("old", "results"))
    assert "Nothing that is known" in page
