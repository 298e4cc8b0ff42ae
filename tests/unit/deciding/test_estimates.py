"""Effects and the widths of their intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concurrency.deciding.estimates import half_width
from concurrency.deciding.summary import summarise
from helpers.campaigns import ASYNCIO, ONE_BY_ONE, answer, around, table


def test_half_width_is_that_of_the_recommended_arm():
    timings = table({ONE_BY_ONE: around(1.5, noise=0.1), ASYNCIO: around(0.15, seed=1)})
    first = summarise(timings).iloc[0]
    assert half_width(timings, "download") == pytest.approx(np.log(first["speedup_high"] / first["speedup"]))
    broken = table({ONE_BY_ONE: [None] * 10, ASYNCIO: around(0.15)})
    assert half_width(broken, "download") == 0
    assert half_width(table({ONE_BY_ONE: [1.5], ASYNCIO: [0.15]}), "download") == np.inf


def wavering(seed, rounds=12, **more):
    """A campaign in which many arms are about as fast, so that rounds do not agree on one."""
    times = {ONE_BY_ONE: around(1.5, rounds, seed, 0.03)}
    times |= {(f"asyncio_{i}", 15): around(0.2 / (1 + 0.01 * i), rounds, 100 * seed + i, 0.03) for i in range(1, 9)}
    return table(times, **more)


@given(st.integers(1, 2**16), st.sampled_from([5, 9, 12, 20]), st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_estimate_is_in_the_middle_of_its_interval_which_has_that_of_the_table_in_it(seed, rounds, robust):
    timings = wavering(seed, rounds)
    found = answer(timings, robust=robust)
    own = summarise(timings, robust).set_index(["strategy", "workers"]).loc[(found["strategy"], found["workers"])]
    gain, low, high = (found[f"speedup{bound}"] for bound in ("", "_low", "_high"))
    assert low < gain < high
    assert gain == pytest.approx(np.sqrt(low * high), rel=1e-4)
    assert low <= own["speedup_low"] + 1e-4
    assert high >= own["speedup_high"] - 1e-4
    if not robust:
        assert half_width(timings, "download") == pytest.approx(np.log(high / low) / 2, abs=1e-4)


def test_wavering_rounds_widen_the_interval():
    """Of ten campaigns the printed gain of some is below what the table has for the arm that looks best."""
    wider = 0
    for seed in range(1, 11):
        timings = wavering(seed)
        found = answer(timings)
        own = summarise(timings).set_index("strategy").loc[found["strategy"]]
        wider += found["speedup_high"] / found["speedup_low"] > 1.01 * own["speedup_high"] / own["speedup_low"]
    assert wider >= 3


def test_what_a_recording_leaves_open_is_in_the_interval_and_asks_for_no_rounds():
    plain, wide = (wavering(3, recording_sd=sd) for sd in (None, 0.1))
    wide.loc[wide["strategy"] == "sequential", "recording_sd"] = 0.0
    found = answer(wide)
    assert np.log(found["speedup_high"] / found["speedup"]) > 1.96 * 0.1
    assert half_width(wide, "download") == pytest.approx(half_width(plain, "download"), rel=0.5)
