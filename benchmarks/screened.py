"""Campaigns in which the number of workers is found: screening and finals, simulated through the product's decisions.

A world is a number of strategies, each of which takes what Gunther's law, a limit like a server's slots, or nothing at
all makes of its workers. What is screened goes through `deciding.screening`, sample by sample, in the noise of the
model; what that names is measured in fresh rounds, and decided by `deciding.inference`.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import noise_models
import numpy as np
from noise_models import MODELS, Array

from concurrency.deciding import inference, screening
from concurrency.deciding.screening import Ladder
from concurrency.measuring.arms import Arm

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
    true of the arms (campaigns, arms), and the best of all that there was to try (campaigns)."""

    logs: Array
    truth: Array
    best: Array

    @property
    def form(self) -> inference.Form:
        return inference.form(ROUNDS, self.logs.shape[2])


def campaigns(
    rng: np.random.Generator, world: World, model: str, count: int, strategies: int = 3, sigma: float = 0.02
) -> Iterator[Campaigns]:
    """So many campaigns in worlds of that kind, one by one screened, together measured."""
    series = MODELS[model](rng, (count, MOST_SAMPLES), sigma)
    truths, best = [], np.empty(count)
    for i in range(count):
        log_times = world(rng, strategies)
        finalists = _screened(log_times, series[i], random.Random(int(rng.integers(1 << 31))))
        arms = sorted((int(arm.workers), int(arm.strategy)) for arm in finalists)
        truths.append(np.array([0.0, *(log_times[strategy](workers) for workers, strategy in arms)]))
        best[i] = min(0.0, *(law(workers) for law in log_times for workers in range(1, LADDER[-1] + 1)))
    for k in sorted({len(truth) for truth in truths}):
        alike = [i for i, truth in enumerate(truths) if len(truth) == k]
        truth = np.array([truths[i] for i in alike])
        noise = noise_models.campaigns(rng, model, len(alike), ROUNDS, k, sigma)
        yield Campaigns(truth[:, None, :] + noise, truth, best[alike])


def _screened(log_times: list[Callable[[int], float]], noise: Array, chance: random.Random) -> list[Arm]:
    ladders = [Ladder(Arm(str(i)), LADDER, inference.WORTHWHILE) for i in range(len(log_times))]
    samples = iter(noise)
    for number in range(1, SCREENING_ROUNDS + 1):
        while tried := screening.wave(ladders, number == 1, number == SCREENING_ROUNDS, chance):
            for ladder, workers in tried:
                ladder.add(workers, float(np.exp(log_times[int(ladder.arm.strategy)](workers) + next(samples))))
        for ladder in ladders:
            ladder.end_round()
    return screening.finalists(ladders, FINALISTS)


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
