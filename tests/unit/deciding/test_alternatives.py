"""What else is good enough, what it takes longer, and what it spares."""

import pytest

from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from helpers.campaigns import ASYNCIO, ONE_BY_ONE, answer, around, table


def names(found):
    return [other["name"] for other in found["good_enough"]]


def test_what_takes_a_little_longer_and_needs_less_is_told():
    times = {ONE_BY_ONE: around(1.5), ("asyncio", 8): around(0.2, seed=1), ("threads", 15): around(0.205, seed=2)}
    found = answer(table(times))
    assert (found["strategy"], found["workers"]) == ("asyncio", 8)
    [threads] = found["good_enough"]
    assert threads | {"longer": None, "longer_low": None, "longer_high": None} == {
        "name": "threads with 15 in flight", "strategy": "threads", "workers": 15, "options": "",
        "interpreter": "CPython 3.13", "longer": None, "longer_low": None, "longer_high": None,
        "spares": ["no async code"],
    }  # fmt: skip
    assert 1 < threads["longer_low"] < threads["longer"] < threads["longer_high"] < 1.05
    assert found["enough_too"].startswith("threads with 15 in flight takes 2.")
    assert " % longer (" in found["enough_too"]
    assert found["enough_too"].endswith(" %) and needs no async code.")
    assert found["sentence"].startswith(f"{found['answer']} {found['enough_too']}")


def test_what_cannot_be_told_is_as_fast():
    times = {ONE_BY_ONE: around(1.5), ("asyncio", 8): around(0.2, seed=1), ("threads", 15): around(0.2, seed=2)}
    assert answer(table(times))["enough_too"] == "threads with 15 in flight is as fast and needs no async code."


def test_each_strategy_is_named_once_with_the_fewest_that_are_enough_and_never_the_recommended_one():
    times = {ONE_BY_ONE: around(1.5), ("threads", 8): around(0.2, seed=1), ("threads", 16): around(0.2, seed=2)}
    times |= {("asyncio", workers): around(0.2, seed=workers) for workers in (10, 12, 20)}
    found = answer(table(times))
    assert (found["strategy"], found["workers"]) == ("threads", 8)
    assert names(found) == ["asyncio with 10 in flight"]
    assert found["good_enough"][0]["spares"] == []
    assert found["enough_too"].startswith("asyncio with 10 in flight is as fast. ")


@pytest.mark.parametrize(
    ("recommended", "other", "spares"),
    [
        ("process_pool", "threads", ["no processes"]),
        ("joblib", "threads", ["no processes", "no package beyond the standard library"]),
        ("joblib", "process_pool", ["no package beyond the standard library"]),
        ("processes_asyncio", "threads", ["no async code", "no processes"]),
        ("interpreter_pool", "threads", []),
        ("process_pool", "interpreter_pool", ["no processes"]),
        ("process_pool", "carrier_pigeon", []),
    ],
)
def test_what_is_spared(recommended, other, spares):
    times = {ONE_BY_ONE: around(1.5), (recommended, 2): around(0.8, seed=1), (other, 3): around(0.8, seed=2)}
    found = answer(table(times, "squares"), "squares")
    assert found["strategy"] == recommended
    assert found["good_enough"][0]["spares"] == spares


def test_what_is_too_slow_or_not_shown_is_none():
    times = {ONE_BY_ONE: around(1.5), ("asyncio", 8): around(0.2, seed=1), ("threads", 15): around(0.22, seed=2)}
    assert answer(table(times))["good_enough"] == []
    noisy = answer(table(times | {("threads", 15): around(0.2, seed=2, noise=0.1)}))
    assert noisy["good_enough"] == []
    assert noisy["enough_too"] == "threads with 15 in flight cannot be told from it."


def test_worthwhile_is_the_margin():
    times = {ONE_BY_ONE: around(1.5), ("asyncio", 8): around(0.2, seed=1), ("threads", 15): around(0.22, seed=2)}
    timings = table(times)
    assert names(verdict(timings, summarise(timings), worthwhile=0.2)["download"]) == ["threads with 15 in flight"]


def test_where_one_by_one_is_recommended_others_are_no_matter():
    found = answer(table({ONE_BY_ONE: around(1.5), ASYNCIO: around(1.46, seed=1)}))
    assert found["enough_too"] == ""
    assert found["workers_said"] == "Less than 5 % is gained by asyncio with 15 in flight."


def test_one_by_one_stays_where_no_gain_worth_having_was_found():
    """asyncio is faster beyond doubt, by 3 % or so, and how little is not shown."""
    times = {ONE_BY_ONE: around(1.5, noise=0.01), ASYNCIO: around(1.45, seed=3, noise=0.02)}
    found = answer(table(times))
    assert (found["strategy"], found["enough"]) == ("sequential", False)
    assert found["answer"].startswith("One by one: no gain worth having was found; the most is 1.0")
    assert found["answer"].endswith(", by asyncio with 15 in flight.")
