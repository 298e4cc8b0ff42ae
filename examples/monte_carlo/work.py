"""Random work: an estimate of π, another one each time."""

import random

POINTS = 150_000


def estimate(number: int) -> float:
    """From the share of random points within a quarter of a circle."""
    inside = sum(random.random() ** 2 + random.random() ** 2 < 1 for _ in range(POINTS))
    return 4 * inside / POINTS
