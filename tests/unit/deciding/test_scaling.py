"""The laws of scaling: what was simulated is found again, and nothing is said that the samples do not show."""

import numpy as np
import pandas as pd
import pytest

from concurrency.deciding import laws, scaling, tables
from concurrency.deciding.laws import Points
from concurrency.deciding.summary import summarise
from helpers.campaigns import GIL, ONE_BY_ONE, ladder, table

RUNGS = np.array([1.0, 2, 4, 8, 16, 32])


def usl(workers, contention, coherence, one=2.0):
    return one * (1 + contention * (workers - 1) + coherence * workers * (workers - 1)) / workers


def simulated(seconds, each=2, noise=0.03, seed=0, rungs=RUNGS):
    """Points of `each` samples per rung (or as many as it says for each), about times as a law has them."""
    workers = np.repeat(rungs, each)
    return Points.of(workers, seconds(workers) * np.exp(np.random.default_rng(seed).normal(0, noise, len(workers))))


BOUNDS = [(0.3, 0.02), (0, 0.002), (0.02, 0), (1, 0.01), (0, 0)]


def row(timings, strategy="asyncio"):
    return scaling.fit(timings).set_index("strategy").loc[strategy]


@pytest.mark.parametrize(
    "contention, coherence",
    [(0.05, 0.001), *(pytest.param(*shares, marks=pytest.mark.heavy) for shares in BOUNDS)],
)
@pytest.mark.parametrize("each", [1, 2, (2, 2, 2, 12, 12, 2)], ids=["one", "two", "finalists"])
def test_intervals_hold_contention_coherence_and_times(contention, coherence, each):
    truth = usl(RUNGS, contention, coherence)
    held = np.zeros(3)
    for seed in range(200):
        law = laws.universal(simulated(lambda n: usl(n, contention, coherence), each, seed=seed))
        for i, (of, value) in enumerate([(laws.contention, contention), (laws.coherence, coherence)]):
            middle, low, high = law.interval(of)
            assert 0 <= low <= middle <= high
            held[i] += low <= value <= high
        _, low, high = law.times(RUNGS)
        held[2] += np.mean((low <= truth) & (truth <= high))
    assert (held >= 0.9 * 200).all()


@pytest.mark.heavy
def test_intervals_hold_where_rungs_are_off_the_law_by_more_than_their_samples_scatter():
    held = np.zeros(2)
    for seed in range(200):
        off = np.random.default_rng([seed, 1]).normal(0, 0.03, len(RUNGS))
        points = simulated(
            lambda n, off=off: usl(n, 0.05, 0.001) * np.exp(off[np.searchsorted(RUNGS, n)]), 3, seed=seed
        )
        law = laws.universal(points)
        for i, (of, value) in enumerate([(laws.contention, 0.05), (laws.coherence, 0.001)]):
            _, low, high = law.interval(of)
            held[i] += low <= value <= high
    assert (held >= 0.92 * 200).all()


def test_intervals_are_no_wider_than_they_must_be():
    found = [laws.universal(simulated(lambda n: usl(n, 0.1, 0.005), seed=seed)) for seed in range(100)]
    for of in (laws.contention, laws.coherence):
        values = np.array([law.interval(of) for law in found])
        assert np.median(values[:, 2] - values[:, 1]) < 7 * values[:, 0].std()


def test_without_noise_the_law_is_exact():
    law = laws.best(simulated(lambda n: usl(n, 0.0123, 0.00078), noise=0))
    assert law.name == "usl"
    assert law.interval(laws.contention) == pytest.approx((0.0123,) * 3, rel=1e-5)
    assert law.interval(laws.coherence) == pytest.approx((0.00078,) * 3, rel=1e-5)
    assert law.one_worker_s == pytest.approx(2)
    assert law.knee == pytest.approx(np.sqrt((1 - 0.0123) / 0.00078), rel=1e-5)


@pytest.mark.parametrize("slots", [2, 4, 5, 8])
@pytest.mark.parametrize("noise", [0.01, 0.05])
def test_a_plateau_is_capped(slots, noise):
    found = [laws.best(simulated(lambda n: 2 / np.minimum(n, slots), noise=noise, seed=seed)) for seed in range(50)]
    assert np.mean([law.name == "capped" and law.fits for law in found]) > 0.95
    assert np.median([law.knee for law in found if law.name == "capped"]) == pytest.approx(slots, rel=0.05)


@pytest.mark.parametrize("contention, coherence", [(0.05, 0.01), (0.3, 0.02), (1, 0.01), (0, 0), (1, 0)])
def test_what_falls_again_or_never_levels_off_is_not_capped(contention, coherence):
    found = [laws.best(simulated(lambda n: usl(n, contention, coherence), seed=seed)) for seed in range(50)]
    assert {law.name for law in found} == {"usl"}
    assert np.mean([law.fits for law in found]) > 0.95


def test_rungs_off_the_law_by_more_than_they_scatter_widen_it():
    bent = usl(RUNGS, 0.1, 0.005) * np.exp([0.05, -0.05, 0.05, -0.05, 0.05, -0.05])
    law = laws.universal(Points.of(np.repeat(RUNGS, 10), np.repeat(bent, 10)))
    assert law.fits
    _, low, high = law.interval(laws.contention)
    assert high - low > 0.05


def test_a_knee_is_told_only_where_the_points_show_one():
    assert np.isnan(laws.best(simulated(lambda n: usl(n, 0.1, 0), noise=0)).knee)
    assert np.isnan(laws.best(simulated(lambda n: usl(n, 0.001, 1e-6), noise=0)).knee)  # beyond ten times the rungs
    assert laws.best(simulated(lambda n: usl(n, 1, 0.1), noise=0)).knee == 1  # slower with each more


@pytest.mark.parametrize("counts", [[1], [1, 2], [1, 2, 4, 8]], ids=str)
def test_too_few_rungs_have_no_law(counts):
    found = row(ladder({"asyncio": lambda n: usl(n, 0.05, 0.001)}, counts))
    assert (found["rungs"], found["law"]) == (len(counts), "")
    assert found[["items_per_s", "contention", "coherence", "cap_items_per_s", "knee", "residual"]].isna().all()


def test_a_law_that_does_not_fit_is_not_told():
    found = row(ladder({"asyncio": lambda n: 2 / n * (3 if n in (2, 16) else 1)}))
    assert (found["rungs"], found["law"]) == (6, "")
    assert found["residual"] > 0.3
    assert found[["contention", "items_per_s", "knee"]].isna().all()


def test_a_row_has_the_units_of_the_table():
    timings = ladder({"asyncio": lambda n: usl(n, 0.05, 0.001), "threads": lambda n: 3 / min(n, 4)})
    found = scaling.fit(timings)
    assert list(found) == list(tables.SCALING)
    assert found["strategy"].tolist() == ["asyncio", "threads"]  # one by one is what they are held against
    assert found["law"].tolist() == ["usl", "capped"]
    assert found["items_per_s"].tolist() == pytest.approx([7.5, 5], rel=0.03)
    assert found["cap_items_per_s"][1] == pytest.approx(20, rel=0.03)
    assert found["knee"].isna().tolist() == [True, False]  # near 31, of 15 items
    assert found["knee"][1] == pytest.approx(4, rel=0.1)
    more = scaling.fit(timings.assign(items=100))
    assert more["knee"][0] == pytest.approx(np.sqrt(0.95 / 0.001), rel=0.1)
    assert found["serial"].isna().all()  # which is said of computing only


def test_the_table_comes_back_as_it_was_written(tmp_path):
    found = scaling.fit(ladder({"asyncio": lambda n: usl(n, 0.05, 0.001), "threads": lambda n: 3 / min(n, 4)}))
    tables.write(found, tmp_path / "scaling.csv")
    pd.testing.assert_frame_equal(tables.read_scaling(tmp_path / "scaling.csv"), found, rtol=1e-5)


def test_failures_warm_ups_and_duplicates_do_not_count():
    timings = ladder({"asyncio": lambda n: usl(n, 0.05, 0.001)})
    others = timings.assign(wall_s=0.001)
    failed, duplicate = others.assign(failed=1), others.assign(control=True)
    broken, warm_up = others.assign(error="it broke"), others.assign(warm_up=True)
    timeless = others.assign(wall_s=np.nan)
    everything = pd.concat([timings, failed, broken, timeless, duplicate, warm_up])
    pd.testing.assert_frame_equal(scaling.fit(everything), scaling.fit(timings))


def test_a_rung_that_failed_is_no_rung():
    timings = ladder({"asyncio": lambda n: usl(n, 0.05, 0.001)})
    timings.loc[timings["workers"].isin([16, 32]), "failed"] = 15
    assert (row(timings)["rungs"], row(timings)["law"]) == (4, "")
    assert scaling.fit(timings.assign(failed=15)).empty


def test_screening_and_fresh_rounds_make_one_ladder():
    screening = ladder({"asyncio": lambda n: usl(n, 0.05, 0.001)})
    fresh = ladder({"asyncio": lambda n: usl(n, 0.05, 0.001)}, [16], rounds=10, screening=False)
    assert row(screening)["rungs"] == row(pd.concat([screening, fresh]))["rungs"] == 6
    assert summarise(screening).empty


def test_computing_is_limited_by_the_cores_or_by_the_gil():
    timings = ladder(
        {
            "process_pool": lambda n: 2 / min(n, 4) * (1 if n < 4 else 1.1),
            "joblib": lambda n: 2 / min(n, 2),  # nobody knows why
            "threads": lambda n: 2.0,
            "asyncio": lambda n: 2.0,
            "dask": lambda n: 2.0,
        },
        workload="squares",
    )
    limits = scaling.fit(timings).set_index("strategy")["limit"]
    assert limits["process_pool"] == scaling.CORES
    assert limits["threads"] == scaling.GIL
    assert limits["asyncio"] == scaling.NEVER_WAITS
    assert (limits["joblib"], limits["dask"]) == ("", "")
    free = ladder({"threads": lambda n: 2 / min(n, 4)}, workload="squares", gil=False)
    assert row(free, "threads")["limit"] == scaling.CORES
    gains = ladder({"threads": lambda n: 2 / min(n, 2)}, workload="squares", gil=True)
    assert row(gains, "threads")["limit"] == ""  # it lets go of the GIL, so that is not what holds it
    few = ladder({"process_pool": lambda n: 2 / n}, [1, 2], workload="squares")
    assert row(few, "process_pool")["limit"] == ""  # two of four cores were asked for


def test_waiting_is_limited_by_what_the_workload_knows_if_that_is_reached():
    near, far = (
        ladder({"asyncio": lambda n: 2 / min(n, 4)}, minimum_s=least, limit="the server's slots", cpu_s=0.1)
        for least in (0.48, 0.3)
    )
    assert (row(near)["limit"], row(far)["limit"]) == ("the server's slots", "")
    assert row(near.assign(limit=""))["limit"] == ""
    assert row(far.assign(minimum_s=np.nan, cpu_s=far["wall_s"]))["limit"] == scaling.OWN_COST
    processes = ladder({"process_pool": lambda n: 2 / min(n, 4)}).assign(cpu_s=1.0)
    assert row(processes, "process_pool")["limit"] == ""


def test_the_serial_share_is_of_rungs_that_have_a_core_each():
    timings = ladder({"process_pool": lambda n: usl(min(n, 4), 0.1, 0)}, workload="squares")
    assert row(timings, "process_pool")["serial"] == pytest.approx(0.1, abs=0.03)
    two = ladder({"process_pool": lambda n: usl(n, 0.1, 0)}, [1, 2], noise=0, workload="squares")
    assert row(two, "process_pool")["serial"] == pytest.approx(0.1)
    once = ladder({"process_pool": lambda n: usl(n, 0.1, 0)}, [1, 2], rounds=1, workload="squares")
    assert pd.isna(row(once, "process_pool")["serial"])  # whose error nobody knows
    one = ladder({"process_pool": lambda n: 2.0}, [8], workload="squares")
    assert pd.isna(row(one, "process_pool")["serial"])


def test_two_rungs_tell_the_serial_share_with_its_interval():
    held = []
    for seed in range(100):
        law = laws.amdahl(simulated(lambda n: usl(n, 0.1, 0), 5, seed=seed, rungs=np.array([1.0, 2])))
        _, low, high = law.interval(laws.contention)
        held.append(low <= 0.1 <= high)
    assert np.mean(held) >= 0.9


def test_laws_in_words():
    slots = {"minimum_s": 0.49, "limit": "the server's slots"}
    timings = ladder({"asyncio": lambda n: usl(n, 0.02, 0.002), "threads": lambda n: 2 / min(n, 4)}, **slots)
    said = [scaling.in_words(found) for _, found in scaling.fit(timings.assign(items=100)).iterrows()]
    assert said[0].startswith("asyncio: contention 2.")
    assert " %), best near 22 in flight; limited by the server's slots" in said[0]
    assert said[1] == "threads: nothing gained beyond 4 in flight; limited by the server's slots"
    shaky = ladder({"process_pool": lambda n: usl(n, 0.3, 0)}, [1, 2], noise=0.5, workload="squares")
    assert scaling.in_words(scaling.fit(shaky).iloc[0]) == ""
    nothing = ladder({"asyncio": lambda n: 2 / n}, [1, 2], minimum_s=0.1).assign(cpu_s=0.1)
    assert scaling.in_words(scaling.fit(nothing).iloc[0]) == ""


def test_screening_gains_are_over_one_by_one_of_the_same_round_if_there_is_one():
    def times(one_by_one, asyncio):
        return table({ONE_BY_ONE: one_by_one, ("asyncio", 4): asyncio}, screening=True)

    slowed = times([2.0, 4.0], [1.0, 2.0])
    assert scaling.screened(slowed, "download").set_index("strategy")["gain"]["asyncio"] == pytest.approx(2)
    without = pd.concat([times([..., ...], [1.0, 2.0]), table({ONE_BY_ONE: [3.0, 6.0, 9.0]})])
    assert scaling.screened(without, "download")["gain"].tolist() == pytest.approx([(6 + 3) / 2])
    assert scaling.screened(times([None, None], [1.0, 2.0]), "download")["gain"].isna().all()


def test_screening_gains_are_over_the_interpreter_that_is_asked_for():
    slow = table({ONE_BY_ONE: [3.0], ("threads", 2): [1.5]}, "squares", screening=True)
    quick = table({ONE_BY_ONE: [2.0]}, "squares", screening=True, interpreter=GIL)
    both = pd.concat([slow, quick])
    own, other = (
        scaling.screened(both, "squares", reference).set_index("strategy")["gain"]["threads"]
        for reference in (None, GIL)
    )
    assert (own, other) == pytest.approx((2, 2 / 1.5))


def test_a_ceiling_that_a_rung_is_above_has_no_knee():
    """30 items that sleep: from 15 workers on each takes two, and 30 take one."""
    waves = ladder({"threads": lambda n: 2.0 * -(-30 // n) / 30}, (1, 2, 4, 8, 15, 16, 20, 24, 30), noise=0.002)
    [row] = scaling.fit(waves.assign(items=30)).to_dict("records")
    assert pd.isna(row["knee"]) or row["knee"] >= 30


def test_a_table_that_does_not_tell_how_many_items_has_a_law_all_the_same():
    timings = ladder({"asyncio": lambda n: usl(n, 0.05, 0.001)}).drop(columns="items")
    found = row(tables.timings(timings.to_dict("records")))
    assert found["law"] == "usl"
    assert pd.isna(found["items_per_s"])
