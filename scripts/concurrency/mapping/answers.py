"""What the sweeps say of each place: which strategy to use, how much is gained, and what cannot be told from it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from concurrency.deciding import inference
from concurrency.deciding.inference import ROUNDS_TO_DECIDE, UNKNOWN, Effect
from concurrency.mapping.contestants import ITEMS, Contestant
from concurrency.mapping.grid import Place
from concurrency.mapping.journal import Stage
from concurrency.mapping.sweeping import Sweep
from concurrency.strategies._catalogue import BASELINE

CHECKED = (Place(8, 0), Place(0, 12), Place(8, 12))  # where one by one is measured, too
COMPUTES = CHECKED[1]  # where it tells what computing takes in a round

COLUMNS = {
    "interpreter": "str",
    "waits_ms": "Float64",
    "computes_ms": "Float64",
    "waiting": "Int64",
    "computing": "Int64",
    "strategy": "str",
    "workers": "Int64",
    "how": "str",
    "rounds": "Int64",
    "setup_s": "Float64",
    "median_s": "Float64",
    "gain": "Float64",
    "gain_low": "Float64",
    "gain_high": "Float64",
    "best": "boolean",
    "recommended": "boolean",
    "clear": "boolean",
    "others": "Float64",
    "stolen": "Float64",
}


@dataclass(frozen=True)
class Answer:
    """That for a place under an interpreter: of the `names` of strategies, one by one first, in order of simplicity,
    the `recommended` one, whether it is `clear` that it is enough or the only best one, which are the `best`, and what
    each gains over one by one; `logs` are log times, a row for each round."""

    names: list[str]
    logs: np.ndarray
    recommended: str
    clear: bool
    best: set[str]
    gains: dict[str, Effect]

    def median_s(self, name: str) -> float:
        """What one of `names` took, set-up included."""
        return float(np.median(np.exp(self.logs[:, self.names.index(name)])))


def answers(
    stages: Sequence[Stage], contestants: Mapping[str, Sequence[Contestant]], worthwhile: float
) -> dict[str, dict[Place, Answer]]:
    """For each interpreter, at each place that was swept in rounds that count."""
    return {
        label: {
            place: _answer(names, logs, worthwhile)
            for place, (names, logs) in _times(stages, label, [one.name for one in own]).items()
        }
        for label, own in contestants.items()
    }


def _times(stages: Sequence[Stage], label: str, order: Sequence[str]) -> dict[Place, tuple[list[str], np.ndarray]]:
    """At each place, of one by one and of who was swept there in each of its rounds: their names and log times."""
    found: dict[Place, list[dict[str, float]]] = {}
    for stage in stages:
        for number in range(stage.rounds if stage.counts else 0):
            own = [sweep for round_, sweep in stage.sweeps if round_ == number and sweep.interpreter == label]
            times = _by_place(own)
            if COMPUTES not in times or BASELINE not in times[COMPUTES]:
                continue  # the round was not finished
            slow = times[COMPUTES][BASELINE] / (ITEMS * COMPUTES.computes_s)
            for place, names in stage.contenders.get(label, {}).items():
                taken = times.get(place, {})
                if all(name in taken or _failed(own, name) for name in names):
                    one_by_one = ITEMS * (place.waits_s + slow * place.computes_s)
                    found.setdefault(place, []).append({BASELINE: one_by_one, **taken})
    known = {}
    for place, rounds in found.items():
        names = [name for name in order if all(name in taken for taken in rounds)]
        known[place] = names, np.log([[taken[name] for name in names] for taken in rounds])
    return known


def _by_place(sweeps: Sequence[Sweep]) -> dict[Place, dict[str, float]]:
    """What each took at each place, set-up included; one by one has none."""
    found: dict[Place, dict[str, float]] = {}
    for sweep in sweeps:
        for place, took in zip(sweep.places, sweep.took_s, strict=False):
            found.setdefault(place, {})[sweep.strategy] = sweep.setup_s + took
    return found


def _failed(sweeps: Sequence[Sweep], name: str) -> bool:
    return any(sweep.strategy == name and sweep.error for sweep in sweeps)


def _answer(names: list[str], logs: np.ndarray, worthwhile: float) -> Answer:
    if len(logs) < 2 or len(names) < 2:
        means = logs.mean(axis=0)
        gains = {
            name: Effect(float(np.exp(means[0] - mean)), np.nan, np.nan)
            for name, mean in zip(names, means, strict=True)
        }
        return Answer(names, logs, names[int(means.argmin())], len(names) == 1, set(names), gains)
    how = inference.form(len(logs), len(names))
    campaign = logs[None]
    choice = int(inference.recommended(campaign, how, worthwhile)[0])
    kept = inference.best_set(campaign, how)[0]
    best = {name for name, is_best in zip(names, kept, strict=True) if is_best}
    is_enough = bool(inference.enough(campaign, how, worthwhile)[0, choice])
    effects = inference.against(campaign, 0, how).effects(len(names) - 1)
    clear = len(logs) >= ROUNDS_TO_DECIDE and (is_enough or best == {names[choice]})
    return Answer(names, logs, names[choice], clear, best, dict(zip(names, effects, strict=True)))


def table(stages: Sequence[Stage], contestants: Mapping[str, Sequence[Contestant]], worthwhile: float) -> pd.DataFrame:
    """A row for each contestant at each place, with COLUMNS; `how` it is known: measured in rounds, only screened,
    failed, the least that it can take (in `median_s`), where that is more than what is recommended took, not tried, or
    computed, as one by one is where that takes long. `others` and `stolen` are of all sweeps of the interpreter."""
    rows = list(_rows(stages, contestants, answers(stages, contestants, worthwhile)))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _rows(
    stages: Sequence[Stage],
    contestants: Mapping[str, Sequence[Contestant]],
    found: Mapping[str, Mapping[Place, Answer]],
) -> Iterator[dict[str, object]]:
    for label, of_places in found.items():
        own = [sweep for stage in stages for _, sweep in stage.sweeps if sweep.interpreter == label]
        screened = _by_place(
            [sweep for stage in stages if not stage.counts for _, sweep in stage.sweeps if sweep.interpreter == label]
        )
        swept = {
            one.name: {place for sweep in own if sweep.strategy == one.name for place in sweep.places}
            for one in contestants[label]
        }
        setups = {
            one.name: [sweep.setup_s for sweep in own if sweep.strategy == one.name and not sweep.error]
            for one in contestants[label]
        }
        meanwhile = {"others": _mean(own, "others"), "stolen": _mean(own, "stolen")}
        for place, answer in sorted(of_places.items()):
            for contestant in contestants[label]:
                name = contestant.name
                row = {
                    "interpreter": label,
                    "waits_ms": 1000 * place.waits_s,
                    "computes_ms": 1000 * place.computes_s,
                    "waiting": place.waiting,
                    "computing": place.computing,
                    "strategy": name,
                    "workers": contestant.workers,
                    "setup_s": float(np.median(setups[name])) if setups[name] and name != BASELINE else 0.0,
                    "best": name in answer.best,
                    "recommended": name == answer.recommended,
                    "clear": answer.clear,
                } | meanwhile
                gain = UNKNOWN
                if name in answer.names:
                    is_computed = name == BASELINE and place not in swept[BASELINE]
                    row |= {"how": "computed" if is_computed else "measured", "rounds": len(answer.logs)}
                    row["median_s"] = answer.median_s(name)
                    gain = answer.gains[name]
                elif place in swept[name]:
                    failed = [
                        sweep for sweep in own if sweep.strategy == name and place in sweep.places and sweep.error
                    ]
                    row |= {"how": "failed" if failed else "screened", "rounds": 0}
                    if name in screened.get(place, {}):
                        row["median_s"] = screened[place][name]
                elif (least_s := contestant.least_s(place)) > answer.median_s(answer.recommended):
                    row |= {"how": "at least", "rounds": 0, "median_s": least_s}
                else:
                    row |= {"how": "not tried", "rounds": 0}
                yield row | dict(zip(("gain", "gain_low", "gain_high"), gain, strict=True))


def _mean(sweeps: Sequence[Sweep], fact: str) -> float:
    """Of those that tell it, each weighing as long as it lasted; nan where none does."""
    known = [sweep for sweep in sweeps if getattr(sweep, fact) is not None]
    lasted_s = sum(sweep.lasted_s for sweep in known)
    return sum(getattr(sweep, fact) * sweep.lasted_s for sweep in known) / lasted_s if known else math.nan


def read(path: str | Path) -> pd.DataFrame:
    """A table of the map as it was written, now or by an older version, which had not all columns."""
    return pd.read_csv(path, keep_default_na=True).reindex(columns=list(COLUMNS)).astype(COLUMNS)


def checked(stages: Sequence[Stage]) -> dict[str, list[float]]:
    """Of each interpreter, what one by one took at the places CHECKED over n (w + c), in each round."""
    found: dict[str, list[float]] = {}
    for sweep in (sweep for stage in stages if stage.counts for _, sweep in stage.sweeps):
        if sweep.strategy == BASELINE:
            for place, took in zip(sweep.places, sweep.took_s, strict=False):
                if place in CHECKED:
                    found.setdefault(sweep.interpreter, []).append(took / (ITEMS * (place.waits_s + place.computes_s)))
    return found
