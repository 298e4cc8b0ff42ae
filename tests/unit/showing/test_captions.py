"""What is said of costs and how to do it again, where a table has not all of it."""

import pandas as pd
import pytest

from concurrency.deciding.summary import summarise
from concurrency.showing.captions import costs
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


@pytest.mark.parametrize(("cores", "given"), [(4, "4"), (pd.NA, "all")])
def test_the_command_that_does_it_again_has_the_cores_if_they_are_known(cores, given):
    assert _again({}, cores) == f"snakemake --cores {given}"
    own = {"items": "a b", "function": "work.py:f"}
    assert _again(own, cores) == f"snakemake --cores {given} --config function=work.py:f items='a b'"
