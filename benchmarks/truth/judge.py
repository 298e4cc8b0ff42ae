"""What the samples say of the replay: its errors against the truth, through the product's own summary and verdict."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from concurrency.deciding import recording, tables
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.strategies._catalogue import BASELINE

from . import CASES

ARM = ["strategy", "workers"]
LEAD = 0.05  # by which an arm must truly be ahead for that to be worth a word: many rounds can tell 0.1 % apart


@dataclass(frozen=True)
class Judged:
    """A path on which a side was held against the truth.

    `arms` has a row per arm: `truth` and `replayed` (speed-ups against one by one, with the bounds of the latter's
    interval, `low` and `high`), `truth_s` and `replayed_s`. Errors are shares of the truth.
    """

    path: str
    arms: pd.DataFrame
    recommended: tuple[str, str]  # by the truth and by this side
    best: frozenset[str]  # all that are truly within LEAD of the fastest
    sentence: str

    @property
    def agrees(self) -> bool:
        """Whether what is recommended is truly as good as anything."""
        return self.recommended[1] in self.best

    @property
    def compared(self) -> pd.DataFrame:
        """The arms without the one that all are held against."""
        return self.arms.drop(BASELINE, level="strategy")

    @property
    def errors(self) -> "pd.Series[float]":
        return (self.compared["replayed"] / self.compared["truth"] - 1).abs().fillna(np.inf)  # an arm that failed

    @property
    def time_errors(self) -> "pd.Series[float]":
        return (self.arms["replayed_s"] / self.arms["truth_s"] - 1).abs().fillna(np.inf)

    @property
    def held(self) -> "pd.Series[bool]":
        """Whether each arm's interval holds the truth."""
        return self.compared["truth"].between(self.compared["low"], self.compared["high"])


def judge(samples: pd.DataFrame, side: str = "replay") -> Iterator[Judged]:
    """Each path of `samples` that has such a side; their columns are those of timings.csv, `path` and `side`.

    Arms come in the order of what they truly gain.
    """
    for path, of_path in samples.groupby("path", sort=False):
        timings = {name: tables.timings(rows.to_dict("records")) for name, rows in of_path.groupby("side")}
        if side not in timings:
            continue
        summaries = {name: summarise(timings[name]).set_index(ARM) for name in ("truth", side)}
        unsteady = of_path.loc[of_path["side"] == side, "unsteady"].max() if "unsteady" in of_path else np.nan
        told = list(recording.notes({"unsteady": np.nan_to_num(unsteady), "rate_known": True}, {}))
        answers = {
            name: verdict(timings[name], summarise(timings[name]), notes={"download": notes})["download"]
            for name, notes in (("truth", []), (side, told))
        }
        true, replayed = summaries["truth"], summaries[side]
        arms = pd.DataFrame(
            {
                "truth": true["speedup"],
                "replayed": replayed["speedup"],
                "low": replayed["speedup_low"],
                "high": replayed["speedup_high"],
                "truth_s": _mean_s(timings["truth"]),
                "replayed_s": _mean_s(timings[side]),
            }
        ).astype(float)
        lead = arms["truth"].max() * (1 - LEAD)
        yield Judged(
            str(path),
            arms.sort_values("truth"),
            (_recommended(answers["truth"]), _recommended(answers[side])),
            frozenset(f"{strategy} {workers}" for strategy, workers in arms.index[arms["truth"] >= lead]),
            answers[side]["sentence"],
        )


def _mean_s(timings: pd.DataFrame) -> "pd.Series[float]":
    """The geometric mean of each arm's times."""
    good = timings[timings["error"] == ""]
    return np.exp(np.log(good["wall_s"].astype(float)).groupby([good[name] for name in ARM]).mean())


def _recommended(answer: dict[str, object]) -> str:
    return f"{answer['strategy']} {answer['workers']}" if "strategy" in answer else "–"


@dataclass(frozen=True)
class Promise:
    text: str
    figure: str
    reach: str
    kept: bool


def promises(judged: list[Judged]) -> Iterator[Promise]:
    """What was to be reached, as far as it was measured."""
    of_kind = {kind: [one for one in judged if CASES[one.path].kind == kind] for kind in ("path", "unsteady", "hosts")}
    if ten := of_kind["path"]:
        errors = pd.Series({one.path: one.errors.mean() for one in ten})
        worst, middle = errors.max(), errors.median()
        yield Promise(
            "speed-ups, mean error over the arms, worst path",
            f"{worst:.1%} ({errors.idxmax()})",
            "≤ 5 %",
            worst <= 0.05,
        )
        yield Promise("the same, median path", f"{middle:.1%}", "≤ 3 %", middle <= 0.03)
        times = pd.Series({one.path: one.time_errors.max() for one in ten})
        yield Promise(
            "every arm's wall time, worst", f"{times.max():.1%} ({times.idxmax()})", "within 10 %", times.max() <= 0.1
        )
        clear = [one for one in ten if len(one.best) == 1]
        same = [one for one in clear if one.agrees]
        if clear:
            yield Promise(
                f"recommended arm, where one is truly ahead by {LEAD:.0%}",
                f"the same in {len(same)} of {len(clear)}", "all", len(same) == len(clear),
            )  # fmt: skip
        agree = sum(one.agrees for one in ten)
        yield Promise(
            f"recommended arm truly within {LEAD:.0%} of the fastest",
            f"{agree} of {len(ten)}", "all", agree == len(ten),
        )  # fmt: skip
    for one in of_kind["unsteady"]:
        held, all_of_them = int(one.held.sum()), len(one.held)
        yield Promise(
            "jitter and loss: intervals that hold the truth",
            f"{held} of {all_of_them}", "≥ 9 of 10", held >= 0.9 * all_of_them,
        )  # fmt: skip
        says = "unsteady" in one.sentence
        yield Promise("jitter and loss: the sentence says so", "yes" if says else "no", "yes", says)
    for one in of_kind["hosts"]:
        worst, time = one.errors.max(), one.time_errors.max()
        yield Promise("20 hosts: ratios", f"{worst:.1%}", "within 3 %", worst <= 0.03)
        yield Promise("20 hosts: times", f"{time:.1%}", "within 10 %", time <= 0.1)
