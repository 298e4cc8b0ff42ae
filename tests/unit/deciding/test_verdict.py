"""The verdict: sentences that read well, and numbers that hold whatever the table has in its cells."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concurrency.deciding import claims, tables
from concurrency.deciding.estimates import half_width
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.measuring.interpreters import GIL_IS_BACK
from helpers.campaigns import ASYNCIO, ONE_BY_ONE, THREADS, answer, around, table


def test_a_clear_winner():
    found = answer(table({ONE_BY_ONE: around(1.5), THREADS: around(0.2, seed=1), ASYNCIO: around(0.15, seed=2)}))
    assert found["sentence"].startswith("asyncio with 15 in flight: 9.99× as fast as one by one (95 %: 9.9")
    assert (found["strategy"], found["workers"], found["ties"]) == ("asyncio", 15, [])
    assert found["speedup_low"] < found["speedup"] < found["speedup_high"]


def test_a_tie_goes_to_the_simpler_and_is_told():
    found = answer(table({ONE_BY_ONE: around(1.5), ASYNCIO: around(0.15, seed=1), THREADS: around(0.15, seed=2)}))
    assert found["strategy"] == "threads"
    assert found["enough_too"] == "asyncio with 15 in flight is as fast."


def test_many_ties_are_counted():
    tied = [(f"asyncio_{i}", 15) for i in range(9)]
    found = answer(table({ONE_BY_ONE: around(1.5)} | {arm: around(0.15, seed=i) for i, arm in enumerate(tied)}))
    assert len(found["ties"]) == 8
    assert found["enough_too"].endswith("asyncio_3 with 15 in flight and 5 others are as fast.")


def test_a_tie_goes_to_fewer_workers():
    found = answer(table({ONE_BY_ONE: around(1.5), ("asyncio", 8): around(0.2, seed=1), THREADS: around(0.2, seed=2)}))
    assert (found["strategy"], found["workers"]) == ("asyncio", 8)


def test_two_arms_that_are_equal():
    found = answer(table({ONE_BY_ONE: around(1.5), THREADS: around(1.5, seed=1)}))
    assert found["sentence"] == (
        "No clear winner: one by one and threads with 15 in flight cannot be told apart; one by one is the simplest."
    )


def test_all_equal():
    found = answer(table({ONE_BY_ONE: around(1.5), THREADS: around(1.5, seed=1), ASYNCIO: around(1.5, seed=2)}))
    assert found["sentence"] == "No clear winner: the 3 arms cannot be told apart; one by one is the simplest."


def test_nothing_beats_one_by_one():
    found = answer(table({ONE_BY_ONE: around(1.5), THREADS: around(1.9, seed=1), ASYNCIO: around(2.5, seed=2)}))
    assert found["sentence"] == "One by one is the fastest."


def test_one_by_one_among_the_best():
    found = answer(table({ONE_BY_ONE: around(1.5), THREADS: around(1.5, seed=1), ASYNCIO: around(2.5, seed=2)}))
    assert found["sentence"] == (
        "No clear winner: nothing is faster than one by one. threads with 15 in flight cannot be told from that."
    )


def test_one_arm():
    assert answer(table({ONE_BY_ONE: [1.5] * 10}))["sentence"] == "Only one by one was measured: 1.5 s."


def test_one_round():
    timings = table({ONE_BY_ONE: [1.5], ASYNCIO: [0.15]})
    assert answer(timings)["sentence"] == (
        "Too few rounds to tell (1 round, and it takes at least 5): "
        "so far asyncio with 15 in flight is ahead, 10.0× as fast as one by one."
    )
    assert summarise(timings).loc[0, "speedup"] == pytest.approx(10)


def test_no_samples_at_all():
    summary = summarise(tables.timings([]))
    assert (len(summary), verdict(tables.timings([]), summary)) == (0, {})


def test_everything_failed():
    found = answer(table({ONE_BY_ONE: [None] * 5, ASYNCIO: [None] * 5}))
    assert found["sentence"].startswith("No answer: every arm failed; the report says why. With that put right, ")
    assert "strategy" not in found


def test_an_arm_that_failed_once_is_told_and_not_recommended():
    fast = [*around(0.1, 9, seed=1), None]
    timings = table({ONE_BY_ONE: around(1.5), ASYNCIO: fast, THREADS: around(0.2, seed=2)})
    found = answer(timings)
    assert found["strategy"] == "threads"
    assert found["sentence"].endswith("Out of the running: asyncio with 15 in flight failed in 1 of 10 rounds.")
    shown = summarise(timings).set_index("strategy").loc["asyncio"]
    assert (shown["failed"], shown["rounds"], shown["best"]) == (1, 9, False)
    assert shown["speedup"] == pytest.approx(15, rel=0.05)


def test_rounds_that_were_measured_with_other_arms_have_no_winner_but_their_numbers():
    times = {ONE_BY_ONE: around(1.5), ("asyncio", 1): around(1.5, seed=3)}
    times |= {("process_pool", 4): [*around(0.4, 5), *[...] * 5], ("process_pool", 8): [*[...] * 5, *around(0.2, 5)]}
    timings = table(times, "squares")
    found = answer(timings, "squares")
    assert found["sentence"] == (
        "No answer: the rounds were measured with different arms (process_pool with 4 workers in 5 of 10 rounds and "
        "process_pool with 8 workers in 5 of 10 rounds). Measure all of them with the same number of cores and the "
        "same Python: snakemake --forcerun measure."
    )
    assert "strategy" not in found
    shown = summarise(timings).set_index(["strategy", "workers"])
    assert shown.loc[("process_pool", 8), "speedup"] == pytest.approx(7.5, rel=0.05)
    assert not shown["best"].any()
    assert half_width(timings, "squares") == 0  # more rounds would not help


@pytest.mark.parametrize("rounds_before", [1, 5, 9])
def test_one_round_with_other_arms_is_enough(rounds_before):
    times = {ONE_BY_ONE: around(1.5), THREADS: around(0.2, seed=1)}
    before, after = (table(times, interpreter=f"CPython 3.13.{patch}") for patch in (1, 2))
    mixed = [before[before["round"] <= rounds_before], after[after["round"] > rounds_before]]
    sentence = answer(pd.concat(mixed))["sentence"]
    assert sentence.startswith("No answer: the rounds were measured with different arms (one by one on CPython 3.13.1")
    assert f"threads with 15 in flight on CPython 3.13.2 in {10 - rounds_before} of 10 rounds" in sentence


def test_one_round_with_fewer_cores_is_a_round_with_other_arms():
    times = {ONE_BY_ONE: around(1.5), ("process_pool", 2): around(0.8, seed=1)}
    timings = table(times | {("process_pool", 4): [..., *around(0.4, 9)]}, "squares")
    timings["cores"] = timings["round"].eq(1).map({True: 2, False: 4})
    assert answer(timings, "squares")["sentence"].startswith(
        "No answer: the rounds were measured with different arms (process_pool with 4 workers in 9 of 10 rounds)."
    )
    assert set(claims.examine(timings)["answer"]) == {"cannot tell here"}


def test_an_arm_that_misses_a_round_is_told_and_not_recommended():
    found = answer(table({ONE_BY_ONE: around(1.5), ASYNCIO: [..., *around(0.1, 9)], THREADS: around(0.2, seed=2)}))
    assert found["strategy"] == "threads"
    assert found["sentence"].endswith(
        "Out of the running: asyncio with 15 in flight was measured in 9 of 10 rounds only."
    )


def test_a_failure_is_no_other_arm_even_where_the_gil_came_back():
    times = {ONE_BY_ONE: around(1.5), THREADS: [*around(0.2, 9, seed=1), None], ASYNCIO: around(0.3, seed=2)}
    timings = table(times, interpreter="CPython 3.14.2t")
    timings.loc[timings["error"] == "", "interpreter"] += GIL_IS_BACK  # seen only where a sample brought a result
    assert answer(timings)["strategy"] == "asyncio"


def test_a_baseline_that_failed_leaves_an_answer_without_a_speed_up():
    found = answer(table({ONE_BY_ONE: [None] * 10, THREADS: around(0.2, seed=1), ASYNCIO: around(0.1, seed=2)}))
    assert found["sentence"].startswith(
        "asyncio with 15 in flight is the fastest; one by one failed, so there is no speed-up to tell."
    )
    assert found["speedup"] is None


def test_a_strategy_that_is_unknown_here_is_no_trouble():
    found = answer(table({ONE_BY_ONE: around(1.5), ("carrier_pigeon", 4): around(0.5, seed=1)}))
    assert found["strategy"] == "carrier_pigeon"


def test_the_warm_up_round_counts_for_nothing():
    times = {ONE_BY_ONE: around(1.5, 11), ASYNCIO: [9.0, *around(0.15, 10, seed=1)]}
    timings = table(times)
    timings["warm_up"] = timings["round"] == 1
    assert summarise(timings).loc[0, "rounds"] == 10
    found = answer(timings)
    assert found["speedup"] == pytest.approx(10, rel=0.05)
    assert found["sentence"].endswith("The first round was a warm-up and counts for nothing.")


def test_the_control_is_no_arm_and_shows_a_difference_that_cannot_be():
    honest = table({ONE_BY_ONE: around(1.5), ASYNCIO: around(0.15, seed=1)})
    twin = table({ASYNCIO: around(0.15, seed=2)}, control=True)
    slow = table({ASYNCIO: around(0.18, seed=2)}, control=True)
    quiet, noisy = answer(pd.concat([honest, twin])), answer(pd.concat([honest, slow]))
    assert len(summarise(pd.concat([honest, twin]))) == 2
    assert quiet["noise"] == "quiet"
    assert noisy["noise"] == "noisy"
    assert "the same arm measured twice differs by" in noisy["sentence"]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("load", 0.3, "other programs kept 0.30 of a core busy"),
        ("steal_s", 0.2, "the hypervisor took"),
        ("cpu_s", 1.2, "had no core for 20 % of its time"),
        ("pressure_s", 0.3, "programs waited for a core 20 % of the time"),
    ],
)
def test_what_the_machine_did_is_told(column, value, reason):
    times = {ONE_BY_ONE: [1.5] * 10, ("process_pool", 2): [0.8] * 10}
    normal = {"cpu_s": 1.5, "load": 0.01, "steal_s": 0.0, "pressure_s": 0.0}
    assert answer(table(times, "squares", **normal), "squares")["noise"] == "quiet"
    found = answer(table(times, "squares", **normal | {column: value}), "squares")
    assert found["noise"] == "noisy"
    assert reason in found["sentence"]
    assert found["advice"].endswith("measure again.")


def test_work_that_is_not_only_computing_may_wait_and_let_go_of_the_gil():
    times = {ONE_BY_ONE: around(1.5), ("threads", 8): around(0.3, seed=1), ("threads", 2): around(0.8, seed=2)}
    timings = table(times, "squares", gil=True, cpu_s=0.2)
    assert summarise(timings)["flags"].ne("").sum() == 2
    assert answer(timings, "squares")["noise"] == "unusable"
    timings["bound"] = "mixed"
    assert summarise(timings)["flags"].eq("").all()
    found = answer(timings, "squares")
    assert found["noise"] == "quiet"
    assert found["sentence"].startswith("threads with 8 workers: 5.0")
    assert "Beware" not in found["sentence"]


def test_hosts_are_compared_and_never_paired():
    here = table({ONE_BY_ONE: around(1.5), ASYNCIO: around(0.15, seed=1)}, host="zebra")
    there = table({ONE_BY_ONE: around(3.0), ASYNCIO: around(1.0, seed=1)}, host="alpha")
    found = answer(pd.concat([here, there]))
    assert found["host"] == "zebra"
    assert found["sentence"].startswith("On zebra: asyncio with 15 in flight: 10")
    assert "On alpha: asyncio with 15 in flight: 3.0" in found["sentence"]
    assert found["hosts"]["alpha"]["speedup"] == pytest.approx(3, rel=0.05)


CELL = st.one_of(st.floats(0.01, 100), st.sampled_from([None, ..., 0.0, float("nan"), float("inf"), -1.0]))
TABLES = st.dictionaries(
    st.tuples(st.sampled_from(["threads", "asyncio", "process_pool", "unheard_of"]), st.integers(1, 4)),
    st.lists(CELL, min_size=1, max_size=12),
    max_size=5,
)


@given(st.lists(CELL, min_size=1, max_size=12), TABLES, st.sampled_from(["download", "squares"]), st.randoms())
@settings(max_examples=60)
def test_any_table_gets_an_answer_that_does_not_depend_on_the_order_of_its_rows(baseline, others, workload, random):
    timings = table({ONE_BY_ONE: baseline} | others, workload, gil=True)
    if timings.empty:
        return
    summary = summarise(timings)
    found = verdict(timings, summary)
    text = json.dumps(found, allow_nan=False)  # no NaN gets out
    order = list(range(len(timings)))
    random.shuffle(order)
    again = summarise(timings.iloc[order])
    pd.testing.assert_frame_equal(summary, again)
    assert json.dumps(verdict(timings.iloc[order], again), allow_nan=False) == text

    rounds = timings["round"].nunique()
    assert found[workload]["sentence"].endswith(".")
    for arm in summary.itertuples():
        assert arm.rounds + arm.failed <= rounds
        if arm.best:
            assert (arm.rounds, arm.failed) == (rounds, 0)
        if pd.notna(arm.speedup_low):
            assert arm.speedup_low <= arm.speedup <= arm.speedup_high
        if arm.rounds == 0:
            assert pd.isna(arm.median_s)
            assert pd.isna(arm.speedup)
    complete = summary[(summary["rounds"] == rounds) & (summary["failed"] == 0)]
    mixed = (2 * (summary["rounds"] + summary["failed"]) <= rounds).any()
    assert complete["best"].any() == (len(complete) > 0 and not mixed)
    if "strategy" in found[workload]:
        assert found[workload]["strategy"] in set(summary.loc[summary["best"], "strategy"])
