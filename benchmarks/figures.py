"""What is asked of each simulated campaign: numbers whose means are the figures of `make validate`.

Of log times (campaigns, rounds, arms), of what they truly are (arms), and of the form that intervals have.
"""

import numpy as np
import screened
import truths
from noise_models import Array
from scipy import stats

from concurrency.deciding import inference
from concurrency.deciding.stopping import rounds_to_reach


def misses_truth(logs: Array, truth: Array, how: inference.Form) -> Array:
    """Whether any of the simultaneous intervals misses the true speed-up."""
    found = inference.against(logs, 0, how)
    wrong = np.abs(found.mean - (truth[0] - truth)) > found.half_width(logs.shape[2] - 1)
    return wrong[:, 1:].any(axis=1)


def misses_truth_of_recording(logs: Array, truth: Array, how: inference.Form) -> Array:
    found = inference.against(logs, 0, how, truths.left_open(logs.shape[2]))
    wrong = np.abs(found.mean - (truth[0] - truth)) > found.half_width(logs.shape[2] - 1)
    return wrong[:, 1:].any(axis=1)


def misses_best_of_recording(logs: Array, truth: Array, how: inference.Form) -> Array:
    return ~inference.best_set(logs, how, truths.left_open(logs.shape[2]))[:, truth.argmin()]


def covers_truth(logs: Array, truth: Array, how: inference.Form) -> Array:
    return ~misses_truth(logs, truth, how)


def covers_gain(logs: Array, truth: Array, how: inference.Form) -> Array:
    """Whether the interval of the recommended arm's speed-up, as the sentence has it, covers the true one; the baseline
    has none."""
    choice, middle, half = screened.as_printed(logs, how)
    return (choice == 0) | (np.abs(middle - (truth[0] - truth[choice])) <= half)


def covers_all_printed(logs: Array, truth: Array, how: inference.Form) -> Array:
    return covers_truth(logs, truth, how) & covers_gain(logs, truth, how)


def width_of_gain(logs: Array, _truth: Array, how: inference.Form) -> Array:
    """How many times as wide that interval is as the same arm's in the table; 1 for the baseline."""
    choice, _, half = screened.as_printed(logs, how)
    own = inference.against(logs, 0, how).half_width(logs.shape[2] - 1)[np.arange(len(logs)), choice]
    return np.divide(half, own, out=np.ones_like(half), where=choice > 0)


def covers_gain_of_recording(logs: Array, truth: Array, how: inference.Form) -> Array:
    choice, middle, half = screened.as_printed(logs, how, truths.left_open(logs.shape[2]))
    return (choice == 0) | (np.abs(middle - (truth[0] - truth[choice])) <= half)


def finds_faster(logs: Array, _truth: Array, how: inference.Form) -> Array:
    """Whether the last arm is shown to be faster than the baseline."""
    found = inference.against(logs, 0, how)
    return (found.mean - found.half_width(logs.shape[2] - 1))[:, -1] > 0


def keeps_best(logs: Array, truth: Array, how: inference.Form) -> Array:
    return inference.best_set(logs, how)[:, truth.argmin()]


def keeps_all(logs: Array, _truth: Array, how: inference.Form) -> Array:
    return inference.best_set(logs, how).all(axis=1)


def names_no_winner(logs: Array, _truth: Array, how: inference.Form) -> Array:
    """Whether the baseline stays in the best set, and not alone: the sentence says `No clear winner`."""
    best = inference.best_set(logs, how)
    return best[:, 0] & (best.sum(axis=1) > 1)


def size_of_best(logs: Array, _truth: Array, how: inference.Form) -> Array:
    return inference.best_set(logs, how).sum(axis=1)


def bias_of_gain(logs: Array, truth: Array, how: inference.Form) -> Array:
    """How far the printed gain of the recommended arm is above its true one, in percent."""
    gain = inference.cross_validated_gain(logs, 0, how)
    return 100 * np.expm1(gain - (truth[0] - truth[inference.recommended(logs, how)]))


def raw_bias_of_gain(logs: Array, truth: Array, how: inference.Form) -> Array:
    """The same for what others print: the mean of the arm that looks fastest."""
    winner = inference.fastest(logs, how)
    mean = inference.against(logs, 0, how).mean[np.arange(len(logs)), winner]
    return 100 * np.expm1(mean - (truth[0] - truth[winner]))


def misses_after_stopping(logs: Array, truth: Array, _how: inference.Form) -> Array:
    """Stop by precision (±5 %, from 10 rounds to as many as there are): whether any interval is wrong then."""
    wrong = np.zeros(len(logs), dtype=bool)
    rounds = np.full(len(logs), 10)
    for n in range(10, logs.shape[1] + 1):
        here = np.flatnonzero(rounds == n)
        if len(here):
            so_far, how = logs[here, :n], inference.form(n, logs.shape[2])
            half = inference.imprecision(so_far, 0, how, logs.shape[2] - 1)
            wanted = np.array([rounds_to_reach(width, n, 0.05, logs.shape[1]) for width in half])
            rounds[here] = wanted
            done = here[wanted == n]
            if len(done):
                wrong[done] = ~covers_all_printed(logs[done, :n], truth, how)
    return wrong


def pyperf_differs(logs: Array, _truth: Array, _how: inference.Form) -> Array:
    """`pyperf compare_to` of the first two arms: Student's t test of pooled values at 5 %."""
    from pyperf._utils import is_significant  # noqa: PLC0415  (only needed here)

    times = np.exp(logs)
    return np.array([is_significant(list(one[:, 0]), list(one[:, 1]))[0] for one in times])


def hyperfine_differs(logs: Array, _truth: Array, _how: inference.Form) -> Array:
    """hyperfine's summary, `x ± y times faster`: whether 1 is outside x ± y (relative_speed)."""
    times = np.exp(logs[:, :, :2])
    mean, deviation = times.mean(axis=1), times.std(axis=1, ddof=1)
    ratio = mean.max(axis=1) / mean.min(axis=1)
    return ratio - ratio * np.sqrt(np.square(deviation / mean).sum(axis=1)) > 1


def welch_differs(logs: Array, _truth: Array, _how: inference.Form) -> Array:
    """hyperfine's scripts/welch_ttest.py: Welch's test at 5 %."""
    times = np.exp(logs)
    p = stats.ttest_ind(times[:, :, 0], times[:, :, 1], axis=1, equal_var=False).pvalue
    return np.asarray(p < 0.05)


def product_differs(logs: Array, truth: Array, how: inference.Form) -> Array:
    """The product's own verdict on the same two arms, measured in its own order."""
    return misses_truth(logs[:, :, :2], truth[:2], how)
