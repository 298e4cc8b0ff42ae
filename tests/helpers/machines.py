"""A machine that takes as long as theory says, but for a little noise: what a survey of it must find is known."""

import math
import random
from collections.abc import Sequence

from concurrency.mapping.contestants import ITEMS, Contestant, contestants
from concurrency.mapping.grid import Place
from concurrency.mapping.sweeping import Sweep
from concurrency.measuring.interpreters import RUNNING

SETUP_S = {"process_pool": 0.02, "processes_asyncio": 0.02, "threads": 0.002}
ITEM_S = {"threads": 5e-5, "asyncio": 3e-5, "process_pool": 2e-4, "processes_asyncio": 5e-5}
COMPETING = ("sequential", "threads", "asyncio", "process_pool", "processes_asyncio")


def competing(cores: int = 2) -> dict[str, list[Contestant]]:
    """Some contestants, under one interpreter."""
    [(label, every)] = contestants([RUNNING], cores).items()
    return {label: [one for one in every if one.name in COMPETING]}


class Machine:
    """Its sweeps, and how long they have lasted."""

    def __init__(self, seed: int, noise: float = 0.01, cores: int = 2) -> None:
        self.chance, self.noise, self.cores = random.Random(seed), noise, cores
        self.sweeps: list[tuple[str, tuple[Place, ...]]] = []
        self.failing: set[str] = set()

    def takes_s(self, one: Contestant, place: Place) -> float:
        """What the items of a place take, without set-up."""
        if one.name == "sequential":
            return ITEMS * (place.waits_s + place.computes_s)
        waves = math.ceil(ITEMS / one.workers)
        each = ITEM_S[one.name]
        if one.name == "process_pool":
            return waves * (place.waits_s + place.computes_s + each)
        return waves * place.waits_s + ITEMS * (place.computes_s + each) / one.at_once

    def sweep(
        self, one: Contestant, places: Sequence[Place], _unit_s: float, _start: str | None, _limit_s: float
    ) -> Sweep:
        """In place of `sweeping.sweep`."""
        self.sweeps.append((one.name, tuple(places)))
        if one.name in self.failing:
            return Sweep(one.interpreter.label, one.name, list(places), 0.0, [], 0.3, "it broke")
        took = [self.takes_s(one, place) * math.exp(self.chance.gauss(0, self.noise)) for place in places]
        setup_s = SETUP_S.get(one.name, 0.0)
        return Sweep(one.interpreter.label, one.name, list(places), setup_s, took, 0.3 + setup_s + sum(took))

    def calibrated(self, _one: Contestant, _start_method: str | None) -> float:
        """In place of `sweeping.calibrated`."""
        return 4e-6
