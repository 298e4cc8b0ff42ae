"""Rounds until the answer is precise: a rule that looks at nothing but how wide an interval is."""

import math


def rounds_to_reach(half_width: float, rounds: int, precision: float, most: int) -> int:
    """How many rounds to have before looking again; `rounds`, if that is enough.

    `half_width` is that of the logarithm of a speed-up after `rounds` rounds, `precision` the share that it may be off
    (0.05: ±5 %), `most` how many rounds there may be. The width shrinks with the square root of the rounds; being an
    estimate itself, it is trusted for half as many rounds again. Never looking at significance keeps false verdicts
    as rare as they are with a fixed number of rounds.
    """
    goal = math.log1p(precision)
    if half_width <= goal or rounds >= most:
        return rounds
    limit = min(most, max(rounds + 1, int(1.5 * rounds)))
    if math.isinf(half_width):
        return limit
    return min(limit, max(rounds + 1, math.ceil(rounds * (half_width / goal) ** 2)))
