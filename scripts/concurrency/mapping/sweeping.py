"""A sweep: one strategy at many places of the map, in one fresh interpreter; what a unit of computing takes."""

import itertools
import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from concurrency.errors import UserError
from concurrency.mapping.contestants import ITEMS, Contestant
from concurrency.mapping.grid import Place
from concurrency.measuring import usage
from concurrency.measuring.child import NotTakenError, SampleError, fresh_interpreter

WORK = "concurrency.workloads.mixed.work"
STARTS = ("concurrency.workloads.mixed.work",)
TIMEOUT_S = 60.0  # of a calibration
POOLS = ("processes", "threads")  # options that say how many of a pool beside compute: one per core
CALIBRATED_UNITS, CALIBRATIONS = 400, 25  # some milliseconds each


@dataclass(frozen=True)
class Sweep:
    """What a contestant took at each of some places, in seconds, once its set-up was done; `lasted_s` is all of it, the
    start of the interpreter included. Where it failed, there is an `error` and no time. `others` is how many cores
    other programs kept busy meanwhile, `stolen` the share of the cores' time that a hypervisor gave to others; None
    where that is not known."""

    interpreter: str
    strategy: str
    places: list[Place]
    setup_s: float
    took_s: list[float]
    lasted_s: float
    error: str = ""
    others: float | None = None
    stolen: float | None = None

    def at(self, place: Place) -> float:
        """What it took there with its set-up; infinity where it was not, or failed."""
        return dict(zip(self.places, self.took_s, strict=False)).get(place, math.inf) + self.setup_s


def sweep(
    contestant: Contestant,
    places: Sequence[Place],
    unit_s: float,
    start_method: str | None,
    limit_s: float,
    work: str = WORK,
) -> Sweep:
    """One, at `places` in that order; a unit of computing takes `unit_s` of CPU time. What takes longer than `limit_s`
    has failed. `work` is the module of the work that it does. Raises UserError for one that could not be taken,
    which is no evidence."""
    began = time.monotonic()
    label, name = contestant.interpreter.label, contestant.name
    try:
        told = _told(contestant, [lot(place, unit_s) for place in places], start_method, limit_s, work)
    except NotTakenError as error:
        raise _untaken(contestant, error) from error
    except SampleError as error:
        return Sweep(label, name, list(places), 0.0, [], time.monotonic() - began, str(error))
    meanwhile = {fact: told[fact] for fact in ("others", "stolen")}
    return Sweep(label, name, list(places), told["setup_s"], told["took_s"], time.monotonic() - began, **meanwhile)


def _untaken(contestant: Contestant, error: NotTakenError) -> UserError:
    who = f"{contestant.name} on {contestant.interpreter.label}"
    return UserError(f"map: {who}: {error}; put that right, and the same command goes on")


def calibrated(one_by_one: Contestant, start_method: str | None) -> float:
    """The CPU time of a unit under its interpreter, in seconds: the median of some trials.

    Raises SampleError where that cannot be told, and UserError where it could not be tried.
    """
    try:
        told = _told(one_by_one, [[(0.0, CALIBRATED_UNITS)]] * CALIBRATIONS, start_method, TIMEOUT_S, WORK)
    except NotTakenError as error:
        raise _untaken(one_by_one, error) from error
    used_s: list[float] = told["used_s"]
    return statistics.median(used_s) / CALIBRATED_UNITS


def lot(place: Place, unit_s: float) -> list[tuple[float, int]]:
    """The items of a place: all wait as long, and compute the place's time on average, in whole units."""
    units = ITEMS * place.computes_s / unit_s
    bounds = [round(units * i / ITEMS) for i in range(ITEMS + 1)]
    return [(place.waits_s, stop - start) for start, stop in itertools.pairwise(bounds)]


def _told(
    contestant: Contestant,
    lots: Sequence[Sequence[tuple[float, int]]],
    start_method: str | None,
    limit_s: float,
    work: str,
) -> dict[str, Any]:
    strategy = contestant.strategy
    order = {
        "strategy": strategy.module,
        "workers": contestant.workers,
        "options": strategy.defaults | {name: contestant.cores for name in POOLS if name in strategy.options},
        "form": strategy.runs,
        "work": work,
        "lots": lots,
        "start_method": start_method,
    }
    begun = usage.Moment.now()
    with fresh_interpreter(contestant.interpreter.executable, "concurrency.measuring.sweep") as child:
        child.send(order)
        told = child.receive(limit_s, "which is far longer than it should take")
        if "error" in told:
            raise SampleError(told["error"])
        ended = usage.Moment.now()
        child.go_on()
        child.wait()
    steal_s = ended.steal_s_since(begun)
    stolen = None if steal_s is None else steal_s / (ended.at_s - begun.at_s) / contestant.cores
    return told | {"others": ended.others_since(begun), "stolen": stolen}
