"""Laws of scaling: how the time of a job depends on its workers, by least squares on the logarithms of times.

Two laws, of the time t(N) in seconds that N workers take:

- `usl`: the Universal Scalability Law (N. J. Gunther, Guerrilla Capacity Planning, 2007). Throughput is
  X(N) = λN / (1 + σ(N−1) + κN(N−1)), which is t(N) = parallel/N + serial + coherence·(N−1). In these three amounts, in
  seconds and none below 0, it is linear, and its bounds (contention σ in [0, 1], coherence κ >= 0) are no more than
  their signs: λ is one over parallel + serial, σ and κ are the shares that serial and coherence have in it. A share
  that is not there is found as 0 exactly. Without coherence it is Amdahl's law, and σ the share that is serial.
- `capped`: X(N) = min(λN, cap), which is how a server's slots and a full link look: t(N) = max(parallel/N, floor).

Which of two describes the points better is told by the variance of what it leaves, over the degrees of freedom that its
parameters leave (three and two). Samples weigh alike, so that a rung (a number of workers) counts by its samples.

Intervals are profile likelihood's (D. M. Bates and D. G. Watts, Nonlinear Regression Analysis, 1988, ch. 6): over all
laws that the points do not rule out, those whose sum of squares is above the least by no more than t²s² of Student's
t. Unlike a bootstrap's they need no seed, hold with two samples a rung, and stop at a bound by themselves, where a
bootstrap piles up. Where rungs are further from a law than their own samples scatter, that is in its errors (as the
scale factor of R. T. Birge, Phys. Rev. 40, 1932).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.special import stdtrit

Array = NDArray[np.float64]

RUNGS = 5  # fewer say nothing of a law with three parameters
ALLOWED = float(np.log(1.1))  # a law that is nowhere more than a tenth off is a good one, if no true one
CONFIDENCE = 0.95
KNEE_WITHIN = 10  # times the most workers tried: beyond that, a knee is a guess
STEPS = 60
DIRECTIONS = 600


@dataclass(frozen=True)
class Points:
    """The rungs of a ladder, upwards: numbers of workers, mean log times (of seconds) and how many samples each has;
    `within` is the sum of squares of the samples about their rung's mean."""

    workers: Array
    logs: Array
    counts: Array
    within: float

    @classmethod
    def of(cls, workers: Array, seconds: Array) -> "Points":
        """From one number of workers and one time per sample."""
        rungs, place, counts = np.unique(workers, return_inverse=True, return_counts=True)
        logs = np.log(seconds)
        means = np.bincount(place, logs) / counts
        return cls(rungs.astype(float), means, counts.astype(float), float(np.sum((logs - means[place]) ** 2)))

    @property
    def samples(self) -> int:
        return int(self.counts.sum())

    @property
    def error2(self) -> float:
        """The typical squared standard error of a rung's mean, by its samples alone; 0 where each has but one."""
        freedom = self.samples - len(self.workers)
        return float(self.within / freedom * np.mean(1 / self.counts)) if freedom else 0.0

    def about(self, logs: Array) -> Array:
        """The sum of squares of all samples about laws with the log times `logs` (…, rungs)."""
        return np.asarray(self.within + np.sum(self.counts * (self.logs - logs) ** 2, axis=-1))


@dataclass(frozen=True)
class Law:
    """A law with the amounts, in seconds, that describe `points` best; `gradient` (rungs, amounts) is that of its log
    times by the amounts there."""

    name: str
    points: Points
    amounts: Array
    gradient: Array
    log_times: Callable[[Array, Array], Array]  # of amounts (…, amounts) and workers, (…, workers)

    @property
    def squares(self) -> float:
        return float(self.points.about(self.log_times(self.amounts, self.points.workers)))

    @property
    def freedom(self) -> int:
        return self.points.samples - len(self.amounts)

    @property
    def variance(self) -> float:
        """What it leaves of a sample's log time."""
        return self.squares / self.freedom

    @property
    def residual(self) -> float:
        """How far the rungs' means are from it: a standard deviation of the log."""
        return float(np.sqrt(np.sum(self._off**2) / self._spare))

    @property
    def fits(self) -> bool:
        """Whether no more is left than the means' own errors and what is allowed to any law."""
        return self.residual**2 <= ALLOWED**2 + self.points.error2

    @property
    def _off(self) -> Array:
        return self.points.logs - self.log_times(self.amounts, self.points.workers)

    @property
    def _spare(self) -> int:
        """Rungs beyond those that its amounts take; 1 where none are, as nothing is off then."""
        return max(len(self._off) - len(self.amounts), 1)

    @cached_property
    def not_ruled_out(self) -> Array:
        """The amounts (laws, amounts) of this law and of such as enclose all that the points do not rule out.

        Along lines from this one in many directions, of a metric in which the sum of squares rises about evenly, they
        are sought where it is `t²s²` above the least; amounts that would be negative on the way are 0.
        """
        lack = np.sum(self.points.counts * self._off**2) / self._spare
        above = max(
            variance * stdtrit(freedom, (1 + CONFIDENCE) / 2) ** 2
            for variance, freedom in ((self.variance, self.freedom), (float(lack), self._spare))
        )
        _, scales, axes = np.linalg.svd(np.sqrt(self.points.counts)[:, None] * self.gradient, full_matrices=False)
        rays = np.random.default_rng(0).standard_normal((DIRECTIONS, len(self.amounts)))
        rays = rays / np.linalg.norm(rays, axis=1, keepdims=True) @ (axes / scales[:, None])
        near, far = np.zeros((DIRECTIONS, 1)), np.full((DIRECTIONS, 1), 8 * np.sqrt(above))
        for _ in range(30):
            middle = (near + far) / 2
            logs = self.log_times(np.maximum(self.amounts + middle * rays, 0), self.points.workers)
            inside = (self.points.about(logs) <= self.squares + above)[:, None]
            near, far = np.where(inside, middle, near), np.where(inside, far, middle)
        return np.vstack([self.amounts, np.maximum(self.amounts + near * rays, 0)])

    def interval(self, quantity: Callable[[Array], Array]) -> tuple[float, float, float]:
        """A `quantity` of the amounts, with the bounds of its 95 % interval."""
        values = quantity(self.not_ruled_out)
        return float(values[0]), float(values.min()), float(values.max())

    def times(self, workers: Array) -> tuple[Array, Array, Array]:
        """Seconds with so many workers, with the bounds of their 95 % intervals."""
        times = np.exp(self.log_times(self.not_ruled_out, workers))
        return times[0], times.min(axis=0), times.max(axis=0)

    @property
    def one_worker_s(self) -> float:
        """What one worker takes: 1/λ, for all of the job."""
        return float(self.amounts[0] if self.name == "capped" else self.amounts[0] + self.amounts[1])

    @property
    def knee(self) -> float:
        """From how many workers on more gain nothing; nan where the points do not show it."""
        if self.name == "capped":
            return float(self.amounts[0] / self.amounts[1])
        if self.interval(coherence)[1] == 0:
            return np.nan
        knee = max(1.0, float(np.sqrt(self.amounts[0] / self.amounts[2])))  # sqrt((1 − σ) / κ)
        return knee if knee <= KNEE_WITHIN * self.points.workers[-1] else np.nan


def contention(amounts: Array) -> Array:
    """σ of the `usl`."""
    return np.asarray(amounts[..., 1] / (amounts[..., 0] + amounts[..., 1]))


def coherence(amounts: Array) -> Array:
    """κ of the `usl`."""
    return np.asarray(amounts[..., 2] / (amounts[..., 0] + amounts[..., 1]))


def universal(points: Points) -> Law:
    """The `usl` through at least as many rungs as it has amounts."""
    design = np.stack([1 / points.workers, np.ones_like(points.workers), points.workers - 1], axis=1)
    return _least_squares("usl", points, design)


def amdahl(points: Points) -> Law:
    """The law without coherence through two or more rungs of three or more samples: its contention is the share of the
    work that is serial.

    Of two rungs that is the experimentally determined serial fraction of A. H. Karp and H. P. Flatt (CACM 33, 1990).
    What starting workers costs is in it.
    """
    design = np.stack([1 / points.workers, np.ones_like(points.workers)], axis=1)
    return _least_squares("amdahl", points, design)


def _least_squares(name: str, points: Points, design: Array) -> Law:
    """A law whose times are linear in its amounts, none of them negative.

    Gauss and Newton's method: log times are taken as linear about where the last step led, halved until it leads down.
    """
    weights, seconds = np.sqrt(points.counts), np.exp(points.logs)

    def solved(times: Array) -> Array:
        aim = 1 + points.logs - np.log(times)
        return np.asarray(nnls(weights[:, None] * design / times[:, None], weights * aim)[0])

    def squares(amounts: Array) -> float:
        return float(points.about(np.log(design @ amounts)))

    amounts = solved(seconds)
    for _ in range(STEPS):
        step = solved(design @ amounts) - amounts
        while squares(amounts + step) > squares(amounts) and np.abs(step).max() > 1e-12 * amounts.max():
            step = step / 2
        amounts = amounts + step
        if np.abs(step).max() <= 1e-9 * amounts.max():
            break
    return Law(name, points, amounts, design / (design @ amounts)[:, None], _linear)


def _linear(amounts: Array, workers: Array) -> Array:
    terms = (1 / workers, np.ones_like(workers), workers - 1)  # of which amdahl's law has no last one
    with np.errstate(divide="ignore"):  # all amounts may be 0: no time at all
        return np.asarray(np.log(amounts @ np.stack(terms[: amounts.shape[-1]])))


def capped(points: Points) -> Law | None:
    """The `capped` law through at least five rungs, of which two rise and two lie level; None if no such law is near.

    Each way to part the rungs into those that rise and those that lie level has its best amounts, which are means.
    """
    found = []
    for rising in range(2, len(points.workers) - 1):
        up, level = slice(None, rising), slice(rising, None)
        parallel = np.average(points.logs[up] + np.log(points.workers[up]), weights=points.counts[up])
        floor = np.average(points.logs[level], weights=points.counts[level])
        if points.workers[1] <= 1.1 * np.exp(parallel - floor):  # else one rung rises, and no slope is seen
            amounts = np.exp([parallel, floor])
            rises = (np.arange(len(points.workers)) < rising)[:, None]
            gradient = np.where(rises, [1.0, 0.0], [0.0, 1.0]) / amounts
            found.append(Law("capped", points, amounts, gradient, _capped))
    return min(found, key=lambda law: law.squares, default=None)


def _capped(amounts: Array, workers: Array) -> Array:
    parallel, floor = (amounts[..., i, None] for i in range(2))
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.maximum(parallel / workers, floor)))


def best(points: Points) -> Law | None:
    """The law that describes the points better, whether it fits or not; None with too few rungs."""
    if len(points.workers) < RUNGS:
        return None
    laws = [law for law in (capped(points), universal(points)) if law is not None]
    return min(laws, key=lambda law: law.variance)
