"""The fewest workers that are enough: what is recommended, and what is said of more and of fewer."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest
from snakemake.cli import parse_config
from snakemake.utils import update_config

from concurrency.deciding import inference, sentences, tables
from concurrency.deciding.answer import ArmResult, Beside
from concurrency.deciding.inference import Effect
from concurrency.deciding.summary import summarise
from concurrency.deciding.tables import ArmKey
from concurrency.deciding.verdict import verdict
from concurrency.running.settings import resolve
from helpers.campaigns import ONE_BY_ONE, answer, around, table


def asyncio(workers):
    return "asyncio", workers


def sequence(times):
    """A campaign of asyncio with so many seconds for each count of workers, and one by one."""
    found = {ONE_BY_ONE: around(16.0)}
    found |= {asyncio(workers): around(seconds, seed=workers) for workers, seconds in times.items()}
    return found


def test_the_fewest_that_are_enough_are_named_and_what_more_and_fewer_would_bring():
    found = answer(table(sequence({8: 1.75, 16: 1.6, 32: 1.59})))
    assert (found["workers"], found["enough"]) == (16, True)
    assert found["sentence"].startswith("asyncio with 16 in flight: 10.00× as fast as one by one (95 %: 9.9")
    assert found["workers_said"].startswith("More gains nothing worth having; 8 would take 9.")
    assert "cannot be told" not in found["sentence"]
    assert found["fewer"]["longer_low"] < 1.75 / 1.6 < found["fewer"]["longer_high"]
    assert (found["fewer"]["workers"], found["more"]["workers"]) == (8, 32)


def test_a_gain_that_is_shown_but_not_worth_it_is_told():
    found = answer(table(sequence({16: 1.6, 32: 1.55})))
    assert found["workers"] == 16
    assert re.fullmatch(r"32 would take 3\.\d % less \(2\.\d–\d\.\d %\)\.", found["workers_said"])


def test_the_price_in_memory_is_told():
    timings = table(sequence({16: 1.6, 32: 1.55}))
    timings["max_rss_bytes"] = timings["workers"] * 10**7
    timings["cpu_s"] = 1.0
    found = answer(timings)
    assert " %), with 2.00× the memory" in found["sentence"]
    assert (found["more"]["memory"], found["more"]["cpu"]) == (2.0, 1.0)


def test_costs_that_a_table_has_as_nothing_are_not_told():
    timings = table(sequence({16: 1.6, 32: 1.55})).assign(cpu_s=0.0, max_rss_bytes=0)
    assert not {"memory", "cpu"} & set(answer(timings)["more"])


def test_worthwhile_is_the_users_to_say():
    timings = table(sequence({16: 1.6, 32: 1.55}))
    found = verdict(timings, summarise(timings), worthwhile=0.01)["download"]
    assert found["workers"] == 32


def test_fewer_that_are_not_shown_to_be_enough_are_not_named():
    times = {
        ONE_BY_ONE: around(16.0),
        asyncio(16): around(1.75, noise=0.1, seed=3),
        asyncio(32): around(1.6, noise=0.1),
    }
    found = answer(table(times))
    assert (found["enough"], found["workers"]) == (False, 32)  # the fastest
    assert found["sentence"].count("could not be shown to be enough") == 1


@pytest.mark.parametrize("ratio", [1.3, 0.99])
def test_fewer_whose_time_cannot_be_told_from_its_are_not_said_to_take_longer(ratio):
    """Whether or not they may be the fastest: such an interval has no bound to print."""
    assert sentences._what_fewer_cost(Beside(found(8), Effect(ratio, 0.9, 3.0), 1.0, 1.0)) == (
        "8 could not be shown to be enough"
    )


def found(workers):
    """An arm that is not among the best."""
    key = ArmKey("asyncio", workers, "", "CPython 3.13")
    return ArmResult(key, 10, 0, False, 1.0, 1.0, 1.0, inference.UNKNOWN, inference.UNKNOWN, "")


def test_more_that_takes_longer_gains_nothing_at_all():
    assert answer(table(sequence({16: 1.6, 32: 1.8})))["workers_said"] == "More gains nothing."


def test_one_by_one_is_enough_where_nothing_is_worth_it():
    found = answer(table({ONE_BY_ONE: around(1.5), asyncio(15): around(1.46, seed=1)}))
    assert found["strategy"] == "sequential"
    assert found["sentence"].startswith("One by one is enough. Less than 5 % is gained by asyncio with 15 in flight.")


def screened(times, tried, items=15, **more):
    """`sequence`, after a screening in which so many workers were `tried`."""
    rows = table(sequence(times))
    before = table({asyncio(workers): [1.0] for workers in tried}).assign(screening=True)
    both = tables.as_timings(pd.concat([before, rows])).assign(items=items)
    return verdict(both, summarise(both), **more)["download"]


def test_where_the_best_is_the_most_that_was_tried_the_next_command_is_offered():
    found = screened({128: 2.0, 256: 1.0}, [1, 128, 256], items=1000)
    assert found["at_end"]
    assert found["sentence"].endswith(
        "More were not tried; to try them, give --config this, too: "
        "'download={strategies: [sequential, {asyncio: {workers: [256, 512]}}]}'."
    )
    assert not screened({8: 1.0, 256: 1.0}, [1, 8, 256], items=1000)["at_end"]


def test_more_that_were_given_beside_are_more():
    assert not screened({8: 1.0, 16: 1.0}, [1, 4, 8], items=1000)["at_end"]


def test_tables_without_the_newer_columns_get_an_answer():
    timings = table(sequence({8: 2.0, 15: 1.0}))[list(tables.NEEDED)].assign(host="there")
    assert answer(tables.as_timings(timings))["workers"] == 15


@pytest.mark.parametrize(
    ("work", "options", "items", "cut"),
    [
        ("download", "", 1000, []), ("squares", "chunksize=2", 1000, []), ("photos", "", 1000, []),
        ("download", "", 256, ["download"]), ("photos", "", 256, ["photos"]),
    ],
)  # fmt: skip
def test_the_offered_command_is_one(work, options, items, cut, tmp_path):
    """What is printed goes through a shell, Snakemake's parser and the checks of the configuration."""
    strategy = "process_pool" if options else "threads"
    times = {(strategy, 128): around(2.0, seed=1), (strategy, 256): around(1.0, seed=2)}
    rows = table(times, work, options=options)
    before = table({arm: [1.0] for arm in times}, work, options=options).assign(screening=True)
    both = tables.as_timings(pd.concat([before, table({ONE_BY_ONE: around(16.0)}, work), rows])).assign(items=items)
    sentence = verdict(both, summarise(both), cut=cut)[work]["sentence"]
    arguments = shlex.split(re.search(r"--config this, too: ('.*'|[^ ]*[^ .])", sentence).group(1))
    (tmp_path / "own.py").write_text("def f(n):\n    return n\n")
    config = {"works": {"photos": {"items": {"start": 1, "count": 1000}, "function": f"{tmp_path}/own.py:f"}}}
    update_config(config, parse_config(arguments))
    settings = resolve(config)
    if cut:
        assert settings.compared(work)[0].workload.measure_items == 512 or work == "download"
    else:
        [*_, arm] = settings.works[work].arms
        assert (arm.strategy, arm.workers, arm.options_text) == (strategy, 512, options)


def test_where_all_items_are_at_work_it_says_so():
    found = screened({8: 2.0, 15: 1.0}, [1, 8, 15])
    assert found["sentence"].endswith("15 are as many as there are items.")
    found = screened({8: 2.0, 15: 1.0}, [1, 8, 15], cut=["download"])
    assert found["sentence"].endswith(
        "15 are one for each item measured; to try more, give --config this, too: measure_items=30."
    )


def test_counts_that_were_given_have_an_end_where_each_gained_and_there_are_more_items():
    given = table(sequence({8: 2.0, 15: 1.0}))
    assert not answer(given)["at_end"]
    assert answer(given.assign(items=100))["at_end"]
    assert not answer(table(sequence({8: 2.0, 15: 2.0})).assign(items=100))["at_end"]


def test_what_screened_counts_for_nothing():
    rounds = table(sequence({8: 2.0, 15: 1.0}))
    before = table({asyncio(15): [9.0, None], ("threads", 15): [0.001]}).assign(screening=True)
    both = tables.as_timings(pd.concat([before, rounds]))
    pd.testing.assert_frame_equal(summarise(both), summarise(rounds))
    found, without = answer(both), answer(rounds)
    assert found.pop("at_end")
    assert found.pop("sentence").startswith(without.pop("sentence"))
    assert found.pop("workers_said").startswith(without.pop("workers_said"))
    assert found.pop("warnings") == ["No finalists: threads."]
    assert not without.pop("warnings")
    assert not without.pop("at_end")
    assert found == without


def test_a_strategy_that_failed_wherever_it_was_tried_is_out_of_the_running():
    before = table({("threads", 1): [None], ("threads", 2): [None]}).assign(screening=True)
    both = tables.as_timings(pd.concat([before, table(sequence({15: 1.0}))]))
    assert (
        "Out of the running: threads failed wherever it was tried "
        "(put right, snakemake --forcerun screen tries it again)."
    ) in answer(both)["sentence"]


def test_what_failed_once_and_was_measured_since_is_in_the_running():
    before = table({ONE_BY_ONE: [None], asyncio(4): [None]}).assign(screening=True)
    both = tables.as_timings(pd.concat([before, table(sequence({15: 1.0}))]))
    assert "Out of the running" not in answer(both)["sentence"]


def test_who_is_no_finalist_is_named():
    before = table({("threads", 1): [1.0], ("threads", 2): [None]}).assign(screening=True)
    both = tables.as_timings(pd.concat([before, table(sequence({15: 1.0}))]))
    assert answer(both)["sentence"].endswith("No finalists: threads.")


@pytest.mark.parametrize("how", ["paired", "moderated", "trimmed"])
def test_enough_is_a_test_of_equivalence(how):
    rng = np.random.default_rng(7)
    noise = rng.normal(0, 0.01, (300, 20, 3))
    alike = inference.enough(noise, how, 0.05)
    assert alike.mean() > 0.99
    at_the_bound = inference.enough(noise + np.log([1, 1, 1.05]), how, 0.05)
    assert at_the_bound[:, 2].mean() < 0.05
    noisy = inference.enough(10 * noise, how, 0.05)
    assert noisy.mean() < 0.2  # "cannot be told apart" is not "equal"
