"""Two campaigns: which arms are compared, whether the intervals hold, and what is said."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special

from concurrency.deciding import campaigns, changes, inference
from concurrency.deciding.tables import ArmKey
from helpers.campaigns import COSTS, FREE, GIL, ONE_BY_ONE, around, table

SEED = 20261126
CAMPAIGNS = 4000
ASYNCIO, THREADS, FEWER = ("asyncio", 15), ("threads", 15), ("threads", 8)


def arm(strategy, workers, options="", interpreter="CPython 3.13"):
    return ArmKey(strategy, workers, options, interpreter)


def simulated(rng, means, rounds, noise):
    """Log times of many campaigns: rounds that are slower or faster as a whole, and noise that is each arm's own."""
    whole = rng.normal(0, 0.2, (CAMPAIGNS, rounds, 1)).cumsum(axis=1)
    return means + whole + rng.normal(0, 1, (CAMPAIGNS, rounds, len(means))) * noise


def gains_of(rng, means, rounds, noise, robust=False):
    """What simulated campaigns find of every arm but the first over that."""
    logs = simulated(rng, means, rounds, noise)
    found = inference.against(logs, 0, inference.form(rounds, len(means), robust))
    return inference.Differences(found.mean[:, 1:], found.error2[:, 1:], found.degrees, found.alpha)


@pytest.mark.parametrize("rounds", [(5, 5), (5, 20), (10, 10), (5, 40)], ids=str)
@pytest.mark.parametrize("noises", [(0.01, 0.01), (0.01, 0.1), (0.02, 0.005)], ids=str)
@pytest.mark.parametrize("arms", [2, 12])
@pytest.mark.parametrize("robust", [False, True])
def test_all_intervals_hold_at_once(rounds, noises, arms, robust):
    """… in 95 % of campaigns, whatever each has of rounds and noise, and though each goes by a form of its own."""
    print(f"seed {SEED}")
    rng = np.random.default_rng([SEED, *rounds, int(1000 * noises[1]), arms, robust])
    means = rng.normal(0, 0.5, (2, arms))
    found = [gains_of(rng, *one, robust) for one in zip(means, rounds, noises, strict=True)]
    middle, half = campaigns.change(*found, arms - 1)
    gains = means[:, :1] - means[:, 1:]
    is_held = np.abs(middle - (gains[1] - gains[0])) <= half
    assert is_held.all(axis=1).mean() > 0.95


def test_welchs_degrees_would_promise_too_much():
    print(f"seed {SEED}")
    rng = np.random.default_rng([SEED, 2])
    one, other = (gains_of(rng, np.zeros(36), rounds, 0.01) for rounds in (5, 40))
    error2 = one.error2 + other.error2
    degrees = error2**2 / (one.error2**2 / one.degrees + other.error2**2 / other.degrees)
    welchs = inference.Differences(other.mean - one.mean, error2, degrees, one.alpha)
    middle, half = campaigns.change(one, other, 35)
    assert (np.abs(middle) <= half).all(axis=1).mean() > 0.95
    assert (np.abs(middle) <= welchs.half_width(35)).all(axis=1).mean() < 0.92


def test_the_best_counts_may_be_picked_after_looking():
    """Four counts each, all alike: those that look best are compared, and that is in the family."""
    print(f"seed {SEED}")
    rng = np.random.default_rng([SEED, 1])
    picked = []
    for _ in range(2):
        found = gains_of(rng, np.log([2.0, 1.0, 1.0, 1.0, 1.0]), 10, 0.05)
        best = found.mean.argmax(axis=1)[:, None]
        mean, error2 = (np.take_along_axis(values, best, axis=1) for values in (found.mean, found.error2))
        picked.append(inference.Differences(mean, error2, found.degrees, found.alpha))
    middle, half = campaigns.change(*picked, 16)
    assert (np.abs(middle) <= half).mean() > 0.95


def test_what_recordings_leave_open_widens_the_interval():
    one = inference.Differences(np.zeros((1, 1)), np.full((1, 1), 4.0), np.full((1, 1), 9.0), 0.036)
    other = inference.Differences(np.ones((1, 1)), np.full((1, 1), 1.0), np.full((1, 1), 4.0), 0.023)
    [middle], [half] = (values[0] for values in campaigns.change(one, other, 1))
    assert middle == 1
    assert half == pytest.approx(np.hypot(2 * special.stdtrit(9, 1 - 0.018), special.stdtrit(4, 1 - 0.0115)))
    wider = campaigns.change(replace(one, left_open2=3.0), other, 1)[1]
    assert wider.item() > half


def test_arms_with_the_same_workers_are_compared():
    before = {arm("threads", 4): 1.0, arm("threads", 8): 1.1, arm("asyncio", 8): 2.0}
    now = {arm("threads", 4): 1.0, arm("threads", 8): 1.1, arm("process_pool", 8): 2.0}
    pairs, family = campaigns.matched(before, now)
    assert pairs == [(arm("threads", 4),) * 2, (arm("threads", 8),) * 2]
    assert family == 2


def test_where_counts_differ_each_campaigns_best_are_compared_too():
    before = {arm("threads", 4): 1.0, arm("threads", 8): 1.1}
    now = {arm("threads", 4): 1.0, arm("threads", 16): 1.2, arm("threads", 32): 1.1}
    pairs, family = campaigns.matched(before, now)
    assert pairs == [(arm("threads", 4),) * 2, (arm("threads", 8), arm("threads", 16))]
    assert family == 6


def test_options_tell_arms_apart():
    one, other = (arm("process_pool", 2, f"chunksize={size}") for size in (1, 2))
    assert campaigns.matched({one: 1.0}, {other: 1.0}) == ([], 0)


def test_interpreters_and_hosts_are_matched_by_name_where_there_are_several():
    assert campaigns.alike(["CPython 3.13"], ["CPython 3.14"]) == [("CPython 3.13", "CPython 3.14")]
    assert campaigns.alike([GIL], [FREE, GIL]) == [(GIL, GIL)]
    assert campaigns.alike([GIL], [FREE, "CPython 3.13"]) == []


def compared(before, now, **options):
    [found] = campaigns.compare(before, now, **options)
    return found, changes.as_data(found)


BEFORE = {ONE_BY_ONE: around(2.0), ASYNCIO: around(0.5, seed=1), THREADS: around(0.8, seed=2)}


def test_what_has_changed_is_told():
    now = {ONE_BY_ONE: around(1.0, seed=5), ASYNCIO: around(0.25, seed=6), THREADS: around(0.2, seed=7)}
    found, said = compared(table(BEFORE), table(now))
    asyncio = next(one for one in found.changes if one.now.key.strategy == "asyncio")
    assert asyncio.gains.low < 1 < asyncio.gains.high
    assert asyncio.times_as_fast == pytest.approx(2, rel=0.02)
    assert [one.now.key.strategy for one in found.told] == ["threads"]
    assert not said["recommended_alike"]
    assert said["answer"].startswith("Now threads with 15 in flight, 5.0")
    assert "before, asyncio with 15 in flight, 4.0" in said["answer"]
    assert "which now takes 25" in said["answer"]
    assert "One by one took 2.00 s before, 0.999 s now (drift not included)" in said["others"]
    assert said["warnings"] == []


def test_what_was_recommended_before_may_take_less_and_not_by_what_is_worthwhile():
    now = {ONE_BY_ONE: around(2.0, noise=0.001), THREADS: around(0.5, seed=5, noise=0.001)}
    now |= {ASYNCIO: around(0.485, seed=6, noise=0.001), FEWER: around(0.49, seed=7, noise=0.001)}
    _, said = compared(table(BEFORE | {FEWER: around(1.2)}), table(now))
    assert "before, asyncio with 15 in flight" in said["answer"]
    assert re.search(r", which now takes 1(\.\d+)? % less \(", said["answer"]), said["answer"]


def test_what_noise_hides_is_told_nowhere():
    now = {ONE_BY_ONE: around(2.0, seed=5), ASYNCIO: around(0.25, seed=6), THREADS: around(0.8, seed=7)}
    found, said = compared(table(BEFORE), table(now, steal_s=10.0))
    assert found.now.noise.word == "unusable"
    assert found.told == ()
    assert "gains" not in said["answer"]
    assert "no change that can be told" in said["answer"]


def test_the_same_campaign_in_other_rounds_has_not_changed():
    again = {arm: list(np.roll(times, 3)) for arm, times in BEFORE.items()}
    found, said = compared(table(BEFORE), table(again, interpreter="CPython 3.14"))
    assert found.told == ()
    assert said["recommended_alike"]
    assert said["answer"].startswith("Still asyncio with 15 in flight, 4.0")
    assert "no change that can be told (−" in said["answer"]
    assert "Of 1 other, none changed that can be told." in said["others"]


def test_counts_that_were_found_anew_are_named():
    now = {ONE_BY_ONE: around(2.0, seed=5), ASYNCIO: around(0.5, seed=6), FEWER: around(1.2, seed=7)}
    found, said = compared(table(BEFORE), table(now))
    assert [(one.before.key.workers, one.now.key.workers) for one in found.changes if one.has_other_workers] == [
        (15, 8)
    ]
    assert "threads with 8 in flight (before: 15) gains 33.1 % less (32.4–33.8 %)" in said["others"]
    assert found.left_out == {}


def test_other_items_sources_and_cores_are_warned_of():
    now = table(BEFORE, items=20, cores=4, minimum_s=1.0)
    _, said = compared(table(BEFORE, minimum_s=0.5), now)
    [warning] = said["warnings"]
    assert "15 items before, 20 now" in warning
    assert "2 cores before, 4 now" in warning
    assert "another path" in warning


def test_what_only_one_has_is_named():
    lacking = {ONE_BY_ONE: BEFORE[ONE_BY_ONE], THREADS: [*BEFORE[THREADS][:-1], None], ASYNCIO: BEFORE[ASYNCIO]}
    _, said = compared(table(BEFORE), table({ONE_BY_ONE: BEFORE[ONE_BY_ONE], ASYNCIO: BEFORE[ASYNCIO]}))
    assert said["not_compared"] == ["Measured only before: threads."]
    _, said = compared(table(BEFORE), table(lacking))
    assert said["not_compared"] == ["Not compared, as some rounds lack it: threads."]


def lacking(strategy, times=BEFORE):
    """… which failed in the last round."""
    return times | {strategy: [*times[strategy][:-1], None]}


@pytest.mark.parametrize("when", ["before", "now"])
def test_where_one_by_one_failed_that_is_why(when):
    runs = {"before": table(BEFORE), "now": table(BEFORE)} | {when: table(lacking(ONE_BY_ONE))}
    found, said = compared(**runs)
    assert found.changes == ()
    assert said["not_compared"] == [
        "Not compared, as some rounds lack it: one by one.",
        f"Not compared, as one by one failed in some rounds {when}: asyncio and threads.",
    ]
    assert changes.hindrance([found]) == f"one by one failed in some rounds {when}"
    assert "nan" not in said["sentence"].lower()


def test_a_single_round_is_why():
    found, said = compared(table({arm: times[:1] for arm, times in BEFORE.items()}), table(BEFORE))
    assert said["not_compared"] == ["Not compared, as a single round tells nothing: asyncio, threads and one by one."]
    assert changes.hindrance([found]) == "too few rounds to compare (1 before, 10 now)"


def test_hosts_that_differ_and_nothing_in_common():
    here, there = (pd.concat([table(BEFORE, host=f"{name}{i}") for i in (1, 2)]) for name in ("here", "there"))
    assert campaigns.compare(here, there) == []
    assert changes.hindrance([]) == "no host in common"
    found, said = compared(table({ASYNCIO: BEFORE[ASYNCIO]}), table({THREADS: BEFORE[THREADS]}))
    assert said["not_compared"] == ["Measured only before: asyncio.", "Measured only now: threads."]
    assert changes.hindrance([found]) == "no arm in common"


def test_what_was_recommended_and_failed_in_some_rounds_was_measured():
    _, said = compared(table(BEFORE), table(lacking(ASYNCIO)))
    assert said["answer"].endswith(", which failed in some rounds now.")
    _, said = compared(table(BEFORE), table({ONE_BY_ONE: BEFORE[ONE_BY_ONE], THREADS: BEFORE[THREADS]}))
    assert said["answer"].endswith(", which was not measured now.")


def test_another_interpreter_is_another_recommendation():
    slow = {ONE_BY_ONE: around(2.2, seed=4), THREADS: around(1.8, seed=5)}
    fast = {ONE_BY_ONE: around(2.0, seed=6), THREADS: around(0.8, seed=7)}
    before, now = (
        pd.concat([table(one, interpreter=GIL, **COSTS), table(other, interpreter=FREE, **COSTS)])
        for one, other in ((slow, fast), (fast, slow))
    )
    _, said = compared(before, now)
    assert not said["recommended_alike"]
    assert said["answer"].startswith(f"Now threads with 15 in flight on {GIL}, ")
    assert f"before, threads with 15 in flight on {FREE}, " in said["answer"]
    _, said = compared(table(BEFORE, interpreter=GIL, **COSTS), before)  # one of them had a single one
    assert f"before, asyncio with 15 in flight on {GIL}, " in said["answer"]


def test_least_times_that_are_drawn_anew_in_each_round_are_no_difference():
    before, now = table(BEFORE), table(BEFORE)
    drawn = np.random.default_rng(SEED)
    for one in (before, now):
        one["minimum_s"] = drawn.normal(1.0, 0.02, len(one))
    assert compared(before, now)[1]["warnings"] == []
    now["minimum_s"] *= 1.2
    assert "another path" in compared(before, now)[1]["warnings"][0]


def test_what_an_older_table_does_not_tell_is_no_difference():
    now = table(BEFORE, minimum_s=1.0, bound="mixed")
    found, said = compared(now.drop(columns=["cores", "minimum_s", "items", "bound"]), now)
    assert said["warnings"] == []
    assert changes.of_works([found]) == {}


def test_few_rounds_tell_nothing():
    few = {arm: times[:2] for arm, times in BEFORE.items()}
    found, said = compared(table(BEFORE), table(few))
    assert found.told == ()
    assert said["answer"].startswith("Too few rounds to tell what changed (10 before, 2 now")
    _, said = compared(table(BEFORE), table({arm: times[:1] for arm, times in BEFORE.items()}))
    assert said["answer"].startswith("Too few rounds to tell what changed (10 before, 1 now")


def test_several_interpreters_are_matched_by_name():
    before = table(BEFORE, interpreter=GIL, **COSTS)
    slower = {arm: list(1.5 * np.array(times)) for arm, times in BEFORE.items()}
    now = pd.concat([before, table(slower, interpreter=FREE, **COSTS)])
    found, said = compared(before, now)
    assert {one.now.key.interpreter for one in found.changes} == {GIL}
    assert "threads on CPython 3.14.2t" in said["not_compared"][0]


def test_without_any_answer():
    failed = {arm: [None] * 10 for arm in BEFORE}
    found, said = compared(table(BEFORE), table(failed))
    assert found.changes == ()
    assert said["answer"] == "Nothing was recommended now; the report of that campaign says why."


def test_the_table_has_a_row_for_each_arm_that_is_compared():
    found, _ = compared(table(BEFORE), table(BEFORE))
    rows = changes.table([found])
    assert list(rows["strategy"]) == ["sequential", "asyncio", "threads"]
    assert rows["change"].tolist() == [1, 1, 1]
    assert rows["told"].tolist() == ["", "", ""]
    assert rows["times_as_fast"].tolist() == [1, 1, 1]
