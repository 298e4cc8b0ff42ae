"""What is said of two campaigns, and the table of what changed from one to the other. Nothing is computed here."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from concurrency.deciding.answer import Answer, ArmResult
from concurrency.deciding.campaigns import LEAST, Change, Compared
from concurrency.deciding.inference import ROUNDS_TO_DECIDE, Effect
from concurrency.deciding.names import ONE_BY_ONE, arm_name
from concurrency.deciding.tables import ArmKey, effect_columns
from concurrency.deciding.words import NAMED, counted, listed, number, percents, with_interval
from concurrency.strategies._catalogue import BASELINE

DRIFT = "drift not included: the two campaigns were not measured in the same rounds"
NOT_ALIKE = {  # facts that make gains differ by themselves
    "items": "{0} items before, {1} now",
    "bound by": "bound by {0} before, by {1} now",
    LEAST: "other items, or another path to them: one by one took {0} s at least, {1} s now",
    "replayed from a recording": "only one of them replays a recording",
    "cores": "{0} cores before, {1} now",
}
TOLERANCE = 0.05  # between the least times that are possible
WHY_NOT = {  # why a strategy is not compared
    "only before": "Measured only before",
    "only now": "Measured only now",
    "rounds": "Not compared, as a single round tells nothing",
    "mixed before": "Not compared, as not all rounds before have the same arms",
    "mixed now": "Not compared, as not all rounds now have the same arms",
    "lacking": "Not compared, as some rounds lack it",
    "baseline before": "Not compared, as one by one failed in some rounds before",
    "baseline now": "Not compared, as one by one failed in some rounds now",
}
FACTS = ("items", "cores", "rounds", "interpreters")  # told of each workload where two campaigns differ
TABLE = (
    "workload", "strategy", "options", "workers_before", "workers_now", "interpreter_before", "interpreter_now",
    "host_before", "host_now", *effect_columns("speedup_before"), *effect_columns("speedup_now"),
    *effect_columns("change"), "told", "median_before_s", "median_now_s", "times_as_fast",
)  # fmt: skip


def as_data(compared: Compared) -> dict[str, Any]:
    """The answer for a workload, in parts and as a whole."""
    said, more = answer(compared), others(compared)
    beware, missing = list(warnings(compared)), list(not_compared(compared))
    return {
        "workload": compared.workload,
        "host": compared.now.host,
        "answer": said,
        "others": more,
        "warnings": beware,
        "not_compared": missing,
        "recommended_before": _recommended(compared.before, compared),
        "recommended_now": _recommended(compared.now, compared),
        "recommended_alike": compared.recommended_alike,
        "compared": sum(not one.is_baseline for one in compared.changes),
        "changed": len(compared.told),
        "sentence": " ".join(filter(None, [said, more, *beware, *missing])),
    }


def answer(compared: Compared) -> str:
    """Whether what is recommended has changed, and what it gains."""
    before, now = compared.before, compared.now
    if not now.recommended or not before.recommended:
        when = "now" if before.recommended else "before" if now.recommended else "before or now"
        return f"Nothing was recommended {when}; the report of that campaign says why."
    if compared.has_too_few_rounds:
        return (
            f"Too few rounds to tell what changed ({before.rounds} before, {now.rounds} now, and it takes at least "
            f"{ROUNDS_TO_DECIDE} of each)."
        )
    if not compared.recommended_alike:
        costs = _and_that(compared, before.recommended)
        return f"Now {_with_gain(now, compared)}{_over(now, compared)}; before, {_with_gain(before, compared)}{costs}."
    if now.recommended.key.strategy == BASELINE:
        return f"Still {_recommended(now, compared)}."
    own = next((one for one in compared.changes if one.now.key == now.recommended.key), None)
    became = f": {in_words(own, own in compared.told)}" if own else ""
    gained = f"; before, {with_interval(before.speedup)}" if math.isfinite(before.speedup.ratio) else ""
    return f"Still {_with_gain(now, compared)}{_over(now, compared)}{gained}{became}."


def _and_that(compared: Compared, old: ArmResult) -> str:
    """What keeping to what was recommended before costs now."""
    lags = compared.lags
    if math.isnan(lags.ratio):
        told = 4 if compared.several_interpreters else 3
        is_there = old.key[:told] in [arm.key[:told] for arm in compared.now.arms]
        return ", which failed in some rounds now" if is_there else ", which was not measured now"
    if lags.low > 1:
        return f", which now takes {percents(_beyond(lags), 'longer')}"
    if lags.high < 1:
        return f", which now takes {percents(_below(lags), 'less')}"
    return ", and these cannot be told apart now"


def others(compared: Compared) -> str:
    """What else changed, how long one by one takes, and what could not be compared."""
    said = []
    if not compared.has_too_few_rounds:
        arm = compared.now.recommended
        rest = [one for one in compared.changes if not one.is_baseline]
        what = "arm"
        if compared.recommended_alike and arm:
            rest = [one for one in rest if one.now.key != arm.key]
            what = "other"
        told = [f"{name(one, compared)} {in_words(one, is_told=True)}" for one in rest if one in compared.told]
        if rest:
            became = listed(told, NAMED) if told else "none changed that can be told"
            said.append(f"Of {counted(len(rest), what)}, {became}.")
    said += [
        f"{ONE_BY_ONE.capitalize()}{_on(one, compared)} took {number(one.before.median_s)} s before, "
        f"{number(one.now.median_s)} s now (drift not included)."
        for one in compared.changes
        if one.is_baseline
    ]
    return " ".join(said)


def warnings(compared: Compared) -> Iterator[str]:
    """Why the two may not compare."""
    differ = [said.format(*compared.facts[fact]) for fact, said in NOT_ALIKE.items() if _differs(fact, compared)]
    if differ:
        yield f"Beware, the two do not compare well: {'; '.join(differ)}."
    for when, one in (("before", compared.before), ("now", compared.now)):
        if one.noise.word != "quiet":
            yield f"The machine was {'noisy' if one.noise.word == 'noisy' else 'too noisy'} {when}."


def not_compared(compared: Compared) -> Iterator[str]:
    """What only one of the two has, and what both have and cannot be compared, by why."""
    for why, said in WHY_NOT.items():
        if names := [_without_workers(key, compared) for key in compared.left_out.get(why, ())]:
            yield f"{said}: {listed(names, NAMED)}."


def hindrance(every: Sequence[Compared]) -> str:
    """Why nothing of a workload, or of all of them, is compared; empty, where anything is."""
    if any(one.changes for one in every):
        return ""
    if not every:
        return "no host in common"
    rounds = min(every, key=lambda one: min(one.before.rounds, one.now.rounds))
    whys = {why: arms for one in every for why, arms in one.left_out.items()}
    if "rounds" in whys:
        return f"too few rounds to compare ({rounds.before.rounds} before, {rounds.now.rounds} now)"
    for when, answers in (("before", [one.before for one in every]), ("now", [one.now for one in every])):
        if f"mixed {when}" in whys:
            return f"not all rounds {when} have the same arms"
        if any(_has_lost_one_by_one(answered) for answered in answers):
            return f"{ONE_BY_ONE} failed in some rounds {when}"
    return "no arm in common"


def _has_lost_one_by_one(answered: Answer) -> bool:
    baselines = [arm for arm in answered.arms if arm.key.strategy == BASELINE]
    return bool(baselines) and all(arm.failed for arm in baselines)


def in_words(change: Change, is_told: bool) -> str:
    """How what it gains has changed, if that is to be told."""
    gains = change.gains
    if not is_told:
        return f"no change that can be told ({in_percent(gains)})"
    return f"gains {percents(_beyond(gains), 'more') if gains.low > 1 else percents(_below(gains), 'less')}"


def became(change: Change, is_told: bool) -> str:
    """The same where there is little room: `−9 % (−11 to −8 %)`."""
    by = f"{100 * (change.gains.ratio - 1):+.{int(_is_narrow(change.gains))}f} %".replace("-", "−")
    return f"{by} ({in_percent(change.gains)})" if is_told else f"none told ({in_percent(change.gains)})"


def in_percent(gains: Effect) -> str:
    """The bounds of a change: `−2 to +3 %`."""
    low, high = (f"{100 * (bound - 1):+.{int(_is_narrow(gains))}f}" for bound in gains[1:])
    return f"{low} to {high} %".replace("-", "−")


def name(change: Change, compared: Compared) -> str:
    """What is compared: `threads with 8 in flight (before: 15)`."""
    now = arm_name(compared.workload, change.now.key, compared.several_interpreters)
    return f"{now} (before: {change.before.key.workers})" if change.has_other_workers else now


def table(every: Sequence[Compared]) -> pd.DataFrame:
    """A row for each arm that is compared."""
    return pd.DataFrame([_row(one, compared) for compared in every for one in compared.changes], columns=list(TABLE))


def _row(one: Change, compared: Compared) -> dict[str, Any]:
    row: dict[str, Any] = {
        "workload": compared.workload,
        "strategy": one.now.key.strategy,
        "options": one.now.key.options,
        "told": ("more" if one.gains.low > 1 else "less") if one in compared.told else "",
        "times_as_fast": one.times_as_fast,
    }
    for when, arm, answered in (("before", one.before, compared.before), ("now", one.now, compared.now)):
        row |= {f"workers_{when}": arm.key.workers, f"interpreter_{when}": arm.key.interpreter}
        row |= {f"host_{when}": answered.host, f"median_{when}_s": arm.median_s}
        row |= dict(zip(effect_columns(f"speedup_{when}"), arm.speedup, strict=True))
    return row | dict(zip(effect_columns("change"), one.gains, strict=True))


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Facts of the machines, as environment.json has them, that are not the same."""
    every = [fact for fact in {**before, **now} if not fact.startswith("Load")]
    pairs = {fact: (before.get(fact, "not known"), now.get(fact, "not known")) for fact in every}
    return {fact: pair for fact, pair in pairs.items() if pair[0] != pair[1]}


def of_works(every: Sequence[Compared]) -> dict[str, tuple[str, str]]:
    """Facts of the campaigns, as their samples tell them, that are not the same; once, where all works share them."""
    found: dict[str, tuple[str, str]] = {}
    for fact in FACTS:
        differ = {one.workload: one.facts[fact] for one in every if _differs(fact, one)}
        if len(set(differ.values())) == 1 and len(differ) == len({one.workload for one in every}):
            found[fact] = next(iter(differ.values()))
        else:
            found |= {f"{fact} ({workload})": pair for workload, pair in differ.items()}
    return found


def _differs(fact: str, compared: Compared) -> bool:
    """Whether both tell it, and not the same."""
    before, now = compared.facts[fact]
    if not (before and now):
        return False
    return not math.isclose(float(before), float(now), rel_tol=TOLERANCE) if fact == LEAST else before != now


def _recommended(answered: Answer, compared: Compared) -> str:
    arm = answered.recommended
    return arm_name(answered.workload, arm.key, compared.several_interpreters) if arm else ""


def _with_gain(answered: Answer, compared: Compared) -> str:
    is_known = math.isfinite(answered.speedup.ratio) and answered.speedup.ratio != 1
    return _recommended(answered, compared) + (f", {with_interval(answered.speedup)}" if is_known else "")


def _over(answered: Answer, compared: Compared) -> str:
    is_known = math.isfinite(answered.speedup.ratio) and answered.speedup.ratio != 1
    where = f" on {answered.recommended.key.interpreter}" if answered.recommended else ""
    return f" as fast as {ONE_BY_ONE}{where if compared.several_interpreters else ''}" if is_known else ""


def _beyond(ratio: Effect) -> Effect:
    """What a ratio above 1 is more than that, as a share."""
    return Effect(*(bound - 1 for bound in ratio))


def _below(ratio: Effect) -> Effect:
    """What a ratio below 1 is less than that, as a share."""
    return Effect(1 - ratio.ratio, 1 - ratio.high, 1 - ratio.low)


def _is_narrow(gains: Effect) -> bool:
    return gains.high - gains.low < 0.1


def _on(one: Change, compared: Compared) -> str:
    return f" on {one.now.key.interpreter}" if compared.several_interpreters else ""


def _without_workers(key: ArmKey, compared: Compared) -> str:
    return arm_name(compared.workload, key, compared.several_interpreters, with_workers=False)
