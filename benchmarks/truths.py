"""What arms truly take in simulated campaigns: the log times of so many, arm 0 being the baseline and the simplest."""

import numpy as np
from noise_models import Array


def equal(k: int) -> Array:
    return np.zeros(k)


def one_faster(k: int) -> Array:
    return -np.log(1.05) * (np.arange(k) == k - 1)


def spread(k: int) -> Array:
    """Speed-ups from 0.5 to 12."""
    return -np.log(np.geomspace(0.5, 12, k) if k > 2 else np.array([1.0, 12.0]))


def five_apart(k: int) -> Array:
    return -np.log(1.05) * np.arange(k)


def ladder(k: int) -> Array:
    """Speed-ups from 0 to 20 %."""
    return -np.log(1 + np.linspace(0, 0.2, k))


def at_the_margin(k: int) -> Array:
    """Speed-ups of 3, and every other one 5 % above: which one is enough wavers."""
    return -np.log(np.where(np.arange(k) == 0, 1.0, np.where(np.arange(k) % 2, 3.0, 3.0 * 1.05)))


def left_open(k: int) -> Array:
    """By how much (sd) a recording moves the arms' speed-ups, all together: the baseline's not, the last by 8 %."""
    return np.linspace(0, 0.08, k)
