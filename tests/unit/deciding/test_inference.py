"""The mathematics of the verdict: against scipy where scipy has it, and a small version of `make validate`."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

from concurrency.deciding import inference
from concurrency.deciding.stopping import rounds_to_reach

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import validate
from noise_models import MODELS


def test_two_arms_are_compared_by_the_paired_t_test():
    logs = np.random.default_rng(1).normal(0, 0.1, (1, 8, 2))
    found = inference.against(logs, 0, inference.form(8, 2))
    known = stats.ttest_rel(logs[0, :, 0], logs[0, :, 1])
    assert found.mean[0, 1] == pytest.approx(np.mean(logs[0, :, 0] - logs[0, :, 1]))
    low, high = known.confidence_interval(1 - inference.ALPHA["paired"])
    half = found.half_width(1)[0, 1]
    assert (found.mean[0, 1] - half, found.mean[0, 1] + half) == pytest.approx((low, high))


def test_the_trimmed_form_is_yuens():
    values = np.random.default_rng(2).standard_t(2, (1, 20, 1))
    found = inference.estimate(values, 2, "trimmed")
    assert found.mean[0, 0] == pytest.approx(stats.trim_mean(values[0, :, 0], 0.2))
    winsorised = stats.mstats.winsorize(values[0, :, 0], (0.2, 0.2))
    assert found.error2[0, 0] == pytest.approx(np.var(winsorised, ddof=1) / (0.6**2 * 20))
    assert found.degrees[0, 0] == 20 - 2 * 4 - 1


@pytest.mark.parametrize("y", [1e-3, 0.1, 1.0, 10.0, 1e3])
def test_inverse_trigamma(y):
    assert special.polygamma(1, inference._inverse_trigamma(np.array(y))) == pytest.approx(y)


def test_moderation_never_narrows_an_arm_below_its_own_spread():
    logs = np.random.default_rng(3).normal(0, 0.02, (50, 10, 12)) * np.resize([1, 8], 12)
    moderated, plain = inference.against(logs, 0, "moderated"), inference.against(logs, 0, "paired")
    assert (moderated.error2 >= plain.error2).all()
    assert (moderated.degrees > plain.degrees).any()


def test_every_form_is_used_where_it_holds():
    assert inference.form(9, 12) == inference.form(30, 3) == "paired"
    assert inference.form(10, 4) == inference.form(14, 12, robust=True) == "moderated"
    assert inference.form(15, 2, robust=True) == "trimmed"


def test_times_without_any_noise():
    logs = np.log(np.tile([2.0, 1.0, 1.0, 4.0], (1, 10, 1)))
    assert inference.best_set(logs, "moderated").tolist() == [[False, True, True, False]]
    assert np.exp(inference.cross_validated_gain(logs, 0, "moderated")) == pytest.approx(2)


@pytest.mark.parametrize(
    ("half_width", "rounds", "most", "wanted"),
    [
        (1.04, 10, 40, 10),
        (1.06, 10, 40, 15),
        (1.20, 10, 40, 15),
        (1.20, 10, 12, 12),
        (1.20, 40, 40, 40),
        (1.051, 30, 40, 32),
        (np.inf, 1, 40, 2),
    ],
)
def test_rounds_to_reach(half_width, rounds, most, wanted):
    assert rounds_to_reach(np.log(half_width), rounds, 0.05, most) == wanted


@pytest.mark.heavy
def test_a_small_validation_keeps_its_promises(capsys):
    """The very cells of `make validate`, with fewer campaigns and so with more slack; the seeds are in the table."""
    jobs = validate.simulations(200, ["iid", "drift", "bursts", "unequal", "trace"], (2, 12))
    found = validate.table([job.run() for job in jobs if job.arms <= 12])
    print(validate.overview(found))
    broken = found[~found["kept"]]
    assert broken.empty, broken.to_string()
    peers = found[found["promise"].str.startswith("peers") & (found["model"] == "drift")].set_index("promise")["figure"]
    assert peers["peers: this product"] < 0.2
    assert peers["peers: pyperf's test"] > 0.5


def test_every_noise_model_gives_a_time_for_every_cell():
    for name in MODELS:
        logs = validate.noise_models.campaigns(np.random.default_rng(4), name, 3, 5, 4, 0.02)
        assert logs.shape == (3, 5, 4)
        assert np.isfinite(logs).all()
