"""What is said of two campaigns, and the table of what changed from one to the other. Nothing is computed here."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from concurrency.deciding.answer import Answer, ArmResult
from concurrency.deciding.campaigns import Change, Compared
from concurrency.deciding.inference import ROUNDS_TO_DECIDE, Effect
from concurrency.deciding.names import ONE_BY_ONE, arm_name
from concurrency.deciding.tables import ArmKey, effect_columns
from concurrency.deciding.words import NAMED, counted, listed, number, percents, with_interval
from concurrency.strategies._catalogue import BASELINE

DRIFT = "drift not included: the two campaigns were not measured in the same rounds"
NOT_ALIKE = {  # facts that make gains differ by themselves
    "items": "{0} items before, {1} now",
    "bound by": "bound by {0} before, by {1} now",
    "least possible one by one, s": "other items, or another path to them: one by one took {0} s at least, {1} s now",
    "replayed from a recording": "only one of them replays a recording",
    "cores": "{0} cores before, {1} now",
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
        "recommended_before": _recommended(compared.before),
        "recommended_now": _recommended(compared.now),
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
        return f"Now {_with_gain(now)}{_over(now)}; before, {_with_gain(before)}{costs}."
    name = now.name(now.recommended)
    if now.recommended.key.strategy == BASELINE:
        return f"Still {name}."
    own = next((one for one in compared.changes if one.now.key == now.recommended.key), None)
    became = f": {in_words(own)}" if own else ""
    return f"Still {_with_gain(now)}{_over(now)}; before, {with_interval(before.speedup)}{became}."


def _and_that(compared: Compared, old: ArmResult) -> str:
    """What keeping to what was recommended before costs now."""
    lags = compared.lags
    if math.isnan(lags.ratio):
        return "" if old.key.strategy == BASELINE else ", which was not measured now"
    if lags.low > 1:
        return f", which now takes {percents(_beyond(lags), 'longer')}"
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
        told = [f"{name(one, compared)} {in_words(one)}" for one in rest if one in compared.told]
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
    differ = [
        said.format(*compared.facts[fact])
        for fact, said in NOT_ALIKE.items()
        if compared.facts[fact][0] != compared.facts[fact][1]
    ]
    if differ:
        yield f"Beware, the two do not compare well: {'; '.join(differ)}."
    for when, one in (("before", compared.before), ("now", compared.now)):
        if one.noise.word != "quiet":
            yield f"The machine was {'noisy' if one.noise.word == 'noisy' else 'too noisy'} {when}."


def not_compared(compared: Compared) -> Iterator[str]:
    """What only one of the two has, and what did not succeed in every round of both."""
    before, now = (
        list(dict.fromkeys(_without_workers(key, answered) for key in only))
        for only, answered in ((compared.only_before, compared.before), (compared.only_now, compared.now))
    )
    for why, names in (
        ("Measured only before", [one for one in before if one not in now]),
        ("Measured only now", [one for one in now if one not in before]),
        ("Not compared, as some rounds lack it", [one for one in now if one in before]),
    ):
        if names:
            yield f"{why}: {listed(names, NAMED)}."


def in_words(change: Change) -> str:
    """How what it gains has changed."""
    gains = change.gains
    if gains.low > 1:
        return f"gains {percents(_beyond(gains), 'more')}"
    if gains.high < 1:
        return f"gains {percents(Effect(1 - gains.ratio, 1 - gains.high, 1 - gains.low), 'less')}"
    return f"no change that can be told ({in_percent(gains)})"


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
    now = compared.now.name(change.now)
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
        differ = {one.workload: one.facts[fact] for one in every if one.facts[fact][0] != one.facts[fact][1]}
        if len(set(differ.values())) == 1 and len(differ) == len({one.workload for one in every}):
            found[fact] = next(iter(differ.values()))
        else:
            found |= {f"{fact} ({workload})": pair for workload, pair in differ.items()}
    return found


def _recommended(answered: Answer) -> str:
    return answered.name(answered.recommended) if answered.recommended else ""


def _with_gain(answered: Answer) -> str:
    is_known = math.isfinite(answered.speedup.ratio) and answered.speedup.ratio != 1
    return _recommended(answered) + (f", {with_interval(answered.speedup)}" if is_known else "")


def _over(answered: Answer) -> str:
    is_known = math.isfinite(answered.speedup.ratio) and answered.speedup.ratio != 1
    return f" as fast as {answered.name_of_baseline}" if is_known else ""


def _beyond(ratio: Effect) -> Effect:
    """What a ratio above 1 is more than that, as a share."""
    return Effect(*(bound - 1 for bound in ratio))


def _is_narrow(gains: Effect) -> bool:
    return gains.high - gains.low < 0.1


def _on(one: Change, compared: Compared) -> str:
    return f" on {one.now.key.interpreter}" if compared.now.several_interpreters else ""


def _without_workers(key: ArmKey, answered: Answer) -> str:
    return arm_name(answered.workload, key, answered.several_interpreters, with_workers=False)
