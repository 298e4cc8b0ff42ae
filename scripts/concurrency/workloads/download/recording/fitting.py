"""Which link, and how many requests at once of each host, explain best when the replies of a recording came.

Candidates are judged by the model: what it makes of the recorded requests beside when their bytes really came, those of
bodies that came alone and, sorted, those of each burst, which hold whoever was served first. A limit is only believed
where going without explains clearly less.
"""

import math
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import pstdev
from typing import TypeVar

from concurrency.workloads.download.recording import exchanges as all_exchanges
from concurrency.workloads.download.recording.exchanges import Exchange
from concurrency.workloads.download.recording.latencies import Latencies
from concurrency.workloads.download.recording.link import NEAR
from concurrency.workloads.download.recording.played import Played, play

RATES = tuple(0.5 * 2**step for step in range(11))  # Mbit/s
STEPS = (2**0.5, 2**0.25, 2**0.125, 2**0.0625, 2**0.03)
FASTEST = 200.0  # Mbit/s: what a client in Python reads at looks like that
SLOTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 14)
MOST_ALONE = 100
DRAWS = 8  # of the latencies in a burst, if they scatter
CLEARLY = 2.0  # standard errors
EXACT_S, EXACT = 0.001, 0.02  # how late a client is that reads bytes, and what of a time is not held against anything


Candidate = TypeVar("Candidate", int, float | None)


@dataclass(frozen=True)
class Setting:
    """A link (None: without a limit), and slots by origin (left out or 0: without a limit)."""

    mbit_per_s: float | None
    slots: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        return self.mbit_per_s, *sorted(self.slots.items())


@dataclass(frozen=True)
class Fit:
    """`rates` and `slots` have the misfits of all candidates that were tried where all else is as in `setting`, from
    which `resampled` takes others. `rate_known`: a link of 20 Mbit/s would have been noticed. `scale` is by how much
    the rate in `setting` is more than the best of those that were tried."""

    setting: Setting
    rate_known: bool
    rates: Mapping[float | None, Sequence[float]] = field(repr=False)
    slots: Mapping[str, Mapping[int, Sequence[float]]] = field(repr=False)
    scale: float = 1.0

    def with_rate(self, seen: float | None) -> "Fit":
        """With the rate as it was `seen`, if that is near the one that explains best."""
        best = self.setting.mbit_per_s
        if best is None or seen is None or not 1 / NEAR < seen / best < NEAR:
            return self
        return replace(self, setting=replace(self.setting, mbit_per_s=seen), scale=seen / best)

    def resampled(self, chance: random.Random) -> Setting:
        """What might have been found in another recording."""
        count = len(next(iter(self.rates.values()), ()))
        if not count:
            return self.setting
        places = chance.choices(range(count), k=count)
        rate = _best({rate: [own[place] for place in places] for rate, own in self.rates.items()}, None)
        slots = {
            origin: _best({number: [own[place] for place in places] for number, own in tried.items()}, 0)
            for origin, tried in self.slots.items()
        }
        return Setting(rate and rate * self.scale, slots)


class Misfits:
    """How far the model is from the recording, by setting: for each time that is looked at, the logarithm of how often
    it is off by what it is exact to, so that a few that went another way, by a stall, decide little."""

    def __init__(
        self,
        recorded: Sequence[Exchange],
        latencies: Callable[[float | None], Latencies],
        leads_ms: Callable[[float | None], Sequence[float]],
        rtts_ms: Mapping[str, float],
        least_mbit_per_s: float = 0.0,
        unsteady: Collection[str] = (),
    ) -> None:
        self.unsteady = unsteady  # origins whose replies wait for each other on the way, whatever the server does
        self.least_mbit_per_s = least_mbit_per_s  # slower links need not be tried
        self._latencies, self._leads_ms = latencies, leads_ms  # by the rate of the link
        self._rtts_s = {origin: ms / 1000 for origin, ms in rtts_ms.items()}
        self._places = [place for place, x in enumerate(recorded) if not x.burst][:MOST_ALONE]
        self._others = [recorded[place] for place in self._places]
        self._alone = sorted(all_exchanges.undisturbed(self._others))
        self._probed = [x for x in recorded if x.burst and x.is_whole]
        self._bursts = all_exchanges.bursts(self._probed)
        self.largest = all_exchanges.largest_bursts(self._probed)
        deviation_s = pstdev(latencies(None).spread_ms or [0.0]) / 1000
        chance = random.Random(len(self._probed))
        self._draws = [[chance.random() for _ in self._probed] for _ in range(DRAWS if deviation_s > EXACT_S else 1)]
        self._seen = [*self._times_alone(self._others), *self._times_of_bursts(self._probed)]
        wide = [0.0] * self.of_bodies + [deviation_s] * self._bursts_count
        self._exact = [EXACT_S + EXACT * seen + more for seen, more in zip(self._seen, wide, strict=True)]
        self._by_rate: dict[float | None, list[float]] = {}
        self._known: dict[tuple[object, ...], list[float]] = {}

    @property
    def _bursts_count(self) -> int:
        return 2 * sum(map(len, self._bursts))

    @property
    def of_bodies(self) -> int:
        """How many of the misfits are of bodies that came alone; they are the first."""
        return len(self._seen) - self._bursts_count

    def of(self, setting: Setting) -> list[float]:
        """Those of a setting."""
        if setting.key not in self._known:
            times = [*self._alone_at(setting.mbit_per_s), *self._bursts_with(setting)]
            self._known[setting.key] = [
                math.log1p(abs(seen - time) / exact)
                for seen, time, exact in zip(self._seen, times, self._exact, strict=True)
            ]
        return self._known[setting.key]

    def _alone_at(self, rate: float | None) -> list[float]:
        if rate not in self._by_rate:
            leads = self._leads_ms(rate)
            latencies_s = [
                (this.seen_ms - leads[place]) / 1000 for this, place in zip(self._others, self._places, strict=True)
            ]
            self._by_rate[rate] = self._times_alone(play(self._others, latencies_s, self._rtts_s, rate))
        return self._by_rate[rate]

    def _bursts_with(self, setting: Setting) -> list[float]:
        own = self._latencies(setting.mbit_per_s)
        spread_ms = own.spread_ms or [0.0]
        drawn = []
        for chances in self._draws:
            latencies_s = [
                max(self._rtts_s[x.origin], (own.typical_ms[x.url] + spread_ms[int(at * len(spread_ms))]) / 1000)
                for x, at in zip(self._probed, chances, strict=True)
            ]
            replies = play(self._probed, latencies_s, self._rtts_s, setting.mbit_per_s, setting.slots)
            drawn.append(self._times_of_bursts(replies))
        return [sum(times) / len(drawn) for times in zip(*drawn, strict=True)]

    def _times_alone(self, replies: Sequence[Exchange | Played]) -> list[float]:
        return [mark - replies[place].first for place in self._alone for mark in replies[place].marks[1:]]

    def _times_of_bursts(self, replies: Sequence[Exchange | Played]) -> list[float]:
        times: list[float] = []
        for own in self._bursts:
            began = min(self._probed[place].sent for place in own)
            times += sorted(replies[place].first - began for place in own)
            times += sorted(replies[place].ended - began for place in own)
        return times


def fitted(misfits: Misfits) -> Fit:
    """The rate first from bodies that came alone, then slots, then both again; and once more with the rate that all
    tell together as if there were no slots, for whichever explains more."""
    only_bodies = slice(misfits.of_bodies)
    starts = {_rate(misfits, {}, only_bodies)[0], _rate(misfits, {})[0]}
    settings = [_improved(misfits, Setting(rate)) for rate in starts]
    setting = min(settings, key=lambda found: sum(misfits.of(found)))
    rate, rates = _rate(misfits, setting.slots)
    setting = Setting(rate, setting.slots)
    slots = {origin: _slots(misfits, setting, origin)[1] for origin in misfits.largest}
    without, slow = misfits.of(Setting(None, setting.slots)), misfits.of(Setting(20.0, setting.slots))
    return Fit(setting, rate is not None or _is_clearly_less(without, slow), rates, slots)


def _improved(misfits: Misfits, setting: Setting) -> Setting:
    for _ in range(2):
        for origin in misfits.largest:
            slots = {**setting.slots, origin: _slots(misfits, setting, origin)[0]}
            setting = Setting(setting.mbit_per_s, slots)
        setting = Setting(_rate(misfits, setting.slots)[0], setting.slots)
    return setting


def _rate(
    misfits: Misfits, slots: Mapping[str, int], looked_at: slice = slice(None)
) -> tuple[float | None, dict[float | None, list[float]]]:
    """The best, and all that were tried."""
    least = misfits.least_mbit_per_s
    rates = sorted({max(rate, least) for rate in RATES})
    tried: dict[float | None, list[float]] = {
        rate: misfits.of(Setting(rate, slots))[looked_at] for rate in (None, *rates)
    }
    best = min(rates, key=lambda rate: sum(tried[rate]))
    for step in STEPS:
        near = (best, best * step, max(least, best / step))
        tried |= {rate: misfits.of(Setting(rate, slots))[looked_at] for rate in near}
        best = min(near, key=lambda rate: sum(tried[rate]))
    return _best(tried, None), tried


def _slots(misfits: Misfits, setting: Setting, origin: str) -> tuple[int, dict[int, list[float]]]:
    """The best, and all that were tried."""
    most = misfits.largest[origin]

    def of(number: int) -> list[float]:
        return misfits.of(Setting(setting.mbit_per_s, {**setting.slots, origin: number}))

    numbers = () if origin in misfits.unsteady else SLOTS
    tried = {number: of(number) for number in (0, *numbers) if number < most}
    if best := _best(tried, 0):
        tried |= {number: of(number) for number in (best - 1, best + 1) if 0 < number < most}
    return _best(tried, 0), tried


def _best(tried: Mapping[Candidate, Sequence[float]], without: Candidate) -> Candidate:
    """The candidate with the least misfit; `without` a limit, if it is not clearly worse than that."""
    best = min(tried, key=lambda candidate: sum(tried[candidate]))
    if isinstance(best, float) and best > FASTEST:
        return without
    return best if _is_clearly_less(tried[best], tried[without]) else without


def _is_clearly_less(these: Sequence[float], those: Sequence[float]) -> bool:
    gains = [that - this for this, that in zip(these, those, strict=True)]
    return sum(gains) > max(1.0, CLEARLY * math.hypot(*gains))
