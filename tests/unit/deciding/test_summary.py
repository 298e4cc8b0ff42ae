"""The summary: effects and flags of every arm."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concurrency.deciding.summary import summarise
from helpers.campaigns import ASYNCIO, ONE_BY_ONE, answer, around, table


def test_another_algorithm_is_measured_and_not_recommended():
    times = {ONE_BY_ONE: around(1.5), ("process_pool", 2): around(0.8, seed=1), ("numpy", 1): around(0.01, seed=2)}
    timings = table(times, "squares")
    found = answer(timings, "squares")
    assert (found["strategy"], found["ties"]) == ("process_pool", [])
    shown = summarise(timings).set_index("strategy").loc["numpy"]
    assert (shown["best"], shown["flags"]) == (False, "")
    assert shown["speedup"] == pytest.approx(150, rel=0.05)


def test_what_cannot_be_true_is_flagged():
    times = {ONE_BY_ONE: around(1.5), ("process_pool", 2): around(0.5, seed=1), ("threads", 2): around(1.2, seed=2)}
    flags = summarise(table(times, "squares", gil=True)).set_index("strategy")["flags"]
    assert flags["process_pool"] == "faster than 2 cores can be on the same work"
    assert flags["threads"] == "faster than one by one although the GIL lets one thread compute at a time"
    assert flags["sequential"] == ""
    elsewhere = table({ONE_BY_ONE: around(1.5), ("threads_of_mine", 2): around(1.2, seed=2)}, "squares", gil=True)
    assert summarise(elsewhere)["flags"].eq("").all()
    free = summarise(table(times, "squares", gil=False)).set_index("strategy")["flags"]
    assert free["threads"] == ""
    downloads = table({ONE_BY_ONE: around(1.5), ASYNCIO: around(0.15, seed=1)}, minimum_s=0.2)
    flags = summarise(downloads).set_index("strategy")["flags"]
    assert flags["asyncio"] == "10 of 10 samples took less than the least possible 0.2 s"
    assert flags["sequential"] == ""


def test_interpreters_have_their_own_baseline_and_share_the_best_set():
    old = table({ONE_BY_ONE: around(1.5), ("threads", 2): around(1.5, seed=1)}, "squares")
    new = table({ONE_BY_ONE: around(2.0, seed=2), ("threads", 2): around(1.0, seed=3)}, "squares", interpreter="free")
    summary = summarise(pd.concat([old, new])).set_index(["interpreter", "strategy"])
    assert summary.loc[("free", "threads"), "speedup"] == pytest.approx(2, rel=0.05)
    assert summary.index[summary["best"]].tolist() == [("free", "threads")]


def test_where_one_by_one_failed_the_quickest_comes_first():
    few, many = ("asyncio", 2), ("asyncio", 16)
    timings = table({ONE_BY_ONE: [None], few: [0.8], many: [0.1]})
    assert list(summarise(timings)["workers"]) == [16, 2, 1]
    assert "so far asyncio with 16 in flight is ahead" in answer(timings)["sentence"]


def test_what_is_enough_is_not_the_fastest_where_one_by_one_failed():
    timings = table(
        {ONE_BY_ONE: [None] * 10, ("threads", 8): around(0.205, noise=0.001), ("asyncio", 16): around(0.2, noise=0.001)}
    )
    said = answer(timings)
    assert said["strategy"] == "threads"
    assert "threads with 8 in flight is enough; one by one failed" in said["sentence"]


@given(st.integers(2, 12), st.integers(0, 2**32 - 1), st.floats(0.1, 10))
@settings(max_examples=20)
def test_what_slows_whole_rounds_down_changes_no_ratio(rounds, seed, factor):
    times = {ONE_BY_ONE: around(1.5, rounds, seed), ASYNCIO: around(0.2, rounds, seed + 1, noise=0.05)}
    slow = np.where(np.arange(rounds) % 2, factor, 1.0)
    slowed = {arm: list(np.array(seconds) * slow) for arm, seconds in times.items()}
    columns = ["speedup", "speedup_low", "speedup_high", "best"]
    pd.testing.assert_frame_equal(summarise(table(times))[columns], summarise(table(slowed))[columns], rtol=1e-6)


def test_four_rounds_show_their_numbers():
    timings = table({ONE_BY_ONE: around(1.5, 4), ASYNCIO: around(0.15, 4, seed=1)})
    assert answer(timings)["sentence"].startswith("Too few rounds to tell (4 rounds")
    first = summarise(timings).iloc[0]
    assert first["speedup_low"] < first["speedup"] < first["speedup_high"]
    assert first["speedup"] == pytest.approx(10, rel=0.02)
