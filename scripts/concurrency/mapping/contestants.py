"""What competes for the places of the map: strategies that fit a mixed work, each with one stated number of workers."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from concurrency.mapping.grid import Place
from concurrency.measuring.interpreters import Interpreter
from concurrency.strategies._catalogue import BASELINE, Strategy, described

ITEMS = 32  # of a place, done as one work
IN_FLIGHT = 16  # of them at once, where workers may wait for nothing but an answer
NAMES = (
    "threads", "asyncio", "asyncio_to_thread", "process_pool", "interpreter_pool", "processes_asyncio",
    "asyncio_then_threads", "asyncio_then_processes", "threads_then_processes",
)  # fmt: skip
ONE_PER_CORE = ("process_pool", "interpreter_pool")
MODULES = tuple(f"strategies/{name}.py" for name in (BASELINE, *NAMES))


@dataclass(frozen=True)
class Contestant:
    """A strategy with that many workers, under an interpreter that has a GIL or not, where there are so many cores."""

    strategy: Strategy
    workers: int
    interpreter: Interpreter
    cores: int

    @property
    def name(self) -> str:
        return self.strategy.name

    @cached_property
    def at_once(self) -> int:
        """How many of its workers compute at any moment, at most."""
        in_turns = self.strategy.computes_in_one_thread(gil=not self.interpreter.free_threaded)
        return 1 if in_turns else self.cores if self.strategy.then else min(self.cores, self.workers)

    def least_s(self, place: Place) -> float:
        """What it takes at least for the items of a place, whatever it does well: its workers wait and compute one item
        after the other and, if they share a thread or a GIL, compute in turns."""
        waiting = math.ceil(ITEMS / self.workers) * place.waits_s
        computing = ITEMS * place.computes_s / self.at_once
        if self.strategy.shares == "thread" or self.name in ONE_PER_CORE:
            return waiting + math.ceil(ITEMS / self.workers) * place.computes_s
        return max(waiting + place.computes_s, computing)


def contestants(interpreters: Sequence[Interpreter], cores: int) -> dict[str, list[Contestant]]:
    """Those that each of `interpreters`, by its label, can run; one by one the first, then few workers before many,
    simple strategies before others."""
    return {interpreter.label: list(_of(interpreter, cores)) for interpreter in interpreters}


def _of(interpreter: Interpreter, cores: int) -> Iterator[Contestant]:
    known = described()
    chosen = [known[name] for name in (BASELINE, *NAMES) if not interpreter.lacks(known[name])]
    workers = dict.fromkeys(ONE_PER_CORE, cores) | {BASELINE: 1}
    found = [Contestant(one, workers.get(one.name, IN_FLIGHT), interpreter, cores) for one in chosen]
    yield from sorted(found, key=lambda one: (one.workers, one.strategy.rank, one.name))
