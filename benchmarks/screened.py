"""Campaigns in which the number of workers is found: screening and finals, simulated through the product's decisions.

A world is a number of strategies, each of which takes what Gunther's law, a limit like a server's slots, or nothing at
all makes of its workers. What is screened goes through `measuring.ladders`, sample by sample, in the noise of the
model; what that names is measured in fresh rounds, and decided by `deciding.inference`.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import noise_models
import numpy as np
from noise_models import MODELS, Array

from concurrency.deciding import inference
from concurrency.measuring import ladders
from concurrency.measuring.arms import Arm
from concurrency.measuring.ladders import Ladder

LADDER = (1, 2, 4, 8, 16, 32)
SCREENING_ROUNDS, FINALISTS, ROUNDS = 3, 6, 10  # as configured
MOST_SAMPLES = 400  # of a screening

World = Callable[[np.random.Generator, int], list[Callable[[int], float]]]  # log times of strategies, of their workers


def identical(_rng: np.random.Generator, strategies: int) -> list[Callable[[int], float]]:
    """Nothing makes any difference."""
    return [lambda _workers: 0.0] * strategies


def laws(rng: np.random.Generator, strategies: int) -> list[Callable[[int], float]]:
    """Strategies that gain by the universal scalability law, up to a limit; some lose."""

    def law(contention: float, coherence: float, cost: float, cap: float) -> Callable[[int], float]:
        def log_time(workers: int) -> float:
            usl = (1 + contention * (workers - 1) + coherence * workers * (workers - 1)) / workers
            return float(np.log(cost * max(usl, 1 / cap)))

        return log_time

    return [
        law(
            contention=float(rng.choice([0.0, 10 ** rng.uniform(-3, 0)])),
            coherence=float(rng.choice([0.0, 10 ** rng.uniform(-5, -1.5)])),
            cost=float(rng.uniform(1.0, 1.15)),
            cap=float(rng.choice([np.inf, rng.uniform(1, 32)])),
        )
        for _ in range(strategies)
    ]


@dataclass(frozen=True)
class Campaigns:
    """Campaigns with the same number of finalists, the baseline included: log times (campaigns, rounds, arms), what is
    true of the arms (campaigns, arms), the best of all that there was to try (campaigns), how many samples screening
    took (campaigns), and what is true of every rung of every ladder (campaigns, arms); `model` is their noise's."""

    logs: Array
    truth: Array
    best: Array
    screening: Array
    every_rung: Array
    model: str

    @property
    def form(self) -> inference.Form:
        return inference.form(ROUNDS, self.logs.shape[2])


def campaigns(
    rng: np.random.Generator, world: World, model: str, count: int, strategies: int = 3, sigma: float = 0.02
) -> Iterator[Campaigns]:
    """So many campaigns in worlds of that kind, one by one screened, together measured."""
    series = MODELS[model](rng, (count, MOST_SAMPLES), sigma)
    truths, best, samples, rungs = [], np.empty(count), np.empty(count), []
    for i in range(count):
        log_times = world(rng, strategies)
        finalists, samples[i] = _screened(log_times, series[i], random.Random(int(rng.integers(1 << 31))))
        arms = sorted((int(arm.workers), int(arm.strategy)) for arm in finalists)
        truths.append(np.array([0.0, *(log_times[strategy](workers) for workers, strategy in arms)]))
        rungs.append([0.0, *(law(workers) for law in log_times for workers in LADDER)])
        best[i] = min(0.0, *(law(workers) for law in log_times for workers in range(1, LADDER[-1] + 1)))
    for k in sorted({len(truth) for truth in truths}):
        alike = [i for i, truth in enumerate(truths) if len(truth) == k]
        truth = np.array([truths[i] for i in alike])
        noise = noise_models.campaigns(rng, model, len(alike), ROUNDS, k, sigma)
        every_rung = np.array([rungs[i] for i in alike])
        yield Campaigns(truth[:, None, :] + noise, truth, best[alike], samples[alike], every_rung, model)


def _screened(log_times: list[Callable[[int], float]], noise: Array, chance: random.Random) -> tuple[list[Arm], int]:
    """The finalists, and how many samples it took to find them."""
    climbing = [Ladder(Arm(str(i)), LADDER) for i in range(len(log_times))]
    samples = iter(noise)
    for number in range(1, SCREENING_ROUNDS + 1):
        for ladder, workers in ladders.climb(climbing, number == 1, number == SCREENING_ROUNDS, chance):
            ladder.add(workers, float(np.exp(log_times[int(ladder.arm.strategy)](workers) + next(samples))))
    taken = sum(len(times) for ladder in climbing for times in ladder.times.values())
    return ladders.finalists(climbing, FINALISTS), taken


# What is asked of each campaign.
def claims_a_difference(found: Campaigns) -> Array:
    """Whether anything that is printed tells two arms apart: an interval of the table or the verdict beyond 1, an arm
    that is not among the best, or one with fewer or more workers that is said to take longer or less (which is told
    by the bounds that decide who is among the best)."""
    logs, arms = found.logs, found.logs.shape[2]
    against = inference.against(logs, 0, found.form)
    beyond = (np.abs(against.mean) > against.half_width(arms - 1))[:, 1:].any(axis=1)
    return np.asarray(beyond | ~inference.best_set(logs, found.form).all(axis=1))


def is_near_the_best(found: Campaigns) -> Array:
    """Whether what is recommended truly takes no longer than the best of all counts by more than is worthwhile."""
    choice = inference.recommended(found.logs, found.form)
    true = found.truth[np.arange(len(choice)), choice]
    return np.asarray(true - found.best <= np.log1p(inference.WORTHWHILE))


def is_rightly_enough(found: Campaigns) -> Array:
    """The same of those campaigns alone in which it is said to be enough."""
    choice = inference.recommended(found.logs, found.form)
    said = inference.enough(found.logs, found.form, inference.WORTHWHILE)[np.arange(len(choice)), choice]
    return is_near_the_best(found)[said]


def bias(found: Campaigns) -> Array:
    """How far the printed gain of what is recommended is above its true one, in percent."""
    gain = inference.cross_validated_gain(found.logs, 0, found.form)
    choice = inference.recommended(found.logs, found.form)
    return np.asarray(100 * np.expm1(gain + found.truth[np.arange(len(choice)), choice]))


def covers_gain(found: Campaigns) -> Array:
    """Whether the interval of the recommended arm's gain, as it is printed, covers the true one; the baseline has
    none."""
    choice, middle, half = as_printed(found.logs, found.form)
    true = found.truth[np.arange(len(choice)), choice]
    return np.asarray((choice == 0) | (np.abs(middle + true) <= half))


def as_printed(logs: Array, how: inference.Form, left_open: Array | None = None) -> tuple[Array, Array, Array]:
    """Which arm the sentence recommends, its log speed-up over the baseline, and half the width of its interval."""
    choice = inference.recommended(logs, how, left_open=left_open)
    found, its = inference.against(logs, 0, how, left_open), (np.arange(len(logs)), choice)
    gain = inference.cross_validated_gain(logs, 0, how, left_open=left_open)
    return choice, gain, inference.half_width_around(gain, found.mean[its], found.half_width(logs.shape[2] - 1)[its])


def share_of_samples(found: Campaigns) -> Array:
    """How many samples it took, over those that it takes to know the recommended arm's gain as narrowly, on average, by
    measuring every rung in every round; intervals narrow with the square root of the rounds, and both have the
    control."""
    (count, _, arms), every = found.logs.shape, found.every_rung.shape[1]
    noise = noise_models.campaigns(np.random.default_rng(0), found.model, count, ROUNDS, every)
    logs = found.every_rung[:, None, :] + noise
    own = inference.against(found.logs, 0, found.form).half_width(arms - 1)
    whole = inference.against(logs, 0, inference.form(ROUNDS, every)).half_width(every - 1)
    own = own[np.arange(len(own)), inference.recommended(found.logs, found.form)]
    whole = whole[np.arange(len(whole)), logs.mean(axis=1).argmin(axis=1)]
    rounds = ROUNDS * np.square(whole[whole > 0]).mean() / np.square(own[own > 0]).mean()
    return np.asarray((found.screening + ROUNDS * (arms + 1)) / (rounds * (every + 1)))
