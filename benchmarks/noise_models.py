"""Noise as real machines have it: series of log times of one and the same work, sample after sample."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.signal import lfilter

from concurrency.measuring import arms

Array = NDArray[np.float64]

TRACE = Path(__file__).parent / "trace.csv"
ORDERS = 100  # different seeds of the product's order of arms
UNEQUAL = (0.5, 1.0, 2.0, 4.0)  # standard deviations of neighbouring arms, as multiples


def iid(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Array:
    return rng.normal(0, sigma, shape)


def drift(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Array:
    """10 % slower at the end than at the beginning, in a straight line."""
    return iid(rng, shape, sigma) + np.linspace(0, np.log(1.10), shape[1])


def random_walk(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Array:
    """A walk that ends about 10 % away from where it began."""
    return iid(rng, shape, sigma) + np.cumsum(rng.normal(0, 0.10 / np.sqrt(shape[1]), shape), axis=1)


def autocorrelated(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Array:
    """Each sample keeps 0.8 of what the one before it had."""
    series: Array = lfilter([np.sqrt(1 - 0.8**2)], [1, -0.8], iid(rng, shape, sigma), axis=1)
    return series


def bursts(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Array:
    """A tenth of the time everything takes 1.3 times as long, for five samples on average."""
    begins = rng.random(shape) < 0.02
    ends = rng.random(shape) < 0.2
    busy = np.zeros(shape, dtype=bool)
    state = rng.random(shape[0]) < 0.1
    for i in range(shape[1]):
        state = np.where(state, ~ends[:, i], begins[:, i])
        busy[:, i] = state
    return iid(rng, shape, sigma) + np.log(1.3) * busy


def heavy_tails(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Array:
    """Student's t with 3 degrees of freedom."""
    return np.asarray(sigma / np.sqrt(3) * rng.standard_t(3, shape))


def between_processes(rng: np.random.Generator, shape: tuple[int, int], sigma: float) -> Array:
    """0.8 of the variance is the process's own (addresses, hashes), the rest is averaged over five runs inside."""
    return iid(rng, shape, sigma * np.sqrt(0.8 + 0.2 / 5))


def trace(rng: np.random.Generator, shape: tuple[int, int], _sigma: float) -> Array:
    """Stretches, from random places on, of identical samples recorded on a real machine (`validate.py --record`)."""
    recorded = np.log(pd.read_csv(TRACE)["wall_s"].to_numpy(dtype=float))
    begin = rng.integers(len(recorded), size=(shape[0], 1))
    return np.asarray(recorded[(begin + np.arange(shape[1])) % len(recorded)])


MODELS = {
    model.__name__: model
    for model in (iid, drift, random_walk, autocorrelated, bursts, heavy_tails, between_processes, trace)
} | {"unequal": iid}


def campaigns(rng: np.random.Generator, model: str, count: int, rounds: int, k: int, sigma: float = 0.02) -> Array:
    """Log times (campaigns, rounds, arms) of `k` identical arms, measured in the product's own order: with the control
    among them, which is left out of the comparison."""
    series = MODELS[model](rng, (count, rounds * (k + 1)), sigma).reshape(count, rounds, k + 1)
    orders = np.array(
        [
            [np.argsort(arms.in_order(range(k + 1), seed, "validate", number)) for number in range(1, rounds + 1)]
            for seed in range(ORDERS)
        ]
    )
    noise = np.take_along_axis(series, orders[rng.integers(ORDERS, size=count)], axis=2)[:, :, :k]
    return noise * np.resize(UNEQUAL, k) if model == "unequal" else noise
