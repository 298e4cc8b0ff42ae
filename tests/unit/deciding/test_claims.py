"""The rule of thumb put to the test: where the truth is known, an answer."""

import numpy as np
import pandas as pd
import pytest

from concurrency.deciding import claims, words
from concurrency.deciding.inference import Effect
from helpers.campaigns import ASYNCIO, ONE_BY_ONE, THREADS, around, table


def answers(*timings: pd.DataFrame) -> dict[str, str]:
    return dict(claims.examine(pd.concat(timings))[["claim", "answer"]].itertuples(index=False))


def test_claims_that_hold():
    slow = table({ONE_BY_ONE: around(1.5), THREADS: around(0.2, seed=1), ASYNCIO: around(0.15, seed=2)})
    fast = table(
        {
            ONE_BY_ONE: around(0.2),
            THREADS: around(0.05, seed=1),
            ASYNCIO: around(0.08, seed=2),
            ("asyncio_session_per_request", 15): around(0.2, seed=3),
        },
        "download_fast",
    )
    cpu = table(
        {ONE_BY_ONE: around(1.0), ("process_pool", 2): around(0.55, seed=1), ("asyncio", 2): around(1.0, seed=2)},
        "squares",
    )
    assert set(answers(slow, fast, cpu).values()) == {"confirmed"}


def test_claims_that_do_not_hold():
    slow = table({ONE_BY_ONE: around(1.5), THREADS: around(1.5, seed=1), ASYNCIO: around(1.5, seed=2)})
    fast = table(
        {
            ONE_BY_ONE: around(0.2),
            THREADS: around(0.08, seed=1),
            ASYNCIO: around(0.05, seed=2),
            ("asyncio_session_per_request", 15): around(0.05, seed=3),
        },
        "download_fast",
    )
    cpu = table(
        {ONE_BY_ONE: around(1.0), ("process_pool", 2): around(1.0, seed=1), ("asyncio", 2): around(0.5, seed=2)},
        "squares",
    )
    assert set(answers(slow, fast, cpu).values()) == {"refuted"}


@pytest.mark.parametrize(("gain", "answer"), [(1.0, "confirmed"), (1.02, "confirmed"), (1.75, "refuted")])
def test_a_gain_far_below_the_cores_is_still_a_gain(gain, answer):
    cpu = table({ONE_BY_ONE: around(1.0), ("asyncio", 8): around(1.0 / gain, seed=1)}, "squares", cores=8)
    assert answers(cpu)["asyncio does not speed up CPU-bound work"] == answer


@pytest.mark.parametrize(("gain", "answer"), [(1.0, "confirmed"), (1.2, "refuted")])
def test_a_table_without_cores_is_held_against_none(gain, answer):
    cpu = table({ONE_BY_ONE: around(1.0), ("asyncio", 8): around(1.0 / gain, seed=1)}, "squares", cores=None)
    assert answers(cpu)["asyncio does not speed up CPU-bound work"] == answer


def test_what_was_not_measured_cannot_be_told():
    found = claims.examine(table({ONE_BY_ONE: around(1.5), ASYNCIO: [*around(0.15, 9), None]}))
    assert set(found["answer"]) == {"cannot tell here"}
    assert found["figures"].ne("").all()


def test_too_noisy_to_tell():
    slow = table({ONE_BY_ONE: around(1.5), THREADS: around(0.2, seed=1, noise=0.3), ASYNCIO: around(0.2, seed=2)})
    found = claims.examine(slow).set_index("claim").loc["I/O-bound and slow: asyncio"]
    assert found["answer"] == "cannot tell here"
    assert found["ratio_low"] < 1 < found["ratio_high"]


@pytest.mark.parametrize("seed", range(3))
def test_figures_say_what_the_table_says(seed):
    slow = table({ONE_BY_ONE: around(1.5, seed=seed), THREADS: around(0.2, seed=seed + 1)})
    row = claims.examine(slow).set_index("claim").loc["threads beat one by one on I/O"]
    effect = Effect(row["ratio"], row["ratio_low"], row["ratio_high"])
    assert row["figures"] == words.as_fast_as("threads with 15 in flight", "one by one", effect)
    assert np.isclose(row["ratio"], 7.5, rtol=0.02)


def test_each_strategy_has_the_workers_that_are_best_for_it():
    times = {
        ONE_BY_ONE: around(1.0),
        ("process_pool", 2): around(0.52, seed=1),
        ("process_pool", 4): around(0.9, seed=2),
    }
    found = claims.examine(table(times, "squares")).set_index("claim")
    row = found.loc["CPU-bound: processes"]
    assert row["answer"] == "confirmed"
    assert row["figures"].startswith("process_pool with 2 workers: 1.9")


def test_on_one_core_nobody_can_tell_what_cores_bring():
    free = {ONE_BY_ONE: around(1.0), ("threads", 2): around(1.03, seed=1), ("interpreter_pool", 2): around(1.0, seed=2)}
    others = {"gil": False, "python": "3.14 free-threading build", "interpreter": "CPython 3.14.2t", "cores": 1}
    with_gil = {ONE_BY_ONE: around(1.0), ("threads", 2): around(1.0, seed=4)}
    found = claims.examine(
        pd.concat([table(with_gil, "squares", cores=1, gil=True), table(free, "squares", **others)])
    ).set_index("claim")
    for claim in claims.OF_INTERPRETERS:
        assert set(found.loc[[claim.text], "answer"]) == {"cannot tell here"}
        assert set(found.loc[[claim.text], "figures"]) <= {"needs two cores"}


def test_who_has_many_rivals_has_wide_intervals():
    """As the quickest of them is picked after looking."""
    rival = {("process_pool", count): around(1.0, seed=count) for count in (2, 4, 6, 8, 10, 12)}
    times = {ONE_BY_ONE: around(1.0), ("threads", 2): around(1.0, seed=1)}
    few, many = (
        claims.examine(table(cells, "squares")).set_index("claim").loc["CPU-bound: processes"]
        for cells in (times | {("process_pool", 2): around(0.5, seed=2)}, times | rival)
    )
    width = [np.log(row["ratio_high"] / row["ratio_low"]) for row in (few, many)]
    assert width[1] > width[0]


def test_one_worker_says_nothing_of_many():
    found = answers(table({ONE_BY_ONE: around(1.0), ("process_pool", 1): around(1.0, seed=1)}, "squares"))
    assert found["CPU-bound: processes"] == "cannot tell here"


def test_a_gain_that_is_not_worth_having_is_no_gain():
    """asyncio gains 3 % beyond doubt."""
    slow = table({ONE_BY_ONE: around(1.5), THREADS: around(0.206, seed=1), ASYNCIO: around(0.2, seed=2)})
    said = {
        worthwhile: claims.examine(slow, worthwhile).set_index("claim").loc["I/O-bound and slow: asyncio"]
        for worthwhile in (0.05, 0.01)
    }
    assert said[0.05]["answer"] == "refuted"
    assert said[0.05]["ratio_low"] > 1
    assert said[0.05]["figures"].endswith("), no difference worth having")
    assert said[0.01]["answer"] == "confirmed"
    assert said[0.01]["figures"].endswith(")")


def test_every_claim_has_figures_of_its_own():
    """A campaign like that of the shipped configuration, under a Python with the GIL and under one without."""
    io = {ONE_BY_ONE: around(1.8), ("threads", 8): around(0.5, seed=1), ASYNCIO: around(0.33, seed=2)}
    fast = {
        ONE_BY_ONE: around(0.044),
        THREADS: around(0.028, seed=1),
        ASYNCIO: around(0.02, seed=2),
        ("asyncio_session_per_request", 15): around(0.021, seed=3),
    }
    cpu = {
        ONE_BY_ONE: around(0.26),
        ("asyncio", 1): around(0.262, seed=1),
        ("threads", 2): around(0.261, seed=2),
        ("process_pool", 2): around(0.155, seed=3),
        ("multiprocessing_pool", 3): around(0.15, seed=4),
    }
    free = {
        ONE_BY_ONE: around(0.3, seed=5),
        ("threads", 2): around(0.15, seed=6),
        ("process_pool", 2): around(0.16, seed=7),
        ("interpreter_pool", 2): around(0.2, seed=8),
    }
    every = [
        table(io),
        table(fast, "download_fast"),
        table(cpu, "squares", gil=True),
        table(free, "squares", gil=False, interpreter="CPython 3.14.2t"),
    ]
    for campaign in (every[:3], every):
        found = claims.examine(pd.concat(campaign))
        figures = found.loc[found["ratio"].notna(), "figures"]
        assert len(figures) >= len(claims.EXAMINED)
        assert figures.is_unique
