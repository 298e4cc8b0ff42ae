"""The ladders of worker counts: what is worth trying, on any machine."""

import pytest

from concurrency.errors import UserError
from concurrency.measuring.arms import AUTO, Arm, expand, for_rule_of_thumb, resolved, rungs
from concurrency.measuring.comparison import Comparison, Finalists, with_finalists
from helpers.workloads import strategies, workload


def ladder(name, strategy, cores, items, **own):
    return rungs(workload(name, items, **own), strategies(name)[strategy], cores)


@pytest.mark.parametrize(
    ("cores", "expected"),
    [
        (1, [1, 2]),
        (2, [1, 2, 4]),
        (3, [1, 2, 3, 4, 6]),
        (6, [1, 2, 4, 6, 8, 12]),
        (64, [1, 2, 4, 8, 16, 32, 64, 128]),
        (96, [1, 2, 4, 8, 16, 32, 64, 96, 128, 192]),
    ],
)
def test_computing_goes_up_to_twice_the_cores(cores, expected):
    assert ladder("squares", "process_pool", cores, [1000] * 20) == expected
    assert ladder("squares", "asyncio", cores, [1000] * 20) == [1]  # its tasks come one after the other
    assert ladder("squares", "sequential", cores, [1000] * 20) == [1]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (1, [1]),
        (2, [1, 2]),
        (15, [1, 2, 4, 8, 15]),
        (100, [1, 2, 4, 8, 16, 32, 64, 100]),
        (1000, [1, 2, 4, 8, 16, 32, 64, 128, 256]),
    ],
)
def test_waiting_goes_up_to_the_items_whatever_the_cores(items, expected):
    urls = [f"http://a.test/{i}" for i in range(items)]
    for strategy in ("asyncio", "threads", "processes_asyncio"):
        assert set(expected) <= set(ladder("download", strategy, 3, urls)) <= {*expected, 3}


def test_processes_that_wait_are_not_started_by_the_hundred():
    urls = [f"http://a.test/{i}" for i in range(1000)]
    assert max(ladder("download", "process_pool", 2, urls)) == 32
    assert max(ladder("download", "process_pool", 64, urls)) == 128


def test_nobody_knows_what_a_users_function_does_so_it_may_wait():
    items = list(range(100))
    assert max(ladder("w", "threads", 2, items, function="a.py:f")) == 100
    assert max(ladder("w", "process_pool", 2, items, function="a.py:f")) == 32
    assert max(ladder("w", "threads", 2, items, function="a.py:f", bound="cpu")) == 4


def test_what_has_no_count_is_to_be_found():
    squares = workload("squares", [1, 2])
    found = expand(squares, ["asyncio", "threads", {"process_pool": {"workers": ["auto", "cores", 3]}}], "here")
    assert [(arm.strategy, arm.workers) for arm in found] == [
        ("sequential", 1), ("asyncio", AUTO), ("threads", AUTO), ("process_pool", AUTO), ("process_pool", "cores"),
        ("process_pool", 3),
    ]  # fmt: skip
    found = expand(squares, [{"asyncio": {"workers": "auto"}}, {"threads": {"workers": 2}}], "here")
    assert [arm.workers for arm in found] == [1, 1, 2]  # nothing is to be found
    with pytest.raises(UserError, match=r"^here: threads: workers: must be a whole number of at least 1, `cores` or"):
        expand(squares, [{"threads": {"workers": "many"}}], "here")


def test_the_rule_of_thumb_follows_what_is_found():
    fast = for_rule_of_thumb([Arm("sequential"), Arm("asyncio", AUTO)])
    assert [arm.workers for arm in resolved(fast, 2, most=12)] == [1, 12, 12, 12]


def test_finalists_take_the_place_of_what_was_to_be_found(tmp_path):
    file = tmp_path / "finalists.json"
    arms = [Arm("sequential"), Arm("threads", 3, {"a": 1}, interpreter="P", executable="/p")]
    Finalists(2, {"squares": arms}).write(file)
    compared = [Comparison("Squares", {"source": [5]}, [Arm("sequential"), Arm("threads", AUTO)]).plain()]
    [comparison] = with_finalists(compared, str(file), 2)
    assert comparison.arms == arms
    with pytest.raises(
        UserError, match=r"^squares: how many workers .* found on 2 cores, and here are 8; give --cores 2"
    ):
        with_finalists(compared, str(file), 8)
    downloads = Comparison("Download", {"source": ["http://a.test/"]}, [Arm("sequential")]).plain()
    Finalists(2, {"download": arms}).write(file)
    assert with_finalists([downloads], str(file), 8)[0].arms == arms  # which do not depend on the cores
