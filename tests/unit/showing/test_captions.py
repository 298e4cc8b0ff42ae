"""What is said of costs and how to do it again, where a table has not all of it."""

import re

import pandas as pd
import pytest

from concurrency.deciding.scaling import fit
from concurrency.deciding.summary import summarise
from concurrency.showing.captions import costs, how_many_workers
from concurrency.showing.report import _again
from helpers.campaigns import COSTS, ONE_BY_ONE, THREADS, around, table

MEMORY, CPU = "All: 10 MiB of memory", "All: 1.00 s of CPU time"


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ([], f"{MEMORY}. {CPU}."),
        (["cpu_s"], f"{MEMORY}."),
        (["max_rss_bytes"], f"{CPU}."),
        (["cpu_s", "max_rss_bytes"], "What it costs is not known."),
    ],
)
def test_costs_that_a_table_lacks_are_not_told(missing, said):
    timings = table({ONE_BY_ONE: around(1.0), THREADS: around(0.5)}, **(COSTS | dict.fromkeys(missing)))
    assert costs(summarise(timings)) == said


def test_costs_that_only_some_have_are_told_of_those():
    timings = table({ONE_BY_ONE: around(1.0), THREADS: around(0.5)}, **COSTS)
    timings.loc[timings["strategy"] == "threads", "cpu_s"] = None
    assert costs(summarise(timings)) == f"{MEMORY}. {CPU}."


def test_several_hosts_are_told_one_by_one():
    here = table({ONE_BY_ONE: around(1.0), THREADS: around(0.1)}, host="zebra", **COSTS)
    there = table({ONE_BY_ONE: around(1.0), THREADS: around(0.5)}, host="alpha", **(COSTS | {"cpu_s": 2.0}))
    timings = pd.concat([here, there])
    arms, laws = summarise(timings), fit(timings)
    said = how_many_workers(arms, laws)
    assert re.search(r"On alpha: .*threads with 15 in flight, 2\.0.*On zebra: .*threads with 15 in flight, 10\.0", said)
    assert costs(arms) == f"On alpha: {MEMORY}. All: 2.00 s of CPU time. On zebra: {MEMORY}. {CPU}."


def test_a_single_round_has_no_bounds():
    timings = pd.concat([table({ONE_BY_ONE: [1.0], THREADS: [0.1]}, interpreter=name) for name in ("3.13", "3.14")])
    assert "–)" not in how_many_workers(summarise(timings), fit(timings))


@pytest.mark.parametrize(("cores", "given"), [(4, "4"), (pd.NA, "all")])
def test_the_command_that_does_it_again_has_the_cores_if_they_are_known(cores, given):
    assert _again({}, cores) == f"snakemake --cores {given}"
    own = {"items": "a b", "function": "work.py:f"}
    assert _again(own, cores) == f"snakemake --cores {given} --config function=work.py:f items='a b'"
