"""Several interpreters: which Python and which strategy, in one sentence, in the summary and in the claims."""

import json
import re

import pytest

from concurrency.deciding import claims
from concurrency.deciding.summary import summarise
from helpers.campaigns import FREE, GIL, ONE_BY_ONE, TWO_THREADS, answer, around, table, two_pythons


def test_which_python_and_which_strategy_in_one_sentence():
    told = answer(two_pythons(), "squares")
    assert (told["strategy"], told["interpreter"], told["sequential_interpreter"]) == ("threads", FREE, GIL)
    assert told["sentence"].startswith(f"threads with 2 workers on {FREE}: 1.7")
    assert f"× as fast as the fastest one by one, on {GIL} (95 %: 1.7" in told["sentence"]
    assert re.fullmatch(r".*, 1\.9\d× \(1\.9\d–1\.9\d\) as fast as its own\.", told["answer"])
    assert told["why"]["sentence"].startswith(f"One by one on {FREE}, ")
    assert told["versus_sequential"] == pytest.approx(1 / 0.56, rel=0.02)
    assert told["speedup"] == pytest.approx(1.1 / 0.56, rel=0.02)
    json.dumps(told, allow_nan=False)


def test_both_speed_ups_are_in_the_summary():
    rows = summarise(two_pythons()).set_index(["interpreter", "strategy"])
    assert rows.loc[(FREE, "threads"), "speedup"] == pytest.approx(1.96, rel=0.02)
    assert rows.loc[(FREE, "sequential"), "versus_sequential"] == pytest.approx(1 / 1.1, rel=0.02)
    assert rows.loc[(FREE, "sequential"), "versus_sequential_high"] < 1
    assert rows.loc[(GIL, "sequential"), "versus_sequential"] == 1
    assert rows.index[0] == (FREE, "threads")
    alone = summarise(table({ONE_BY_ONE: around(1.0), TWO_THREADS: around(0.5)}, "squares"))
    assert alone["versus_sequential"].isna().all()


@pytest.mark.parametrize("rounds", [1, 3])
def test_few_rounds_say_who_is_ahead(rounds):
    timings = two_pythons()
    told = answer(timings[timings["round"] <= rounds], "squares")
    assert f"so far threads with 2 workers on {FREE} is ahead, 1.7" in told["sentence"]
    assert told["sentence"].endswith("× as fast as the fastest one by one.")


def test_an_interpreter_without_its_one_by_one_is_compared_all_the_same():
    timings = two_pythons()
    timings.loc[(timings["interpreter"] == FREE) & (timings["strategy"] == "sequential"), "error"] = "it died"
    told = answer(timings, "squares")
    assert (told["interpreter"], told["speedup"]) == (FREE, None)
    assert told["versus_sequential"] == pytest.approx(1 / 0.56, rel=0.02)
    assert f"one by one on {FREE} failed in 10 of 10 rounds" in told["sentence"]


def test_claims_are_tested_on_each_interpreter():
    told = claims.examine(two_pythons())
    answers = {row.claim: (row.answer, row.figures) for row in told.itertuples()}
    held, figures = answers["with the GIL, threads do not speed up computing"]
    assert held == "confirmed"
    assert figures.startswith(f"threads with 2 workers on {GIL}: 0.98")
    held, figures = answers["without the GIL, threads speed up computing by about the cores"]
    assert held == "confirmed"
    assert figures.startswith(f"threads with 2 workers on {FREE}: 1.9")
    assert answers["subinterpreters speed up computing by about the cores"][0] == "refuted"  # 1.43 is far from 2
    alone = claims.examine(table({ONE_BY_ONE: around(1.0), TWO_THREADS: around(0.5)}, "squares"))
    assert len(alone) == len(claims.EXAMINED)
