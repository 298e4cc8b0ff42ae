"""Sentences on answers that are made by hand: whatever was decided, it is said, and nothing is computed."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrency.deciding import sentences, words
from concurrency.deciding.answer import Answer, ArmResult
from concurrency.deciding.inference import UNKNOWN, Effect
from concurrency.deciding.noise import Noise
from concurrency.deciding.tables import ArmKey


def result(strategy, workers=1, interpreter="A", **more):
    known = {"rounds": 10, "failed": 0, "best": False, "median_s": 1.5, "cpu_s": 1.0, "max_rss_bytes": 1e8, "flags": ""}
    effects = {"speedup": UNKNOWN, "versus_sequential": UNKNOWN}
    return ArmResult(ArmKey(strategy, workers, "", interpreter), **(known | effects | more))


ONE_BY_ONE, THREADS = result("sequential"), result("threads", 2, best=True)
ANSWER = Answer(
    workload="squares", host="here", rounds=10, warm_up=0, form="paired", arms=(THREADS, ONE_BY_ONE), mixed=False,
    noise=Noise("quiet", [], ""), control=UNKNOWN, recommended=THREADS, speedup=Effect(1.5, 1.25, 1.75),
)  # fmt: skip


def test_a_work_on_one_line_is_told_whole():
    given = {"items": [1], "function": "w.py:f", "timeout_s": 3600, "bound": "io", "strategies": [], "rounds": 3}
    line = "snakemake job --config function=w.py:f items='[1]' bound=io timeout_s=3600 strategies='[]' job=recommended"
    assert words.doing_the_job("f", given | {"job": "threads"}) == line


def test_the_numbers_are_those_of_the_answer():
    assert sentences.said(ANSWER).whole == "threads with 2 workers: 1.5× as fast as one by one (95 %: 1.2–1.8)."


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0000123456, "0.0000123"), (0.00012, "0.000120"), (0.01, "0.0100"), (1.5, "1.50"), (9.996, "10.0"),
        (123.4, "123"), (999.6, "1,000"), (12_345.6, "12,346"), (0.0, "0.00"),
    ],
)  # fmt: skip
def test_a_number_has_three_digits_and_no_power_of_ten(value, written):
    assert words.number(value) == written


@pytest.mark.parametrize(
    ("effect", "written"),
    [
        ((8.247, 8.1, 8.4), "8.2× (8.1–8.4)"),
        ((5.2949, 5.2643, 5.3257), "5.29× (5.26–5.33)"),
        ((1.913, 1.9127, 1.9133), "1.913× (1.913–1.913)"),  # no more than four digits
        ((1.9134, 1.9133, 1.9143), "1.9134× (1.9133–1.9143)"),  # but where a bound alone would be written alike
        ((2.1367, 1.9915, 2.2925), "2.1× (2.0–2.3)"),
        ((0.726, 0.611, 0.863), "0.73× (0.61–0.86)"),
        ((1.2, 1.04, 1.38), "1.20× (1.04–1.38)"),  # 1.0 would say that it may gain nothing
        ((9.99, 9.97, 10.02), "9.99× (9.97–10.02)"),
        ((123.4, 100.2, 150.3), "123× (100–150)"),
        ((1234.5, 1200.0, 1270.0), "1,234× (1,200–1,270)"),
        ((1.0, 1.0, 1.0), "1.000× (1.000–1.000)"),
        ((10.0, math.nan, math.nan), "10.0×"),
    ],
)
def test_an_estimate_has_the_digits_that_its_interval_supports(effect, written):
    assert words.with_interval(Effect(*effect)) == written


@pytest.mark.parametrize(
    ("shares", "written"),
    [
        ((0.1035, 0.0938, 0.1132), "10.3 % longer (9.4–11.3 %)"),
        ((0.028, 0.012, 0.044), "3 % longer (1–4 %)"),
        ((0.031, 0.003, 0.06), "3.1 % longer (0.3–6.0 %)"),  # 0 would say that it may take no longer
        ((0.02, 0.0, 0.05), "2 % longer (0–5 %)"),
        ((0.5, 0.45, 0.56), "50 % longer (45–56 %)"),
    ],
)
def test_so_has_a_share(shares, written):
    assert words.percents(Effect(*shares), "longer") == written


@given(st.floats(1e-3, 1e5), st.floats(1e-6, 3), st.floats(0.05, 0.95))
def test_no_estimate_is_written_at_a_bound(ratio, width, place):
    """Unless all three are alike."""
    effect = Effect(ratio, ratio * math.exp(-width * place), ratio * math.exp(width * (1 - place)))
    ratio, low, high = (float(text.replace(",", "")) for text in words.in_digits(effect))
    assert low == ratio == high or low < ratio < high


def test_everything_that_is_to_be_said_stands_in_its_order():
    flagged = replace(THREADS, flags="too good")
    failed = result("asyncio", failed=1, rounds=9)
    noise = Noise("noisy", ["it swapped"], "Buy memory.")
    answer = replace(ANSWER, arms=(flagged, failed, ONE_BY_ONE), recommended=flagged, warm_up=1, noise=noise)
    assert sentences.said(answer).whole.partition(" Beware")[2] == (
        ": too good. Out of the running: asyncio with 1 worker failed in 1 of 10 rounds. The first round was a warm-up "
        "and counts for nothing. The machine was noisy (it swapped). Buy memory."
    )


@pytest.mark.parametrize(("where", "own"), [("B", ", 1.5× (1.2–1.8) as fast as its own"), ("A", "")])
def test_interpreters_are_named_where_there_are_several(where, own):
    answer = replace(
        ANSWER, arms=(*ANSWER.arms, result("sequential", interpreter="B")), versus_sequential=Effect(1.2, 1.1, 1.3),
        sequential_interpreter=where,
    )  # fmt: skip
    assert sentences.said(answer).whole == (
        f"threads with 2 workers on A: 1.2× as fast as the fastest one by one, on {where} (95 %: 1.1–1.3){own}."
    )


def test_hosts_are_said_one_after_the_other():
    assert sentences.over_hosts({"a": "Yes.", "b": "No."}) == "On a: Yes. On b: No."
