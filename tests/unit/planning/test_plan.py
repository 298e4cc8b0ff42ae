"""What is said before a run: what it measures, how often it calls a user's function, and how many at once."""

import re

from concurrency.planning import plan
from concurrency.running.settings import resolve

OFF = {"download": {"sites": []}, "squares": {"numbers": []}}


def described(config, rounds, jobs=None, cores=2):
    return plan.describe(rounds, resolve(config), cores, jobs or {})


def test_given_counts_are_told_exactly():
    squares = {"numbers": [1000], "strategies": ["sequential", {"threads": {"workers": [1, 2]}}]}
    said = described(OFF | {"squares": squares}, {"squares": 3})
    assert re.fullmatch(r"Measuring 3 × squares: 12 samples, about \d+ s\.", said)


def test_what_is_to_be_found_is_told_about():
    squares = {"numbers": [1000], "strategies": ["sequential", "threads"]}
    said = described(OFF | {"squares": squares}, {"squares": 3}, {("squares", "screen"): 1})
    assert said.startswith("Looking for how many workers squares may need, then measuring 3 × squares: about ")
    again = described(OFF | {"squares": squares}, {"squares": 3})
    assert again.startswith("Measuring 3 × squares: about ")


def test_how_often_and_how_many_at_once_a_users_function_is_called(tmp_path):
    (tmp_path / "own.py").write_text("def f(n):\n    return n\n")
    work = {"items": {"start": 1, "count": 500}, "function": f"{tmp_path}/own.py:f", "strategies": ["threads"]}
    jobs = {("w", "screen"): 1, ("w", "measure"): 2, ("w", "do"): 1}
    said = described(OFF | {"works": {"w": work}}, {"w": 2}, jobs)
    assert re.search(r"Your function is called about [\d,]+ times for w, up to 100 at once", said)
    given = work | {"strategies": [{"threads": {"workers": 4}}]}
    said = described(OFF | {"works": {"w": given}}, {"w": 2}, {("w", "measure"): 2, ("w", "do"): 1})
    assert "is called 1,100 times for w, up to 4 at once (works.w.source: profile would measure a stand-in)" in said
    said = described(OFF | {"works": {"w": given}}, {"w": 2}, {("w", "measure"): 2, ("w", "rehearse"): 1})
    assert "is called 602 times for w" in said
