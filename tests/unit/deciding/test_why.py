"""Why it is so: what one by one waits and computes, and the ceiling with what sets it, where the samples tell."""

import pandas as pd
import pytest

from helpers.campaigns import ASYNCIO, FREE, ONE_BY_ONE, THREADS, answer, around, table, two_pythons

IO = {ONE_BY_ONE: around(2.0), THREADS: around(0.5, seed=1), ASYNCIO: around(0.4, seed=2)}


def replayed(**limits):
    """`IO` as replayed, one by one computing 28 % of its time; `limits` has what sets the least time of a strategy."""
    timings = table(IO, cpu_s=0.1)
    timings.loc[timings["strategy"] == "sequential", "cpu_s"] = 0.56
    least = {"sequential": 1.9, "threads": 0.45, "asyncio": 0.39}
    timings["minimum_s"] = timings["strategy"].map(least).astype("Float64")
    timings["limit"] = timings["strategy"].map({"sequential": "what is in flight"} | limits).fillna("")
    return timings


def test_a_replay_knows_what_the_path_allows():
    found = answer(replayed(asyncio="the server's 4 slots", threads="what is in flight"))
    assert found["why"] | {"waiting": 0.72, "computing": 0.28} == {
        "waiting": 0.72,
        "computing": 0.28,
        "ceiling": pytest.approx(2.0 / 0.39, rel=0.01),
        "set_by": "the server's 4 slots",
        "sentence": "One by one, 72 % of the time is waiting, 28 % computing; "
        "the ceiling here is 5.1×, set by the server's 4 slots.",
    }
    assert found["why"]["sentence"] in found["sentence"]


def test_what_is_in_flight_is_counted():
    assert answer(replayed(asyncio="what is in flight"))["why"]["set_by"] == "15 in flight"


def test_what_computes_more_than_the_path_takes_is_bound_by_that():
    timings = replayed(asyncio="the slowest page", threads="the slowest page").assign(minimum_s=0.1)
    timings.loc[timings["strategy"] == "threads", "cpu_s"] = 0.8  # as they let go of the GIL to send and receive
    timings.loc[timings["strategy"] == "asyncio", "cpu_s"] = 0.39
    why = answer(timings)["why"]
    assert (why["ceiling"], why["set_by"]) == (pytest.approx(2.0 / 0.39, rel=0.01), "the one thread that computes")


def computing(arms, workload="squares", **more):
    return table({ONE_BY_ONE: around(1.0)} | arms, workload, **({"cpu_s": 1.0, "gil": True} | more))


def test_what_computes_has_the_cores():
    timings = computing({("threads", 2): around(1.0, seed=1), ("process_pool", 2): around(0.55, seed=2)})
    assert answer(timings, "squares")["why"]["sentence"] == (
        "One by one, all of the time is computing; the ceiling here is 2×, set by the 2 cores."
    )


@pytest.mark.parametrize(
    ("arms", "gil", "set_by"),
    [
        ([("threads", 2), ("asyncio", 1)], True, "the GIL"),
        ([("threads", 2), ("asyncio", 1)], False, "the 2 cores"),
        ([("asyncio", 1)], True, "the one thread that computes"),
    ],
)
def test_what_computes_in_one_thread_has_the_gil(arms, gil, set_by):
    found = answer(computing({arm: around(1.0, seed=i) for i, arm in enumerate(arms, 1)}, gil=gil), "squares")
    assert found["why"]["set_by"] == set_by
    assert found["why"]["ceiling"] == (2 if set_by == "the 2 cores" else 1)


def own(arms, **more):
    return computing(arms, "photos", bound="mixed", **more)


def test_a_work_of_ones_own_that_waits_has_the_cores_for_what_it_computes():
    found = answer(
        own({("threads", 8): around(0.4, seed=1), ("process_pool", 8): around(0.3, seed=2)}, cpu_s=0.4), "photos"
    )
    assert found["why"]["computing"] == pytest.approx(0.4, rel=0.01)
    assert found["why"]["ceiling"] == pytest.approx(5, rel=0.02)
    assert found["why"]["sentence"].endswith("set by the 2 cores.")


def test_a_work_that_hardly_computes_has_as_many_as_there_are_items():
    found = answer(
        own({("threads", 8): around(0.2, seed=1), ("process_pool", 8): around(0.2, seed=2)}, cpu_s=0.01), "photos"
    )
    assert (found["why"]["ceiling"], found["why"]["set_by"]) == (15, "the 15 items")


def test_of_all_bounds_that_hold_the_narrowest_is_told():
    found = answer(own({("threads", 3): around(0.35, seed=1)}, cpu_s=0.01, items=3), "photos")
    assert (found["why"]["ceiling"], found["why"]["set_by"]) == (3, "the 3 items")


def test_one_item_is_one():
    found = answer(own({("process_pool", 2): around(1.0, seed=1)}, cpu_s=0.01, items=1), "photos")
    assert found["why"]["set_by"] == "the 1 item"


@pytest.mark.parametrize("make", [own, computing])
def test_an_item_that_is_split_is_no_bound(make):
    arms = {("process_pool", 2): around(1.0, seed=1), ("process_pool_ranges", 2): around(0.52, seed=2)}
    work = "photos" if make is own else "squares"
    found = answer(make(arms, cpu_s=1.0, items=1), work)
    assert found["why"]["ceiling"] == pytest.approx(2, rel=0.01)
    assert found["why"]["set_by"] == "the 2 cores"
    assert not [said for said in found["warnings"] if "ceiling" in said]


def coroutine(*tried, asyncio_cpu_s):
    """A work whose coroutine computes less than its function, with what was `tried` when workers were to be found."""
    timings = own({("asyncio", 8): around(0.2, seed=1)} | {(name, n): [1.0, 1.0] for name, n in tried}, cpu_s=0.5)
    timings.loc[timings["strategy"] == "asyncio", "cpu_s"] = asyncio_cpu_s
    timings["screening"] = [arm in tried for arm in zip(timings["strategy"], timings["workers"], strict=True)]
    return answer(timings.assign(items=4), "photos")


def test_an_arm_is_bound_by_what_it_computes_itself():
    found = coroutine(asyncio_cpu_s=0.15)
    assert found["why"]["ceiling"] == pytest.approx(1 / 0.15, rel=0.01)
    assert found["why"]["set_by"] == "the one thread that computes"
    assert not [said for said in found["warnings"] if "ceiling" in said]


def test_what_a_coroutine_takes_for_an_item_is_told_by_one_in_flight():
    assert coroutine(asyncio_cpu_s=0.01)["why"]["set_by"] == "the one thread that computes"
    why = coroutine(("asyncio", 1), asyncio_cpu_s=0.01)["why"]
    assert (why["ceiling"], why["set_by"]) == (pytest.approx(4, rel=0.01), "the 4 items")


@pytest.mark.parametrize("make", [own, computing])
def test_who_uses_more_cores_than_were_given_is_not_bound_by_them(make):
    work = "photos" if make is own else "squares"
    found = answer(make({("process_pool", 8): around(0.2, seed=1)}, cpu_s=1.0), work)
    assert (found["why"]["ceiling"], found["why"]["set_by"]) == (15, "the 15 items")
    assert not [said for said in found["warnings"] if "ceiling" in said]
    split = answer(make({("process_pool_ranges", 8): around(0.2, seed=1)}, cpu_s=1.0), work)
    assert split["why"]["ceiling"] is None


def test_what_lets_go_of_the_gil_is_not_held_by_it():
    arms = {("threads", 8): around(0.5, seed=1)}
    assert answer(own(arms, cpu_s=0.4), "photos")["why"]["set_by"] == "the GIL"
    assert answer(own(arms, cpu_s=0.9), "photos")["why"]["set_by"] == "the 2 cores"


@pytest.mark.parametrize("cpu_s", [None, 1.9])
def test_nothing_is_guessed(cpu_s):
    """Of tables without CPU times, nor of what is concurrent by itself."""
    found = answer(computing({("process_pool", 2): around(0.55, seed=1)}, cpu_s=cpu_s), "squares")
    assert "why" not in found
    assert "ceiling" not in found["sentence"]


def test_a_table_that_does_not_say_what_sets_the_least_time_claims_no_ceiling():
    assert answer(replayed().assign(limit=""))["why"]["ceiling"] is None
    unknown = replayed(asyncio="the link", threads="the link")
    unknown.loc[unknown["strategy"] == "threads", ["minimum_s", "cpu_s"]] = None
    assert answer(unknown)["why"]["ceiling"] is None


def test_waiting_of_which_nothing_else_is_known_has_no_ceiling():
    why = answer(table(IO, cpu_s=0.02))["why"]
    assert (why["ceiling"], why["set_by"]) == (None, "")
    assert why["sentence"] == "One by one, 99 % of the time is waiting, 1 % computing."


def test_more_than_can_be_is_not_said_as_if_it_were_fine():
    found = answer(own({("process_pool", 8): around(0.2, seed=1)}, cpu_s=0.1, items=3), "photos")
    assert found["speedup"] > found["why"]["ceiling"]
    assert any(warning.startswith("Beware: that is above the ceiling") for warning in found["warnings"])


def test_with_several_interpreters_it_is_that_of_the_recommended_arm():
    why = answer(two_pythons(), "squares")["why"]
    assert why["sentence"].startswith(f"One by one on {FREE}, ")
    assert pd.notna(why["ceiling"])
