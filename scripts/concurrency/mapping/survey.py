"""Surveying the map: first a coarse lattice, then where neighbouring places differ, until the time is used."""

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from concurrency.errors import UserError
from concurrency.mapping import grid
from concurrency.mapping.answers import CHECKED, Answer, answers
from concurrency.mapping.contestants import ITEMS, Contestant
from concurrency.mapping.grid import Place
from concurrency.mapping.journal import Contenders, Journal, Stage
from concurrency.mapping.sweeping import Sweep, calibrated, sweep
from concurrency.measuring.child import SampleError
from concurrency.strategies._catalogue import BASELINE

ROUNDS = 5  # of a stage that counts, fewer than which decide nothing
FEWEST = 2  # of the first one, however short the time is
BRIEF_S = 0.05  # of one by one at a place: what takes no longer is measured in each round, and not computed
PATIENCE, PATIENCE_S = 5, 20.0  # a sweep may take so many times as long as is predicted, and at least so many seconds
MOST = 20  # at a place, however little they tell
CLOSE, CLOSE_S = 1.3, 0.003  # to contend, a screened time must be within this factor of the best, and so many seconds
PRAISED = ("threads", "asyncio", "process_pool")  # by the rule of thumb: they contend though a simpler one is as quick
START_S = 0.5  # of an interpreter, as long as that is not known
GUESS = 1.3  # times the least that it can take, as long as no time is known

log = logging.getLogger(__name__)

Told = Callable[[float, str], None]  # how long the survey has lasted, in seconds, and what it is about


@dataclass
class Survey:
    """One of `contestants` (by interpreter, one by one first), noted in `journal`, in an order by `seed`; `tell` is
    told of each sweep, and processes start by the `start_method`."""

    contestants: Mapping[str, Sequence[Contestant]]
    journal: Journal
    seed: int
    worthwhile: float
    start_method: str | None
    tell: Told

    def run(self, budget_s: float) -> None:
        """Go on until the time is used, or until nothing is left to be found out.

        An interpreter on which it cannot be told how long computing takes is left out. Raises UserError if that leaves
        none.
        """
        failed = dict(self._calibrate())
        self.contestants = {label: own for label, own in self.contestants.items() if label not in failed}
        for label, reason in failed.items():
            log.warning("no map of %s: %s", label, reason)
        if not self.contestants:
            raise UserError("map: nothing can be measured here; the reasons are above")
        while stage := self._stage(budget_s - self.journal.used_s):
            if stage is not self._last:
                self.journal.begin(stage)
            if not self._do(self.journal.stages[-1], budget_s):
                break

    def _calibrate(self) -> Iterator[tuple[str, str]]:
        """Of each interpreter, as far as it is not known; where that fails, its label and why. A map goes on with
        those that it was begun with."""
        begun = self.journal.stages[0].contenders if self.journal.stages else self.contestants
        for label, own in self.contestants.items():
            if label not in begun:
                yield label, f"the survey that goes on was begun without it; to survey anew: rm {self.journal.file}"
            elif label not in self.journal.unit_s:
                began = time.monotonic()
                try:
                    self.journal.calibrated(label, calibrated(own[0], self.start_method), time.monotonic() - began)
                except SampleError as error:
                    yield label, str(error)

    @property
    def _last(self) -> Stage | None:
        return self.journal.stages[-1] if self.journal.stages else None

    def _do(self, stage: Stage, budget_s: float) -> bool:
        """What is left of it, as far as the time goes; whether all of it is done."""
        for number in range(stage.rounds):
            for contestant, places in self._round(stage, number):
                if stage.has(number, contestant.interpreter.label, contestant.name):
                    continue
                needed = not stage.counts or (stage is self.journal.stages[1] and number < FEWEST)
                predicted_s = self._predicted_s(contestant, places)
                if not needed and self.journal.used_s + predicted_s > budget_s:
                    return False
                unit_s = self.journal.unit_s[contestant.interpreter.label]
                limit_s = max(PATIENCE_S, PATIENCE * predicted_s)
                self.journal.add(number, sweep(contestant, places, unit_s, self.start_method, limit_s))
                count = sum(len(of_places) for of_places in stage.contenders.values())
                done = f"round {number + 1} of {stage.rounds}" if stage.counts else "screening"
                self.tell(self.journal.used_s, f"{count} places, {done}")
        return True

    def _round(self, stage: Stage, number: int) -> Iterator[tuple[Contestant, list[Place]]]:
        """Who sweeps which places, both in random order. In a screening, whoever may be quick comes first, and others
        are spared the places where they cannot be about as quick as one that was there. In rounds that count, one by
        one is measured where that takes no time."""
        chance = random.Random(f"{self.seed} map {self.journal.stages.index(stage)} {number}")
        everyone = [one for own in self.contestants.values() for one in own]
        order = chance.sample(everyone, len(everyone))
        if not stage.counts:
            order.sort(key=lambda one: sum(map(one.least_s, stage.contenders[one.interpreter.label])))
        for contestant in order:
            of_places = stage.contenders[contestant.interpreter.label]
            wanted = [place for place, names in of_places.items() if contestant.name in names]
            if not stage.counts:
                best_s = self._screened(stage, contestant.interpreter.label)
                wanted = [place for place in wanted if contestant.least_s(place) < CLOSE * best_s[place]]
            elif contestant.name == BASELINE:
                brief = [place for place in of_places if contestant.least_s(place) <= BRIEF_S and place not in CHECKED]
                wanted = [*CHECKED, *brief]
            if wanted:
                yield contestant, chance.sample(wanted, len(wanted))

    def _screened(self, stage: Stage, label: str) -> dict[Place, float]:
        """The best time so far at each of its places; one by one at first."""
        best_s = {place: ITEMS * (place.waits_s + place.computes_s) for place in stage.contenders[label]}
        for _, one in stage.sweeps:
            if one.interpreter == label:
                for place in one.places:
                    best_s[place] = min(best_s[place], one.at(place))
        return best_s

    def _stage(self, left_s: float) -> Stage | None:
        """The stage to do: the last, if it is not done; else what comes then; none where the time is too short."""
        last = self._last
        if last and any(
            not last.has(number, one.interpreter.label, one.name)
            for number in range(last.rounds)
            for one, _ in self._round(last, number)
        ):
            return last
        if last is None:
            return self._screening(grid.lattice(grid.COARSEST))
        if not last.counts:
            return Stage(self._contending(last), ROUNDS, counts=True)
        found = answers(self.journal.stages, self.contestants, self.worthwhile)
        known = {place for of_places in found.values() for place in of_places}
        finer = [place for place in grid.lattice(grid.COARSEST // 2) if place not in known]
        if finer and self._lattice_s(finer) < left_s:
            return self._screening(finer)
        wanted = self._unclear(found)
        for label, of_places in self._borders(found).items():
            wanted.setdefault(label, {}).update(of_places)
        return self._within(wanted, left_s)

    def _screening(self, places: Sequence[Place]) -> Stage:
        names = {label: [one.name for one in own if one.name != BASELINE] for label, own in self.contestants.items()}
        return Stage({label: dict.fromkeys(places, names[label]) for label in names}, 1, counts=False)

    def _contending(self, screening: Stage) -> Contenders:
        """At each place, those that were about as quick there as the best, and quicker by something worth having than
        any that is simpler."""
        found: Contenders = {}
        for label, of_places in screening.contenders.items():
            best_s, found[label] = self._screened(screening, label), {}
            of_name = {one.strategy: one for _, one in screening.sweeps if one.interpreter == label}
            in_order = [of_name[one.name] for one in self.contestants[label] if one.name in of_name]
            for place in of_places:
                simpler_s, names = ITEMS * (place.waits_s + place.computes_s), []
                for one in in_order:
                    took_s = one.at(place)
                    praised = one.strategy in PRAISED
                    limit_s = simpler_s * (1 - self.worthwhile / 2) + CLOSE_S
                    if took_s < CLOSE * best_s[place] + CLOSE_S and (praised or took_s < limit_s):
                        names.append(one.strategy)
                    simpler_s = min(simpler_s, took_s)
                found[label][place] = names
        return found

    def _borders(self, found: Mapping[str, Mapping[Place, Answer]]) -> Contenders:
        """The places between those that differ, with all that contended next to them."""
        wanted: Contenders = {}
        for label, of_places in found.items():
            best = {place: answer.recommended for place, answer in of_places.items()}
            for middle, beside in grid.between(best):
                names = [name for place in beside for name in of_places[place].names if name != BASELINE]
                wanted.setdefault(label, {})[middle] = list(dict.fromkeys(names))
        return wanted

    def _unclear(self, found: Mapping[str, Mapping[Place, Answer]]) -> Contenders:
        """The places where more rounds may tell more, and were not yet many."""
        return {
            label: {
                place: [name for name in answer.names if name != BASELINE]
                for place, answer in of_places.items()
                if not answer.clear and len(answer.names) > 1 and len(answer.logs) < MOST
            }
            for label, of_places in found.items()
        }

    def _within(self, wanted: Contenders, left_s: float) -> Stage | None:
        """A stage of as many of those places as there is time for, drawn at random; none if for none."""
        places = [(label, place) for label, of_places in wanted.items() for place in of_places]
        chance = random.Random(f"{self.seed} map {len(self.journal.stages)}")
        chosen: Contenders = {label: {} for label in self.contestants}
        spent_s, begun = 0.0, set[tuple[str, str]]()
        for label, place in chance.sample(places, len(places)):
            of_name = {one.name: one for one in self.contestants[label]}
            starting = {(label, name) for name in (BASELINE, *wanted[label][place])} - begun
            cost_s = sum(self._start_s(of_name[name]) for _, name in starting)
            cost_s += sum(self._took_s(of_name[name], place) for name in wanted[label][place])
            if spent_s + ROUNDS * cost_s > left_s:
                continue
            spent_s, begun = spent_s + ROUNDS * cost_s, begun | starting
            chosen[label][place] = wanted[label][place]
        return Stage(chosen, ROUNDS, counts=True) if any(chosen.values()) else None

    def _lattice_s(self, places: Sequence[Place]) -> float:
        """About what it takes to screen them and to measure what contends."""
        known = sum(self._predicted_s(one, places) for own in self.contestants.values() for one in own)
        return known * (1 + ROUNDS) / 2

    def _predicted_s(self, contestant: Contestant, places: Sequence[Place]) -> float:
        return self._start_s(contestant) + sum(self._took_s(contestant, place) for place in places)

    def _start_s(self, contestant: Contestant) -> float:
        """What a sweep takes beside what it is for."""
        own = self._of(contestant)
        return sum(one.lasted_s - sum(one.took_s) for one in own) / len(own) if own else START_S

    def _took_s(self, contestant: Contestant, place: Place) -> float:
        times = [
            took_s
            for one in self._of(contestant)
            for at, took_s in zip(one.places, one.took_s, strict=False)
            if at == place
        ]
        return sum(times) / len(times) if times else GUESS * contestant.least_s(place)

    def _of(self, contestant: Contestant) -> list[Sweep]:
        label = contestant.interpreter.label
        return [
            one
            for stage in self.journal.stages
            for _, one in stage.sweeps
            if (one.interpreter, one.strategy) == (label, contestant.name)
        ]
