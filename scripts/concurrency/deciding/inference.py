"""The mathematics of the verdict, on plain arrays of log times, for many campaigns at once.

A campaign is an array (rounds, arms) of the logarithms of times, complete: every arm has a time in every round. All
functions take (campaigns, rounds, arms), so that `make validate` runs the very code that decides. Comparisons are made
within rounds, on differences of logarithms, which are free of whatever slows a whole round down.

What is replayed was recorded once, and might have been recorded a little otherwise. `left_open`, where it is given, has
for each arm by how much (sd of the log) that would have moved its speed-up over the baseline, which has 0 itself. One
recording errs for all arms alike, the more the more they are sped up: a single factor moves them all, so that the
difference of two arms moves by the difference of theirs. That is a variance of its own, which no number of rounds
divides. It is multiplied by the quantile of the rounds' degrees of freedom, which is rather too much.

Three forms, of which `form` picks one by what is known beforehand, never by what the data look like:

- `paired`: Student's t of the differences, with Bonferroni's inequality over the family (O. J. Dunn, JASA 56, 1961);
  right, if wide, from two rounds on.
- `moderated`: the same with each variance squeezed towards those of the other arms by the moment estimates of
  G. K. Smyth (Stat. Appl. Genet. Mol. Biol. 3, 2004: limma), but never below its own; from 10 rounds and 4 arms on.
- `trimmed`: the means are 20 % trimmed, the variances Winsorised (K. K. Yuen, Biometrika 61, 1974), then moderated;
  twice as sharp under bursts of noise; needs 15 rounds.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, polygamma, stdtrit

Array = NDArray[np.float64]
Form = Literal["paired", "moderated", "trimmed"]

# What is asked of each form for 5 % of wrong campaigns, calibrated by `make validate`: intervals against the baseline
# and comparisons of all pairs are printed side by side, and wrong at different times; noise that outlasts a sample
# makes Student's t a little too narrow for two or three arms; Yuen's interval is so for few rounds.
ALPHA: dict[Form, float] = {"paired": 0.036, "moderated": 0.038, "trimmed": 0.023}
TRIM = 0.2
ROUNDS_TO_MODERATE = 10
ROUNDS_TO_TRIM = 15
ROUNDS_TO_CROSS_VALIDATE = 5  # of fewer, leaving one out leaves too few
ROUNDS_TO_DECIDE = ROUNDS_TO_CROSS_VALIDATE
WORTHWHILE = 0.05  # the share of the time below which a difference is worth nothing, if a user does not say another
RESOLUTION = 1e-12  # no variance is below it: tables keep six digits of a time


class Effect(NamedTuple):
    """How many times as fast one arm is as another, with the bounds of its simultaneous interval."""

    ratio: float
    low: float
    high: float

    @property
    def inverse(self) -> "Effect":
        """How many times as long the one takes as the other."""
        return Effect(1 / self.ratio, 1 / self.high, 1 / self.low)


UNKNOWN = Effect(np.nan, np.nan, np.nan)


def form(rounds: int, arms: int, robust: bool = False) -> Form:
    """Which form holds its promises for so many rounds and arms; `robust` asks for the trimmed one where it does."""
    if robust and rounds >= ROUNDS_TO_TRIM:
        return "trimmed"
    return "moderated" if rounds >= ROUNDS_TO_MODERATE and arms > 3 else "paired"


@dataclass(frozen=True)
class Differences:
    """What is known of the differences of some pairs of arms: means and squared standard errors (campaigns, pairs), and
    the degrees of freedom (campaigns, 1) of the latter; `left_open2` (pairs) is what the recording adds to them."""

    mean: Array
    error2: Array
    degrees: Array
    alpha: float
    left_open2: Array | float = 0.0

    @property
    def error(self) -> Array:
        """The standard errors, what is left open included."""
        return np.asarray(np.sqrt(self.error2 + self.left_open2))

    def half_width(self, family: int) -> Array:
        """Half the width of each interval, two-sided, such that `family` of them hold at once."""
        quantile: Array = stdtrit(self.degrees, 1 - self.alpha / (2 * max(family, 1)))
        return np.asarray(quantile * self.error)

    def effects(self, family: int) -> list[Effect]:
        """The ratios of the first campaign, one per pair, with intervals such that `family` of them hold at once."""
        return [
            Effect(float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half)))
            for mean, half in zip(self.mean[0], self.half_width(family)[0], strict=True)
        ]


def estimate(differences: Array, arms: int, how: Form, left_open2: Array | float = 0.0) -> Differences:
    """Means and standard errors of `differences` (campaigns, rounds >= 2, pairs) between `arms` arms."""
    rounds = differences.shape[1]
    mean, variance, degrees = _location(differences, how)
    variance = np.maximum(variance, RESOLUTION)
    freedom = np.full((len(differences), 1), float(degrees))
    if how != "paired" and differences.shape[2] > 1:
        prior_degrees, prior_variance = _prior(variance, degrees)
        own = degrees / (prior_degrees + degrees)  # 0 where the arms' variances differ by chance alone
        variance = np.maximum(variance, (1 - own) * prior_variance + own * variance)
        freedom = np.minimum(prior_degrees + degrees, degrees * max(arms - 1, 1))
    return Differences(mean, variance / rounds, freedom, ALPHA[how], left_open2)


def _location(values: Array, how: Form) -> tuple[Array, Array, int]:
    """The mean over the rounds, the variance of one round such that the mean's is that / rounds, its degrees."""
    rounds = values.shape[1]
    if how != "trimmed":
        return values.mean(axis=1), values.var(axis=1, ddof=1), rounds - 1
    cut = int(TRIM * rounds)
    ordered = np.sort(values, axis=1)
    middle = ordered[:, cut : rounds - cut]
    winsorised = np.clip(ordered, middle[:, :1], middle[:, -1:])
    return middle.mean(axis=1), winsorised.var(axis=1, ddof=1) / (1 - 2 * TRIM) ** 2, rounds - 2 * cut - 1


def _prior(variance: Array, degrees: int) -> tuple[Array, Array]:
    """Smyth's moment estimates (limma's fitFDist) of the prior's degrees of freedom and variance, per campaign."""
    floored = np.maximum(variance, 1e-5 * np.median(variance, axis=1, keepdims=True))
    e = np.log(floored) - digamma(degrees / 2) + np.log(degrees / 2)
    center = e.mean(axis=1, keepdims=True)
    excess = e.var(axis=1, ddof=1, keepdims=True) - polygamma(1, degrees / 2)
    found = excess > 0
    prior_degrees = np.where(found, 2 * _inverse_trigamma(np.where(found, excess, 1.0)), np.inf)
    half = np.where(found, prior_degrees, 2.0) / 2
    return prior_degrees, np.exp(center + np.where(found, digamma(half) - np.log(half), 0.0))


def _inverse_trigamma(y: Array) -> Array:
    """x with trigamma(x) = y, by Newton's method on 1/trigamma, which is nearly linear (Smyth 2004, appendix)."""
    x = 0.5 + 1 / y
    for _ in range(8):
        value = polygamma(1, x)
        x = x + value * (1 - value / y) / polygamma(2, x)
    return np.asarray(x)


def _left_open2(left_open: Array | None, first: Any, second: Any) -> Array | float:
    return 0.0 if left_open is None else np.asarray(np.square(left_open[first] - left_open[second]))


def against(logs: Array, reference: int, how: Form, left_open: Array | None = None) -> Differences:
    """The log speed-up of every arm over arm `reference`, that of itself being exactly 0."""
    others = [arm for arm in range(logs.shape[2]) if arm != reference]
    found = estimate(logs[:, :, [reference]] - logs[:, :, others], logs.shape[2], how)
    mean, error2 = (np.insert(values, reference, 0.0, axis=1) for values in (found.mean, found.error2))
    return Differences(mean, error2, found.degrees, found.alpha, _left_open2(left_open, slice(None), reference))


def pairwise(logs: Array, how: Form, left_open: Array | None = None) -> Differences:
    """The log ratio of the times of every two arms, as `numpy.triu_indices(arms, 1)` lists the pairs."""
    first, second = np.triu_indices(logs.shape[2], 1)
    differences = logs[:, :, first] - logs[:, :, second]
    return estimate(differences, logs.shape[2], how, _left_open2(left_open, first, second))


def fastest(logs: Array, how: Form) -> NDArray[np.intp]:
    """The arm with the smallest time on average (campaigns)."""
    return np.asarray(_means(logs, how).argmin(axis=1))


def best_set(logs: Array, how: Form, left_open: Array | None = None) -> NDArray[np.bool_]:
    """Which arms (campaigns, arms) cannot be told from the fastest.

    Step-down over all pairs: of M arms left, the one that is most clearly slower than another goes, if that is
    significant at alpha / (M(M-1)), and so on. The truly fastest stays in at least 95 % of campaigns.
    """
    if logs.shape[2] == 1:
        return np.ones((len(logs), 1), dtype=bool)
    return _step_down(pairwise(logs, how, left_open), logs.shape[2])


def _step_down(pairs: Differences, arms: int) -> NDArray[np.bool_]:
    campaigns = len(pairs.mean)
    kept = np.ones((campaigns, arms), dtype=bool)
    first, second = np.triu_indices(arms, 1)
    slower = np.full((campaigns, arms, arms), -np.inf)  # slower[c, i, j]: how clearly i is slower than j
    slower[:, first, second] = pairs.mean / pairs.error
    slower[:, second, first] = -slower[:, first, second]
    going = np.arange(campaigns)
    for left in range(arms, 1, -1):
        clearest = slower[going].max(axis=2)
        loser = clearest.argmax(axis=1)
        limit = stdtrit(pairs.degrees[going, 0], 1 - pairs.alpha / (left * (left - 1)))
        lost = clearest[np.arange(len(going)), loser] > limit
        going, loser = going[lost], loser[lost]
        kept[going, loser] = False
        slower[going, loser, :] = -np.inf
        slower[going, :, loser] = -np.inf
    return kept


def enough(logs: Array, how: Form, worthwhile: float, left_open: Array | None = None) -> NDArray[np.bool_]:
    """Which arms (campaigns, arms) take, beyond doubt, no longer than any other by more than `worthwhile`, a share.

    A test of equivalence: one-sided bounds against every other arm must all be within it, each at the full level
    (intersection–union: R. L. Berger, Technometrics 24, 1982; D. J. Schuirmann, J. Pharmacokinet. Biopharm. 15, 1987).
    As each arm is a candidate, that level is alpha divided by their number: it is rare that any is wrong.
    """
    if logs.shape[2] == 1:
        return np.ones((len(logs), 1), dtype=bool)
    return _enough(pairwise(logs, how, left_open), logs.shape[2], worthwhile)


def _enough(pairs: Differences, arms: int, worthwhile: float) -> NDArray[np.bool_]:
    bound = stdtrit(pairs.degrees, 1 - pairs.alpha / arms) * pairs.error
    first, second = np.triu_indices(arms, 1)
    longer = np.full((len(pairs.mean), arms, arms), -np.inf)  # longer[c, i, j]: by how much i may take longer than j
    longer[:, first, second] = bound + pairs.mean
    longer[:, second, first] = bound - pairs.mean
    return np.asarray(longer.max(axis=2) <= np.log1p(worthwhile))


def recommended(
    logs: Array, how: Form, worthwhile: float = WORTHWHILE, left_open: Array | None = None
) -> NDArray[np.intp]:
    """The simplest arm that is `enough` (campaigns): arms must stand in order of simplicity, the baseline first.

    Where none is shown to be, the fastest. But the baseline, where nothing is shown to be faster, or where that gain is
    not worthwhile: whoever gains nothing that can be told from chance, or too little, has no reason to go concurrent.
    """
    if logs.shape[2] == 1:
        return np.zeros(len(logs), dtype=np.intp)
    pairs, means = pairwise(logs, how, left_open), _means(logs, how)
    return _recommended(pairs, means, worthwhile)


def _recommended(pairs: Differences, means: Array, worthwhile: float) -> NDArray[np.intp]:
    arms = means.shape[1]
    is_enough = _enough(pairs, arms, worthwhile)
    choice = np.where(is_enough.any(axis=1), is_enough.argmax(axis=1), means.argmin(axis=1))
    gain = means[:, 0] - means[np.arange(len(means)), choice]
    return np.asarray(np.where(_step_down(pairs, arms)[:, 0] | (gain <= np.log1p(worthwhile)), 0, choice))


def _means(logs: Array, how: Form) -> Array:
    """The arms' log times on average over the rounds, less what is common to a round (campaigns, arms)."""
    return _location(logs - logs.mean(axis=2, keepdims=True), how)[0]


def cross_validated_gain(
    logs: Array, baseline: int, how: Form, worthwhile: float = WORTHWHILE, left_open: Array | None = None
) -> Array:
    """The log speed-up of the recommended arm over the baseline, not inflated by its having been picked (campaigns).

    Cross-validated: each round is scored by the arm that the other rounds recommend, their errors scaled to those of
    all rounds: with the wider ones of a round less, other arms would be recommended. The trimmed form takes the errors
    of all rounds. What the recording leaves open is the same for any rounds.
    """
    rounds = logs.shape[1]
    everyone, whole = np.arange(len(logs)), pairwise(logs, how, left_open)
    gains = np.empty((len(logs), rounds, 1))
    for left_out in range(rounds):
        others = np.delete(logs, left_out, axis=1)
        rest = pairwise(others, how, left_open)
        error2 = whole.error2 if how == "trimmed" else rest.error2 * (rounds - 1) / rounds
        degrees = whole.degrees if how == "trimmed" else rest.degrees
        choice = _recommended(replace(rest, error2=error2, degrees=degrees), _means(others, how), worthwhile)
        gains[:, left_out, 0] = logs[:, left_out, baseline] - logs[everyone, left_out, choice]
    return _location(gains, how)[0][:, 0]


def half_width_around(gain: Array, mean: Array, half_width: Array) -> Array:
    """The half-width of the interval around a cross-validated `gain` that has in it the arm's own, around its `mean`.

    So it holds whenever that one does, together with all others that do. The error of the scores themselves would not
    do: where rounds waver between two arms, or whether a gain is worth having at all, their mean lies between what
    these gain, and many rounds make its error small.
    """
    return half_width + np.abs(gain - mean)


def imprecision(
    logs: Array,
    baseline: int,
    how: Form,
    family: int,
    worthwhile: float = WORTHWHILE,
    left_open: Array | None = None,
) -> Array:
    """The half-width (log, campaigns) of the recommended arm's interval against the baseline, one of a `family`, as far
    as rounds can narrow it: without what the recording leaves open.

    Where the baseline itself is recommended: the widest among the arms that cannot be told from the fastest.
    """
    found, choice = against(logs, baseline, how), recommended(logs, how, worthwhile, left_open)
    half, its = found.half_width(family), (np.arange(len(logs)), choice)
    tied = np.where(best_set(logs, how, left_open), half, 0.0).max(axis=1)
    own = half[its]
    if logs.shape[1] >= ROUNDS_TO_CROSS_VALIDATE:
        own = half_width_around(cross_validated_gain(logs, baseline, how, worthwhile, left_open), found.mean[its], own)
    return np.asarray(np.where(choice == baseline, tied, own))
