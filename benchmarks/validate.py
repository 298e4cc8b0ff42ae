"""Does the verdict keep its promises? `make validate`: Monte Carlo over noise like real machines', with printed seeds.

Every figure comes from the functions that the product decides with (`deciding.inference`), over simulated campaigns
and over stretches of a recorded trace. Writes benchmarks/results/validation.csv and .md and fails where a promise is
broken. A simulated figure may miss its bound by three of its standard errors.

    python benchmarks/validate.py                  the simulations: some minutes on 2 cores
    python benchmarks/validate.py --only gain      those of some promises: their words
    python benchmarks/validate.py --real           the real machine instead: half an hour, on a quiet one
    python benchmarks/validate.py --record         records a new trace on this machine
"""

import argparse
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from operator import methodcaller
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import noise_models
import numpy as np
import pandas as pd
import screened
from figures import (
    bias_of_gain,
    covers_all_printed,
    covers_gain,
    covers_gain_of_recording,
    covers_truth,
    finds_faster,
    hyperfine_differs,
    keeps_all,
    keeps_best,
    misses_after_stopping,
    misses_best_of_recording,
    misses_truth,
    misses_truth_of_recording,
    names_no_winner,
    product_differs,
    pyperf_differs,
    raw_bias_of_gain,
    size_of_best,
    welch_differs,
    width_of_gain,
)
from noise_models import MODELS, Array
from tqdm import tqdm
from truths import at_the_margin, equal, five_apart, ladder, left_open, one_faster, spread

from concurrency.deciding import inference

RESULTS = Path(__file__).parent / "results"
CHUNK = 4_000_000  # values held at once
FEWER = 5  # cells that leave each round out in turn take this many times fewer campaigns


@dataclass(frozen=True)
class Cell:
    """One promise under one noise model: what it came to in `campaigns` campaigns, and what it had to."""

    promise: str
    model: str
    rounds: int
    arms: int
    campaigns: int
    seed: int
    figure: float
    at_most: float | None = None
    at_least: float | None = None
    slack: float = 0.0

    @property
    def kept(self) -> bool:
        low = -np.inf if self.at_least is None else self.at_least - self.slack
        high = np.inf if self.at_most is None else self.at_most + self.slack
        return bool(low <= self.figure <= high)


@dataclass(frozen=True)
class Job:
    """Simulate campaigns of `arms` arms whose log times differ by `truth(arms)`, and judge them with `measure`.

    `measure(logs, truth, form)` gives a number per campaign; its mean is the figure.
    """

    promise: str
    measure: Callable[[Array, Array, inference.Form], Array] | None
    truth: Callable[[int], Array]
    model: str
    rounds: int
    arms: int
    campaigns: int
    robust: bool = False
    at_most: float | None = None
    at_least: float | None = None
    share: bool = True
    sigma: float = 0.02

    def noise(self, rng: np.random.Generator, count: int) -> Array:
        return noise_models.campaigns(rng, self.model, count, self.rounds, self.arms, self.sigma)

    def run(self) -> Cell:
        seed = zlib.crc32(f"{self.promise} {self.model} {self.rounds} {self.arms}".encode())
        rng = np.random.default_rng(seed)
        truth, how = self.truth(self.arms), inference.form(self.rounds, self.arms, self.robust)
        size = max(1, CHUNK // (self.rounds * self.arms * max(self.arms, 2)))
        values = []
        for begin in range(0, self.campaigns, size):
            count = min(size, self.campaigns - begin)
            assert self.measure
            values.append(self.measure(truth + self.noise(rng, count), truth, how))
        return self.judged(seed, np.concatenate(values).astype(float))

    def judged(self, seed: int, found: Array) -> Cell:
        """The promise beside what was found, a number per campaign."""
        bound = self.at_most if self.at_most is not None else self.at_least
        deviation = np.sqrt(bound * (1 - bound)) if self.share and bound is not None else found.std()
        slack = 3 * deviation / np.sqrt(len(found))
        return Cell(
            self.promise, self.model, self.rounds, self.arms, len(found), seed, float(found.mean()),
            self.at_most, self.at_least, float(slack),
        )  # fmt: skip


@dataclass(frozen=True)
class OfOneRecording(Job):
    """The same, where each campaign replays a recording of its own, which errs for all arms alike."""

    def noise(self, rng: np.random.Generator, count: int) -> Array:
        error = rng.normal(size=(count, 1, 1)) * left_open(self.arms)
        return np.asarray(super().noise(rng, count) - error)


@dataclass(frozen=True)
class OneAfterTheOther(Job):
    """The same noise as it meets a tool that measures one arm after the other: not interleaved, as many samples."""

    def run(self) -> Cell:
        seed = zlib.crc32(f"peers {self.model} {self.rounds}".encode())
        rng = np.random.default_rng(seed)
        series = MODELS[self.model](rng, (self.campaigns, 2 * self.rounds), self.sigma)
        logs = series.reshape(self.campaigns, 2, self.rounds).swapaxes(1, 2)
        figure = float(self.measure(logs, equal(2), "paired").mean())
        return Cell(self.promise, self.model, self.rounds, 2, self.campaigns, seed, figure)


@dataclass(frozen=True)
class Screened(Job):
    """The same from the first screening round on: of arms that are found, in a world of that kind.

    `judge(campaigns)` gives a number per campaign.
    """

    world: screened.World = screened.identical
    judge: Callable[[screened.Campaigns], Array] = screened.claims_a_difference

    def run(self) -> Cell:
        seed = zlib.crc32(f"screened {self.world.__name__} {self.model} {self.arms}".encode())
        found = list(screened.campaigns(np.random.default_rng(seed), self.world, self.model, self.campaigns, self.arms))
        values = np.concatenate([self.judge(alike) for alike in found]).astype(float)
        return self.judged(seed, values)


def of_workers(campaigns: int, models: list[str]) -> Iterator[Job]:
    """Where `workers: auto` leads: three strategies on a ladder of six counts, ten rounds of what screening names."""
    fewer = max(campaigns // FEWER, 1)
    for model in models:
        for strategies in (1, 3, 8):
            yield Screened("workers that are found, all alike: anything printed tells two apart", None, equal, model,
                           screened.ROUNDS, strategies, campaigns, at_most=0.05, world=screened.identical,
                           judge=screened.claims_a_difference)  # fmt: skip
        steady = {"at_least": 0.95} if model != "trace" else {}  # whose samples vary by 20 %: it is told to be noisy
        yield Screened("workers that are found: recommended is within 5 % of the best there is", None, equal, model,
                       screened.ROUNDS, 3, fewer, **steady, world=screened.laws,
                       judge=screened.is_near_the_best)  # fmt: skip
        yield Screened("workers that are found: said to be enough, and within 5 % of the best", None, equal, model,
                       screened.ROUNDS, 3, fewer, at_least=0.95, world=screened.laws,
                       judge=screened.is_rightly_enough)  # fmt: skip
        yield Screened("workers that are found: the interval of the printed gain covers", None, equal, model,
                       screened.ROUNDS, 3, fewer, at_least=0.95, world=screened.laws,
                       judge=screened.covers_gain)  # fmt: skip
        if model != "unequal":  # whose noise is another for other arms
            for strategies in (2, 3, 8):
                yield Screened("workers that are found: samples, over those of all rungs in all rounds", None, equal,
                               model, screened.ROUNDS, strategies, fewer, at_most=0.5, share=False,
                               world=screened.laws, judge=screened.share_of_samples)  # fmt: skip
        steady = {"at_most": 0.3, "at_least": -0.3} if model != "trace" else {}
        yield Screened("workers that are found: bias of the printed gain, %", None, equal, model, screened.ROUNDS, 3,
                       fewer, **steady, share=False, world=screened.laws, judge=screened.bias)  # fmt: skip


def simulations(campaigns: int, models: list[str], many: tuple[int, ...] = (2, 3, 12, 36)) -> Iterator[Job]:
    """The table of promises; `campaigns` per cell."""
    fewer = max(campaigns // FEWER, 1)
    for model in models:
        for k in many:
            for rounds in (10, 20):
                yield Job("identical arms: any difference claimed", misses_truth, equal, model, rounds, k, campaigns,
                          at_most=0.05)  # fmt: skip
            for rounds in (5, 7, 9):
                yield Job("identical arms, few rounds: any difference claimed", misses_truth, equal, model, rounds, k,
                          campaigns, at_most=0.05)  # fmt: skip
            yield Job("identical arms, robust form: any difference claimed", misses_truth, equal, model, 20, k,
                      campaigns, robust=True, at_most=0.05)  # fmt: skip
            yield Job("speed-ups 0.5 to 12: all intervals cover", covers_truth, spread, model, 10, k, campaigns,
                      at_least=0.95)  # fmt: skip
            yield from of_the_gain(fewer, model, k)
        for k in [k for k in many if k > 3]:
            yield Job("best set keeps the one best (5 % faster)", keeps_best, one_faster, model, 10, k, campaigns,
                      at_least=0.98)  # fmt: skip
            yield Job("equal arms: no clear winner", names_no_winner, equal, model, 10, k, campaigns,
                      at_least=0.99)  # fmt: skip
            yield Job("equal arms: all kept", keeps_all, equal, model, 10, k, campaigns, at_least=0.93)
            yield Job("stopping by precision: any difference claimed", misses_after_stopping, equal, model, 40, k,
                      fewer, at_most=0.05, sigma=0.06)  # fmt: skip
    yield from of_one_recording(campaigns, models, many)
    yield from of_workers(campaigns, models)
    for k, bound in ((12, 0.95), (36, 0.90)):
        yield Job("5 % faster, 2 % noise: found", finds_faster, one_faster, "iid", 10, k, campaigns, at_least=bound)
    for k, bound in ((12, 0.80), (36, 0.65)):
        yield Job("5 % faster, bursts, robust form: found", finds_faster, one_faster, "bursts", 20, k, campaigns,
                  robust=True, at_least=bound)  # fmt: skip
    yield Job("12 arms 5 % apart: kept", size_of_best, five_apart, "iid", 10, 12, campaigns, at_most=2, share=False)
    for name, truth in (("equal arms", equal), ("ladder 0–20 %", ladder)):
        for model in ("iid", "bursts", "heavy_tails"):
            for k in (12, 36):
                yield Job(f"{name}: bias of the printed gain, %", bias_of_gain, truth, model, 10, k, campaigns,
                          at_most=0.3, at_least=-0.3, share=False)  # fmt: skip
                yield Job(f"{name}: bias of the printed gain, robust form, %", bias_of_gain, truth, model, 20, k, fewer,
                          robust=True, at_most=0.3, at_least=-0.3, share=False)  # fmt: skip
                yield Job(f"{name}: bias of the raw winner's gain, %", raw_bias_of_gain, truth, model, 10, k, fewer)
    for model in models:
        yield Job("peers: this product", product_differs, equal, model, 20, 2, fewer, at_most=0.05)
        for promise, measure in (
            ("peers: pyperf's test", pyperf_differs),
            ("peers: hyperfine's x ± y", hyperfine_differs),
            ("peers: hyperfine's Welch script", welch_differs),
        ):
            yield OneAfterTheOther(promise, measure, equal, model, 20, 2, fewer)


def of_the_gain(campaigns: int, model: str, k: int) -> Iterator[Job]:
    """The interval of the recommended arm's speed-up, where the choice is clear, and where it wavers between arms or
    whether to take any."""
    for name, truth in (
        ("speed-ups 0.5 to 12", spread), ("ladder 0–20 %", ladder), ("arms 5 % apart", five_apart),
        ("speed-ups of 3 and 3.15", at_the_margin),
    ):  # fmt: skip
        yield Job(f"{name}: the interval of the printed gain covers", covers_gain, truth, model, 10, k, campaigns,
                  at_least=0.95)  # fmt: skip
        for rounds in (5, 10):
            yield Job(f"{name}: that and all intervals of the table cover", covers_all_printed, truth, model, rounds, k,
                      campaigns, at_least=0.95)  # fmt: skip
        if k <= 12:  # more take too long
            yield Job(f"{name}: that and all intervals of the table cover, robust form", covers_all_printed, truth,
                      model, 20, k, campaigns, robust=True, at_least=0.95)  # fmt: skip
    yield Job("ladder 0–20 %: width of the printed gain's interval, over the arm's own", width_of_gain, ladder, model,
              10, k, campaigns, share=False)  # fmt: skip


def of_one_recording(campaigns: int, models: list[str], many: tuple[int, ...]) -> Iterator[Job]:
    for model in models:
        for k in many:
            for rounds in (8, 20):
                yield OfOneRecording("identical arms, replayed from one recording: any difference claimed",
                                     misses_truth_of_recording, equal, model, rounds, k, campaigns,
                                     at_most=0.05)  # fmt: skip
            yield OfOneRecording("replayed from one recording: the interval of the printed gain covers",
                                 covers_gain_of_recording, ladder, model, 10, k, max(campaigns // FEWER, 1),
                                 at_least=0.95)  # fmt: skip
            if k > 3:
                yield OfOneRecording("replayed from one recording: best set loses the one best (5 % faster)",
                                     misses_best_of_recording, one_faster, model, 10, k, campaigns,
                                     at_most=0.05)  # fmt: skip


def simulate(campaigns: int, models: list[str], only: Sequence[str] = (), processes: int = 2) -> list[Cell]:
    """Run all simulations, or those of the promises that have any of the words `only`; the cells come in the order of
    `simulations`."""
    jobs = [job for job in simulations(campaigns, models) if not only or any(word in job.promise for word in only)]
    with ProcessPoolExecutor(processes) as pool:
        return list(tqdm(pool.map(methodcaller("run"), jobs), "simulate", len(jobs), disable=None))


def table(cells: list[Cell]) -> pd.DataFrame:
    return pd.DataFrame([asdict(cell) | {"kept": cell.kept} for cell in cells])


def overview(found: pd.DataFrame) -> str:
    """A row per promise and number of arms, in Markdown: the figure worst over the noise models, and its bound."""
    lines = [
        "| promise | arms | rounds | figure, worst over the models | noise model | bound | kept |",
        "|" + "---|" * 7,
    ]
    for (promise, k), cells in found.groupby(["promise", "arms"], sort=False):
        lower = cells["at_most"].isna() & cells["at_least"].notna()
        size = cells["figure"].abs() if (cells["figure"] < 0).any() else cells["figure"]
        worst = cells.loc[size.idxmin() if lower.all() else size.idxmax()]
        bounds = [f"≤ {worst['at_most']:g}"] if pd.notna(worst["at_most"]) else []
        bounds += [f"≥ {worst['at_least']:g}"] if pd.notna(worst["at_least"]) else []
        rounds = ", ".join(str(n) for n in sorted(set(cells["rounds"])))
        kept = "yes" if cells["kept"].all() else "**no**"
        lines.append(
            f"| {promise} | {k} | {rounds} | {worst['figure']:.3f} | {worst['model']} | "
            f"{' and '.join(bounds) or '–'} | {kept if bounds else '–'} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=10_000, help="campaigns per cell (10000)")
    parser.add_argument("--real", action="store_true", help="the promises about real machines, measured on this one")
    parser.add_argument("--only", nargs="+", default=[],
                        help="of --real: some checks, such as slots; else the promises that have any of these in their "
                        "words, whose figures are printed alone")  # fmt: skip
    parser.add_argument("--record", action="store_true", help="record a new trace on this machine")
    options = parser.parse_args()
    if options.record:
        import real_machine  # noqa: PLC0415

        real_machine.record(noise_models.TRACE)
        return
    if options.real:
        import real_machine  # noqa: PLC0415

        sys.exit(real_machine.main(RESULTS, options.only))
    began = time.monotonic()
    found = table(simulate(options.campaigns, list(MODELS), options.only))
    text = overview(found)
    print(f"{text}\n{len(found)} cells of {options.campaigns} campaigns in {time.monotonic() - began:.0f} s.")
    if not options.only:
        RESULTS.mkdir(exist_ok=True)
        found.to_csv(RESULTS / "validation.csv", index=False, float_format="%.5g")
        (RESULTS / "validation.md").write_text(text, encoding="utf-8")
        print(f"Seeds and all cells: {RESULTS / 'validation.csv'}")
    if not found["kept"].all():
        sys.exit(f"broken: {', '.join(sorted(set(found.loc[~found['kept'], 'promise'])))}")


if __name__ == "__main__":
    main()
