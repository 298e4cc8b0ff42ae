"""Two campaigns side by side: whether what each arm gains over one by one has changed from one to the other.

A gain is a mean of differences of logarithms within rounds, which whatever a campaign's machine does to a whole round
cannot touch. The two campaigns share no round; they are independent. So the change of a gain is the difference of two
means, each with the error that its own campaign's form gives it; half its interval is the hypotenuse of half of theirs,
which holds whatever the two variances are (S. K. Banerjee, Sankhyā A 23, 1961). Welch's degrees of freedom would make
it narrower, but promise too much of few rounds as far out in the tails as many arms take it. The intervals hold for all
arms of a workload at once by Bonferroni's inequality, over all pairs of arms that might have been compared: where each
campaign's own best count of workers is taken, that is any with any.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from concurrency.deciding import estimates, inference
from concurrency.deciding.answer import Answer, ArmResult
from concurrency.deciding.blocks import Block, blocks
from concurrency.deciding.inference import ROUNDS_TO_DECIDE, UNKNOWN, WORTHWHILE, Array, Differences, Effect
from concurrency.deciding.summary import summarise
from concurrency.deciding.tables import ArmKey
from concurrency.deciding.verdict import decide
from concurrency.strategies._catalogue import BASELINE

LEAST = "least possible one by one, s"
Pair = tuple[ArmKey, ArmKey]  # before, and now


@dataclass(frozen=True)
class Change:
    """An arm of both campaigns; `gains` is how many times as much it gains over one by one as before, while their own
    `speedup` is what each campaign's report has."""

    before: ArmResult
    now: ArmResult
    gains: Effect

    @property
    def is_baseline(self) -> bool:
        return self.now.key.strategy == BASELINE

    @property
    def is_known(self) -> bool:
        """Whether more or less is gained than before, beyond doubt."""
        return self.gains.low > 1 or self.gains.high < 1

    @property
    def has_other_workers(self) -> bool:
        """Whether each campaign's own best count is compared."""
        return self.before.key.workers != self.now.key.workers

    @property
    def times_as_fast(self) -> float:
        """By median times; the drift from one campaign to the other is in it."""
        return self.before.median_s / self.now.median_s


@dataclass(frozen=True)
class Compared:
    """What became of a workload on a host. `facts` tell what each campaign was made on, before and now; empty where a
    table does not tell it. `left_out` are the strategies that are not compared, with 0 workers and, where neither has
    several, no interpreter; by why, a key of `changes.WHY_NOT`. `lags` is how many times as long as what is recommended
    now what was recommended before takes now; unknown, where that is the same, or is not in all rounds now."""

    workload: str
    before: Answer
    now: Answer
    facts: Mapping[str, tuple[str, str]]
    changes: tuple[Change, ...] = ()
    left_out: Mapping[str, tuple[ArmKey, ...]] = field(default_factory=dict)
    lags: Effect = UNKNOWN

    @property
    def has_too_few_rounds(self) -> bool:
        return min(self.before.rounds, self.now.rounds) < ROUNDS_TO_DECIDE

    @property
    def told(self) -> tuple[Change, ...]:
        """The changes that are beyond doubt; none where noise makes either campaign unusable."""
        is_unusable = "unusable" in (self.before.noise.word, self.now.noise.word)
        return () if self.has_too_few_rounds or is_unusable else tuple(one for one in self.changes if one.is_known)

    @property
    def recommended_alike(self) -> bool:
        """Whether both recommend the same strategy with the same options and workers and, where there are several, on
        the same interpreter."""
        told = 4 if self.several_interpreters else 3
        keys = [answer.recommended and answer.recommended.key[:told] for answer in (self.before, self.now)]
        return keys[0] == keys[1]

    @property
    def several_interpreters(self) -> bool:
        """Whether either has several, so that names need them."""
        return self.before.several_interpreters or self.now.several_interpreters


def compare(
    before: pd.DataFrame, now: pd.DataFrame, robust: bool = False, worthwhile: float = WORTHWHILE
) -> list[Compared]:
    """What became of each workload that both tables of timings have, on each host that both have, or on the only one of
    each. Both are decided on anew, by the same settings."""
    known = [_decided(timings, robust, worthwhile) for timings in (before, now)]
    return [
        _compared(known[0][workload][old], known[1][workload][new])
        for workload in known[1]
        for old, new in alike(known[0].get(workload, {}), known[1][workload])
    ]


def alike(before: Collection[str], now: Collection[str]) -> list[tuple[str, str]]:
    """Which label of one campaign stands for which of the other: the only one of each, else the same."""
    if len(before) == len(now) == 1:
        return [(next(iter(before)), next(iter(now)))]
    return [(label, label) for label in now if label in before]


def matched(before: Mapping[ArmKey, float], now: Mapping[ArmKey, float]) -> tuple[list[Pair], int]:
    """Which arms of one interpreter are compared with which, and how many pairs might have been; arms come with what
    they gain.

    The same strategy with the same options and workers; where a strategy was measured with other counts of workers,
    also each campaign's best of them, as these were found.
    """
    pairs: list[Pair] = []
    family = 0
    for strategy, options in dict.fromkeys((arm.strategy, arm.options) for arm in now):
        olds, news = (
            {arm.workers: arm for arm in arms if (arm.strategy, arm.options) == (strategy, options)}
            for arms in (before, now)
        )
        own = [(olds[workers], arm) for workers, arm in news.items() if workers in olds]
        if olds and olds.keys() != news.keys():
            best = max(olds.values(), key=before.__getitem__), max(news.values(), key=now.__getitem__)
            own += [best] if best not in own else []
            family += len(olds) * len(news)
        else:
            family += len(own)
        pairs += own
    return pairs, family


def change(before: Differences, now: Differences, family: int) -> tuple[Array, Array]:
    """By how much the means of `now` are above those of `before` (campaigns, pairs), and half the width of each
    interval, such that `family` of them hold at once."""
    return now.mean - before.mean, np.hypot(before.half_width(family), now.half_width(family))


def _decided(timings: pd.DataFrame, robust: bool, worthwhile: float) -> dict[str, dict[str, tuple[Block, Answer]]]:
    """Blocks and their answers, by workload and host."""
    summary = summarise(timings, robust)
    found: dict[str, dict[str, tuple[Block, Answer]]] = {}
    for block in blocks(timings, robust):
        rows = summary[(summary["workload"] == block.workload) & (summary["host"] == block.host)]
        found.setdefault(block.workload, {})[block.host] = block, decide(block, rows, worthwhile)
    return found


def _compared(old: tuple[Block, Answer], new: tuple[Block, Answer]) -> Compared:
    (before, answered), (now, answers) = old, new
    changes = list(_changes(old, new)) if min(before.rounds, now.rounds) > 1 else []
    changes.sort(key=lambda one: (not one.is_baseline, -one.now.speedup.ratio))
    known, facts = _facts(before), _facts(now)
    return Compared(
        workload=now.workload,
        before=answered,
        now=answers,
        facts={name: (known[name], facts[name]) for name in facts},
        changes=tuple(changes),
        left_out=_left_out(old, new, changes),
        lags=_lags(answered, now, answers),
    )


def _left_out(
    old: tuple[Block, Answer], new: tuple[Block, Answer], changes: Sequence[Change]
) -> dict[str, tuple[ArmKey, ...]]:
    (before, answered), (now, answers) = old, new
    several = answered.several_interpreters or answers.several_interpreters

    def strategies(arms: Iterable[ArmKey]) -> dict[ArmKey, None]:
        return {arm._replace(workers=0, interpreter=arm.interpreter if several else ""): None for arm in arms}

    had, has = (strategies(arm.key for arm in one.arms) for one in (answered, answers))
    met = strategies(key for one in changes for key in (one.before.key, one.now.key))
    whole = [strategies(block.complete) for block in (before, now)]
    found: dict[str, tuple[ArmKey, ...]] = {}
    for arm in {**had, **has}:
        if arm in met:
            continue
        baseline = arm._replace(strategy=BASELINE, options="")
        if arm not in has or arm not in had:
            why = "only before" if arm in had else "only now"
        elif min(before.rounds, now.rounds) < 2:
            why = "rounds"
        elif before.mixed or now.mixed:
            why = "mixed before" if before.mixed else "mixed now"
        elif arm not in whole[0] or arm not in whole[1]:
            why = "lacking"
        else:
            why = "baseline before" if baseline not in whole[0] else "baseline now"
        found[why] = (*found.get(why, ()), arm)
    return found


def _changes(old: tuple[Block, Answer], new: tuple[Block, Answer]) -> Iterator[Change]:
    """Of one by one, and of all arms that can be compared, under each interpreter that both have."""
    found = []
    for interpreters in alike(old[0].interpreters, new[0].interpreters):
        before, now = (
            _Gains.of(block, interpreter) for (block, _), interpreter in zip((old, new), interpreters, strict=True)
        )
        if before and now:
            found.append((before, now, *matched(before.by_arm, now.by_arm)))
    whole = sum(family for *_, family in found)  # they hold for all interpreters at once
    for before, now, pairs, _ in found:
        yield _change(old[1], new[1], (before.baseline, now.baseline), Effect(1.0, 1.0, 1.0))
        if pairs:
            olds, news = zip(*pairs, strict=True)
            means, halves = change(before.some(olds), now.some(news), whole)
            for pair, mean, half in zip(pairs, means[0], halves[0], strict=True):
                yield _change(old[1], new[1], pair, Effect(*np.exp([mean, mean - half, mean + half]).tolist()))


@dataclass(frozen=True)
class _Gains:
    """What the `arms` of an interpreter, which succeeded in every round, gain over its `baseline`."""

    baseline: ArmKey
    arms: list[ArmKey]
    found: Differences

    @classmethod
    def of(cls, block: Block, interpreter: str) -> "_Gains | None":
        """None where one by one failed."""
        arms = [arm for arm in block.complete if arm.interpreter == interpreter]
        baseline = next((arm for arm in arms if arm.strategy == BASELINE), None)
        if baseline is None:
            return None
        logs, left_open = block.array(arms), block.left_open(arms)
        return cls(baseline, arms, inference.against(logs, arms.index(baseline), block.form, left_open))

    @property
    def by_arm(self) -> dict[ArmKey, float]:
        gains = zip(self.arms, self.found.mean[0], strict=True)
        return {arm: float(gain) for arm, gain in gains if arm != self.baseline}

    def some(self, arms: Sequence[ArmKey]) -> Differences:
        places = [self.arms.index(arm) for arm in arms]
        left_open2 = np.broadcast_to(self.found.left_open2, len(self.arms))[places]
        return replace(
            self.found,
            mean=self.found.mean[:, places],
            error2=self.found.error2[:, places],
            left_open2=left_open2,
        )


def _change(before: Answer, now: Answer, pair: Pair, gains: Effect) -> Change:
    old, new = (
        next(arm for arm in answer.arms if arm.key == key) for answer, key in zip((before, now), pair, strict=True)
    )
    return Change(old, new, gains)


def _lags(answered: Answer, now: Block, answers: Answer) -> Effect:
    """How many times as long as what is recommended now what was recommended before takes now."""
    if not (answered.recommended and answers.recommended):
        return UNKNOWN
    chosen, old = answers.recommended.key, answered.recommended.key
    if not (answered.several_interpreters or answers.several_interpreters):
        old = old._replace(interpreter=chosen.interpreter)
    if old == chosen or old not in now.complete:
        return UNKNOWN
    return estimates.versus(now, chosen)[old].inverse


def _facts(block: Block) -> dict[str, str]:
    """What a campaign was made on, as far as its samples tell; where two differ, they may not compare. What is drawn
    anew for every round has another minimum in each: the median is told."""
    one_by_one = block.samples[block.samples["strategy"] == BASELINE]
    least = one_by_one["minimum_s"].dropna()
    return {
        "items": _listed(block.samples["items"]),
        "cores": _listed(block.samples["cores"]),
        "bound by": block.bound if block.samples["bound"].any() else "",
        LEAST: "" if least.empty else f"{least.median():.4g}",
        "replayed from a recording": "yes" if block.samples["recording_sd"].notna().any() else "no",
        "rounds": str(block.rounds),
        "interpreters": ", ".join(block.interpreters),
    }


def _listed(values: pd.Series) -> str:
    """Few values, or the range of many."""
    known = sorted(values.dropna().unique())
    return ", ".join(f"{one:g}" for one in known) if len(known) < 4 else f"{known[0]:g} to {known[-1]:g}"
