"""The rule of thumb put to the test: where the truth is known, an answer."""

import numpy as np
import pandas as pd
import pytest

from concurrency.deciding import claims, words
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


def test_what_was_not_measured_cannot_be_told():
    found = claims.examine(table({ONE_BY_ONE: around(1.5), ASYNCIO: [*around(0.15, 9), None]}))
    assert set(found["answer"]) == {"cannot tell here"}
    assert found["figures"].ne("").all()


def test_too_noisy_to_tell():
    slow = table({ONE_BY_ONE: around(1.5), THREADS: around(0.2, seed=1, noise=0.3), ASYNCIO: around(0.2, seed=2)})
    found = claims.examine(slow).set_index("claim").loc["asyncio beats threads when there is much I/O"]
    assert found["answer"] == "cannot tell here"
    assert found["ratio_low"] < 1 < found["ratio_high"]


@pytest.mark.parametrize("seed", range(3))
def test_figures_say_what_the_table_says(seed):
    slow = table({ONE_BY_ONE: around(1.5, seed=seed), THREADS: around(0.2, seed=seed + 1)})
    row = claims.examine(slow).set_index("claim").loc["threads beat one by one on I/O"]
    assert row["figures"].startswith(f"threads with 15 in flight: {words.number(row['ratio'])}× as fast as one by one")
    assert np.isclose(row["ratio"], 7.5, rtol=0.02)


def test_each_strategy_has_the_workers_that_are_best_for_it():
    times = {
        ONE_BY_ONE: around(1.0),
        ("process_pool", 2): around(0.52, seed=1),
        ("process_pool", 4): around(0.9, seed=2),
    }
    found = claims.examine(table(times, "squares")).set_index("claim")
    row = found.loc["processes speed up CPU-bound work by about the cores"]
    assert row["answer"] == "confirmed"
    assert row["figures"].startswith("process_pool with 2 workers: 1.9")


def test_one_worker_says_nothing_of_many():
    found = answers(table({ONE_BY_ONE: around(1.0), ("process_pool", 1): around(1.0, seed=1)}, "squares"))
    assert found["processes speed up CPU-bound work by about the cores"] == "cannot tell here"
