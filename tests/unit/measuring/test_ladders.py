"""Ladders: which counts of workers are tried, when a ladder ends, and what it names."""

import math
import random

import pytest

from concurrency.measuring.arms import Arm
from concurrency.measuring.ladders import Ladder, climb, finalists

RUNGS = (1, 2, 4, 8, 16, 32)


def screen(seconds, rungs=RUNGS, rounds=3, seed=1):
    """Climb the ladders of the strategies in `seconds`, which takes their workers to what these take; what was tried,
    round by round, and the ladders at the end."""
    ladders = [Ladder(Arm(name), rungs) for name in seconds]
    chance, tried = random.Random(seed), []
    for number in range(1, rounds + 1):
        tried.append([])
        for ladder, workers in climb(ladders, number == 1, number == rounds, chance):
            ladder.add(workers, seconds[ladder.arm.strategy](workers))
            tried[-1].append((ladder.arm.strategy, workers))
    return tried, ladders


def found(ladders, most=6):
    return [(arm.strategy, arm.workers) for arm in finalists(ladders, most)][::-1]


def slots(k, items=64):
    """What a server takes that works on k requests at once."""
    return lambda workers: items / min(workers, k)


@pytest.mark.parametrize("k", [1, 3, 4, 8, 20])
def test_the_slots_of_a_server_are_found_within_a_rung(k):
    _, [ladder] = screen({"asyncio": slots(k)})
    counts = [workers for _, workers in found([ladder])]
    assert k <= counts[0] <= max(2, 1.5 * k)  # for one worker stands one by one
    assert all(workers in ladder.times for workers in counts)


def test_a_ladder_ends_when_two_rungs_bring_nothing():
    tried, _ = screen({"threads": lambda workers: 1.0 + 0.02 * workers}, rounds=1)
    assert [workers for _, workers in tried[0]] == [1, 2, 4, 3]  # the last is a midpoint
    tried, _ = screen({"asyncio": slots(4)}, rounds=1)
    assert [workers for _, workers in tried[0]][:5] == [1, 2, 4, 8, 16]


def test_one_that_always_gains_is_climbed_to_its_top():
    tried, [ladder] = screen({"asyncio": lambda workers: 1 / workers})
    assert [workers for _, workers in tried[0]] == [*RUNGS]
    assert found([ladder]) == [("asyncio", 32), ("asyncio", 23)]  # and the midpoint below it


def test_further_rounds_try_only_what_may_still_win_and_the_last_one_the_midpoints():
    seconds = {"asyncio": slots(8), "threads": lambda workers: 1.1 * slots(8)(workers), "slow": lambda workers: 100.0}
    tried, _ = screen(seconds)
    assert {name for name, _ in tried[1]} == {"asyncio", "threads"}
    assert min(workers for _, workers in tried[1]) == 8
    assert ("asyncio", 6) in tried[2]
    assert ("asyncio", 11) in tried[2]
    assert not any(workers in (6, 11) for _, workers in tried[0] + tried[1])


def test_the_same_seed_gives_the_same_order():
    seconds = {"asyncio": slots(8), "threads": slots(4), "process_pool": slots(2)}
    assert screen(seconds, seed=3)[0] == screen(seconds, seed=3)[0]
    assert screen(seconds, seed=3)[0] != screen(seconds, seed=4)[0]


def test_a_rung_that_fails_is_tried_once():
    hangs = lambda workers: math.inf if workers > 4 else 8 / workers  # noqa: E731
    tried, [ladder] = screen({"threads": hangs})
    counts = [workers for a_round in tried for _, workers in a_round]
    assert counts.count(8) == 1
    assert counts.count(16) == 1
    assert 32 not in counts
    assert found([ladder]) == [("threads", 4), ("threads", 3)]


def test_a_strategy_of_which_every_rung_fails_is_no_finalist_and_does_not_cost_more_than_two():
    tried, ladders = screen({"broken": lambda workers: math.inf, "asyncio": slots(4)})
    assert [step for a_round in tried for step in a_round if step[0] == "broken"] == [("broken", 1), ("broken", 2)]
    assert {name for name, _ in found(ladders)} == {"asyncio"}
    tried, ladders = screen({"broken": lambda workers: math.inf})
    assert found(ladders) == []
    assert tried[1:] == [[], []]


def test_a_ladder_of_one_rung():
    tried, [ladder] = screen({"asyncio": lambda workers: 1.0}, rungs=(1,))
    assert tried == [[("asyncio", 1)]] * 3
    assert found([ladder]) == [("asyncio", 1)]


def test_finalists_are_the_best_and_what_stands_beside_it_and_the_best_of_others():
    seconds = {"asyncio": slots(8), "threads": lambda workers: 1.1 * slots(8)(workers), "slow": lambda workers: 100.0}
    _, ladders = screen(seconds)
    assert found(ladders) == [
        ("asyncio", 8), ("asyncio", 11), ("asyncio", 6), ("threads", 8), ("slow", 2), ("threads", 11),
    ]  # fmt: skip
    assert found(ladders, 3) == [("asyncio", 8), ("asyncio", 11), ("asyncio", 6)]


def test_the_fastest_is_a_finalist_even_where_fewer_are_about_as_fast():
    seconds = {1: 10.0, 2: 5.0, 4: 3.0, 6: 2.5, 8: 2.06, 16: 2.0, 32: 2.2}
    _, [ladder] = screen({"asyncio": lambda workers: seconds.get(workers, 2.05)})
    assert found([ladder])[:2] == [("asyncio", 8), ("asyncio", 16)]


def test_interpreters_are_screened_beside_each_other_and_each_has_its_own_finalists():
    ladders = [Ladder(Arm("threads", interpreter=name), RUNGS) for name in ("with", "without")]
    chance = random.Random(1)
    for number in (1, 2):
        for ladder, workers in climb(ladders, number == 1, number == 2, chance):
            ladder.add(workers, 10.0 if ladder.arm.interpreter == "with" else 1 / workers)
    arms = finalists(ladders, 2)
    assert sorted((arm.interpreter, arm.workers) for arm in arms) == [
        ("with", 2),
        ("with", 3),
        ("without", 23),
        ("without", 32),
    ]


def test_random_worlds_are_screened_without_end_or_repetition():
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for _ in range(200):
        noise = lambda workers: chance.choice([math.inf, 1, 1, 1]) * chance.uniform(0.5, 2) / min(workers, 5)  # noqa: E731
        tried, ladders = screen({"a": noise, "b": noise}, rounds=chance.randint(1, 4))
        for a_round in tried:
            assert len(set(a_round)) == len(a_round)
        named = found(ladders)
        assert len(set(named)) == len(named) <= 6
