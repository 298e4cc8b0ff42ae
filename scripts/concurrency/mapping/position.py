"""Where measured works lie on the map, whether the map says the same of them, and what would change the answer."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from concurrency.deciding import words
from concurrency.deciding.blocks import are_good
from concurrency.deciding.inference import WORTHWHILE
from concurrency.deciding.names import ONE_BY_ONE
from concurrency.mapping import grid
from concurrency.mapping.contestants import ITEMS
from concurrency.mapping.grid import Place
from concurrency.measuring.interpreters import GIL_IS_BACK
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of

PARALLEL = 1.2  # CPU seconds a second, of threads under a GIL: what they compute lets go of it
LONG, SHARE = 3.0, 0.1  # times the mean, and of the time of all: an item that is so much longer than others
AT_BOUND = 1.1  # times the least possible: what takes no longer is kept by that
MANY = 3.0  # times the items of a place: so many more or fewer make another work of it
MOVED = 10.0
EDGE = 10 ** (0.5 / grid.IN_TEN)  # half a level


@dataclass(frozen=True)
class Spot:
    """What the map says of a place under an interpreter: the `recommended` strategy, those that are `best`, which
    cannot be told from the fastest or are slower by less than is worth anything, whether that is `clear`, and the gain
    over one by one."""

    recommended: str
    best: frozenset[str]
    clear: bool
    gain: float


def spots(table: pd.DataFrame) -> dict[str, dict[Place, Spot]]:
    """Those of a table of the map, of each interpreter."""
    found: dict[str, dict[Place, Spot]] = {}
    for (label, waiting, computing), rows in table.groupby(["interpreter", "waiting", "computing"], sort=True):
        chosen = rows[rows["recommended"]].iloc[0]
        is_as_good = rows["gain"] * (1 + WORTHWHILE) >= chosen["gain"]
        best = frozenset(rows.loc[rows["best"] | is_as_good.fillna(False), "strategy"])
        spot = Spot(chosen["strategy"], best, bool(chosen["clear"]), float(chosen["gain"]))
        found.setdefault(label, {})[Place(int(waiting), int(computing))] = spot
    return found


@dataclass(frozen=True)
class Point:
    """A measured work on the map of an interpreter: what an item of it waits and computes, one by one, in seconds."""

    workload: str
    interpreter: str
    waits_s: float
    computes_s: float


def points(timings: pd.DataFrame, labels: Sequence[str]) -> list[Point]:
    """Those of the works of the first host in `timings`, on the interpreters that have a map, by their samples of one
    by one that count."""
    counted = timings[are_good(timings) & ~timings["control"].fillna(False) & ~timings["screening"].fillna(False)]
    mine = counted[
        (counted["strategy"] == BASELINE) & (counted["host"] == timings["host"].iloc[0]) & counted["cpu_s"].notna()
    ]
    mine = mine.assign(interpreter=mine["interpreter"].str.removesuffix(GIL_IS_BACK))
    found = []
    for (workload, label), samples in mine.groupby(["workload", "interpreter"], sort=True):
        if label in labels:
            items = samples["items"].astype(float)
            computes = (samples["cpu_s"].astype(float) / items).median()
            waits = ((samples["wall_s"] - samples["cpu_s"]).clip(lower=0).astype(float) / items).median()
            found.append(Point(str(workload), str(label), float(waits), float(computes)))
    return found


def described(
    table: pd.DataFrame,
    timings: pd.DataFrame,
    summary: pd.DataFrame,
    verdict: Mapping[str, Mapping[str, Any]],
    seconds: Mapping[str, Sequence[float]],
) -> list[dict[str, Any]]:
    """Each measured work on the map, as data and in a sentence; `seconds` are what the items of a work of the user's
    own took, one by one or not, where that is known."""
    of_label = spots(table)
    found = []
    for point in points(timings, list(of_label)):
        answer = verdict.get(point.workload, {})
        if str(answer.get("interpreter", point.interpreter)).removesuffix(GIL_IS_BACK) != point.interpreter:
            continue
        is_own = (summary["workload"] == point.workload) & (summary["host"] == answer.get("host"))
        own = summary[is_own & (summary["interpreter"].str.removesuffix(GIL_IS_BACK) == point.interpreter)]
        known = of_label[point.interpreter]
        spot = known[grid.nearest(known, point.waits_s, point.computes_s)]
        measured = answer.get("strategy")
        agrees = None if measured is None else _agree(spot, measured, own)
        told = [_where(point, spot)]
        if measured:
            reasons = _reasons(point, spot, answer, own, timings, seconds.get(point.workload, ()))
            told.append(_beside(spot, measured, own, reasons))
        told.append(_changed(point, known, spot))
        found.append(
            {
                "workload": point.workload,
                "interpreter": point.interpreter,
                "waits_ms": round(1000 * point.waits_s, 4),
                "computes_ms": round(1000 * point.computes_s, 4),
                "map": spot.recommended,
                "clear": spot.clear,
                "measured": measured,
                "agrees": agrees,
                "sentence": " ".join(filter(None, told)),
            }
        )
    return found


def said(strategy: str) -> str:
    """A strategy as people call it."""
    return ONE_BY_ONE if strategy == BASELINE else strategy


def _agree(spot: Spot, measured: str, own: pd.DataFrame) -> bool:
    """Whether one has what is among the best of the other."""
    return measured in spot.best or bool(spot.best & _best(own))


def _best(own: pd.DataFrame) -> set[str]:
    return set(own.loc[own["best"].fillna(False), "strategy"])


def _where(point: Point, spot: Spot) -> str:
    title = kind_of(point.workload).title.partition(" (")[0]
    names = sorted(map(said, spot.best))
    there = f"{said(spot.recommended)} is the answer there"
    if spot.clear and spot.recommended != BASELINE:
        there += f", {words.number(spot.gain)}× as fast as one by one"
    elif not spot.clear:
        there = (
            f"no winner can be told there among {words.listed(names)}"
            if len(names) > 1
            else f"{there}, as far as it can be told"
        )
    waits, computes = (words.number(1000 * time) for time in (point.waits_s, point.computes_s))
    on = "At the edge of the map, beyond which it lies" if _is_beyond(point.waits_s, point.computes_s) else "On the map"
    return f"{title}: an item waits {waits} ms and computes {computes} ms, one by one. {on}, {there}."


def _beside(spot: Spot, measured: str, own: pd.DataFrame, reasons: Iterable[str]) -> str:
    """Whether what was `measured` on the work itself agrees, and if not, the `reasons` why that may be."""
    told = f"Measured on the work itself it is {said(measured)}"
    if measured == spot.recommended and spot.clear:
        return "So says what was measured on the work itself."
    if measured in spot.best:
        return f"{told}, which is as good there." if spot.clear else f"{told}."
    if same := sorted(map(said, spot.best & _best(own))):
        return f"{told}, from which {words.listed(same)} could not be told."
    return f"{told}: {'; '.join(reasons) or 'why, these measurements do not tell'}."


def _reasons(
    point: Point,
    spot: Spot,
    answer: Mapping[str, Any],
    own: pd.DataFrame,
    timings: pd.DataFrame,
    seconds: Sequence[float],
) -> Iterator[str]:
    if not spot.best & set(own["strategy"]):
        yield f"{said(spot.recommended)} was not compared on it"
    threads = own[(own["strategy"] == "threads") & own["median_s"].notna()]
    if not point.interpreter.endswith("t") and (threads["cpu_s"] > PARALLEL * threads["median_s"]).any():
        yield "what an item computes lets go of the GIL, as threads computed on several cores at once"
    samples = timings[(timings["workload"] == point.workload) & are_good(timings)]
    chosen = samples[(samples["strategy"] == answer["strategy"]) & (samples["workers"] == answer["workers"])]
    if (chosen["wall_s"] <= AT_BOUND * chosen["minimum_s"]).fillna(False).mean() > 0.5:
        yield f"what bounds it is {chosen['limit'].mode().iloc[0] or 'given'}, and on the map nothing does"
    if len(seconds) and max(seconds) > max(LONG / len(seconds), SHARE) * sum(seconds):
        share = words.percent(max(seconds) / sum(seconds))
        yield f"its items are of unequal length (the longest takes {share} of the time of all)"
    items = int(samples["items"].max())
    if not ITEMS / MANY < items < ITEMS * MANY:
        counts = "less" if items > ITEMS else "more"
        yield f"it has {words.counted(items, 'item')}, and a place of the map {ITEMS}, so that set-up counts {counts}"


def _changed(point: Point, known: Mapping[Place, Spot], spot: Spot) -> str:
    """What else the answer would be if the waiting or the computing were ten times as long, or as short."""
    moves = {
        "what it waits for became 10 times as fast": (1 / MOVED, 1.0),
        "it waited 10 times as long": (MOVED, 1.0),
        "it computed a tenth as much": (1.0, 1 / MOVED),
        "it computed 10 times as much": (1.0, MOVED),
    }
    told, known_of = [], 0
    for what, (waits, computes) in moves.items():
        at = point.waits_s * waits, point.computes_s * computes
        other = known[grid.nearest(known, *at)]
        if _is_beyond(*at) or not other.clear:
            continue
        known_of += 1
        if other.recommended not in spot.best and spot.recommended not in other.best:
            told.append(f"if {what}, {said(other.recommended)}")
    if told:
        return f"{told[0][0].upper()}{'; '.join(told)[1:]}."
    return "Nothing would change that within a factor of ten." if known_of == len(moves) and spot.clear else ""


def _is_beyond(waits_s: float, computes_s: float) -> bool:
    """Whether no place of the map is near."""
    return waits_s > EDGE * grid.LONGEST_WAIT_S or computes_s > EDGE * grid.LONGEST_COMPUTING_S


def seconds_of(results: Path) -> list[float]:
    """What each item took in the job of a work of the user's own, by its results.jsonl."""
    with results.open(encoding="utf-8") as lines:
        return [float(line["seconds"]) for line in map(json.loads, lines) if "seconds" in line]
