"""What a page gets of a trace: no more than it can hold, and nothing that ends it."""

import itertools

import pytest

from concurrency.showing.timeline import page, reading
from concurrency.showing.timeline.states import RUNS
from helpers import timelines


def test_too_many_bars_for_a_page_are_joined_and_none_is_dropped():
    bars = [reading.Bar(RUNS, i / 1000, i / 1000 + 0.0005, "step") for i in range(4 * page.MOST_BARS)]
    thin = page._thinned(bars)
    assert len(thin) <= page.MOST_BARS
    assert sum(share * (bar.end - bar.begin) for bar, share in thin) == pytest.approx(len(bars) * 0.0005)
    assert all(one.end <= other.begin for (one, _), (other, _) in itertools.pairwise(thin))


def test_what_comes_from_outside_cannot_end_the_data():
    assert "</script" not in page.as_json({"name": "</script><b>"})


def test_states_that_alternate_are_joined_each_with_its_own():
    states = "on a core", "off the core"
    bars = [reading.Bar(states[i % 2], i * 0.005, (i + 1) * 0.005, "step") for i in range(12_000)]
    bars.insert(6000, reading.Bar(RUNS, 30.0, 40.0, "long"))
    bars[6001:] = [bar._replace(begin=bar.begin + 10, end=bar.end + 10) for bar in bars[6001:]]
    thin = page._thinned(bars)
    assert len(thin) <= page.MOST_BARS
    assert (bars[6000], 1.0) in thin
    assert [bar.begin for bar, _ in thin] == sorted(bar.begin for bar, _ in thin)
    for state in states:
        own = [(bar, share) for bar, share in thin if bar.state == state]
        assert sum(share * (bar.end - bar.begin) for bar, share in own) == pytest.approx(30)
        assert all(one.end <= other.begin for (one, _), (other, _) in itertools.pairwise(own))


def test_a_page_holds_any_trace():
    trace = timelines.alternating(lanes=16, bars=5000, items=20_000)
    found = page.data(trace)
    assert page.MOST_BYTES / 3 < len(page.as_json(found).encode()) <= page.MOST_BYTES
    [arm] = found["arms"]
    assert arm["begun"]["of"] == 20_000
    assert arm["done"]["of"] == 20_000 + 15
    assert sum(arm["done"]["at"]) == 20_000_000  # microseconds: when the last one is
