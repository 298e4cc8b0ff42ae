"""The order within rounds: random, balanced, and a matter of seed, workload and round alone."""

from collections import Counter
from itertools import pairwise

import pytest

from concurrency.measuring.arms import Arm, for_rule_of_thumb, in_order, with_control


@pytest.mark.parametrize("count", range(1, 10))
def test_every_arm_follows_every_other_equally_often_over_a_cycle(count):
    arms = [Arm("asyncio", n) for n in range(1, count + 1)]
    cycle = 10 if count == 2 else count if count % 2 == 0 else 2 * count
    rounds = [in_order(arms, 7, "download", number) for number in range(cycle + 1, 2 * cycle + 1)]
    assert all(sorted(arm.workers for arm in order) == list(range(1, count + 1)) for order in rounds)
    following = Counter((first.workers, second.workers) for order in rounds for first, second in pairwise(order))
    assert len(following) == count * (count - 1)
    assert len(set(following.values())) <= 1
    places = Counter((place, arm.workers) for order in rounds for place, arm in enumerate(order))
    assert set(places.values()) == {cycle // count}


def test_the_order_depends_on_seed_workload_and_round_alone():
    arms = [Arm("threads", n) for n in range(1, 9)]
    here = [in_order(arms, 1, "download", number) for number in range(1, 30)]
    assert here == [in_order(arms, 1, "download", number) for number in range(1, 30)]
    assert here != [in_order(arms, 2, "download", number) for number in range(1, 30)]
    assert here != [in_order(arms, 1, "squares", number) for number in range(1, 30)]
    assert len({tuple(arm.workers for arm in order) for order in here}) > 20


def test_the_control_is_a_duplicate_of_an_arm():
    arms = [Arm("sequential"), Arm("asyncio", 4)]
    assert with_control(arms) == [*arms, Arm("asyncio", 4, control=True)]
    assert with_control([]) == []


def test_the_rule_of_thumb_is_tested_with_as_much_in_flight_as_anything():
    chosen = for_rule_of_thumb([Arm("sequential"), Arm("asyncio", 4), Arm("asyncio", 15)])
    assert [(arm.strategy, arm.workers) for arm in chosen][:3] == [("sequential", 1), ("threads", 15), ("asyncio", 15)]
    assert for_rule_of_thumb([Arm("sequential")]) == []
