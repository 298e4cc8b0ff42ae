"""What is said of two campaigns, and the table of what changed from one to the other. Nothing is computed here."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from concurrency.deciding.answer import ROUNDS_TO_DECIDE, Answer, ArmResult
from concurrency.deciding.campaigns import Change, Compared
from concurrency.deciding.inference import Effect
from concurrency.deciding.names import ONE_BY_ONE, arm_name
from concurrency.deciding.tables import ArmKey, effect_columns
from concurrency.deciding.words import NAMED, interval, listed, name_of, number, percent
from concurrency.strategies._catalogue import BASELINE

DRIFT = "drift not included: the two campaigns were not measured in the same rounds"
NOT_ALIKE = {  # facts that make gains differ by themselves
    "items": "{0} items before, {1} now",
    "bound by": "bound by {0} before, by {1} now",
    "least possible one by one, s": "other items, or another path to them: one by one took {0} s at least, {1} s now",
    "replayed from a recording": "only one of them replays a recording",
    "cores": "{0} cores before, {1} now",
}
TABLE = (
    "workload", "strategy", "options", "workers_before", "workers_now", "interpreter_before", "interpreter_now",
    "host_before", "host_now", *effect_columns("speedup_before"), *effect_columns("speedup_now"),
    *effect_columns("change"), "told", "median_before_s", "median_now_s", "times_as_fast",
)  # fmt: skip


def as_data(compared: Compared) -> dict[str, Any]:
    """The answer for a workload, in parts and as a whole."""
    said, more, beware = answer(compared), others(compared), list(warnings(compared))
    return {
        "workload": compared.workload,
        "host": compared.now.host,
        "answer": said,
        "others": more,
        "warnings": beware,
        "recommended_before": _recommended(compared.before),
        "recommended_now": _recommended(compared.now),
        "recommended_alike": compared.recommended_alike,
        "compared": sum(not one.is_baseline for one in compared.changes),
        "changed": len(compared.told),
        "sentence": " ".join(filter(None, [said, more, *beware])),
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
        return f"Now {_with_gain(now)}, before {_with_gain(before)}{_and_that(compared, before.recommended)}."
    name = name_of(now.recommended, now)
    if now.recommended.key.strategy == BASELINE:
        return f"Still {name}."
    own = next((one for one in compared.changes if one.now.key == now.recommended.key), None)
    became = f": {in_words(own)}" if own else ""
    return f"Still {_with_gain(now)}, before {_times(before.speedup)}{became}."


def _and_that(compared: Compared, old: ArmResult) -> str:
    """What keeping to what was recommended before costs now."""
    lags = compared.lags
    if math.isnan(lags.ratio):
        return "" if old.key.strategy == BASELINE else ", which was not measured now"
    if lags.low > 1:
        return f", which takes {percent(lags.ratio - 1)} longer now ({_percents(lags)})"
    return ", and these cannot be told apart now"


def others(compared: Compared) -> str:
    """What else changed, how long one by one takes, and what could not be compared."""
    said = []
    if not compared.has_too_few_rounds:
        arm = compared.now.recommended
        rest = [one for one in compared.changes if not one.is_baseline]
        if compared.recommended_alike and arm:
            rest = [one for one in rest if one.now.key != arm.key]
        told = [f"{name(one, compared)} {in_words(one)}" for one in rest if one in compared.told]
        if told:
            said.append(f"Of {len(rest)} other{'s' * (len(rest) > 1)}, {listed(told, NAMED)}.")
        elif rest:
            said.append(f"Of {len(rest)} other{'s' * (len(rest) > 1)}, none changed that can be told.")
    said += [
        f"{ONE_BY_ONE.capitalize()}{_on(one, compared)} took {number(one.before.median_s)} s before, "
        f"{number(one.now.median_s)} s now (drift not included)."
        for one in compared.changes
        if one.is_baseline
    ]
    return " ".join(said)


def warnings(compared: Compared) -> Iterator[str]:
    """Why the two may not compare, and what could not be compared."""
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
    for when, then, only, one in (
        ("before", "now", compared.only_before, compared.before),
        ("now", "before", compared.only_now, compared.now),
    ):
        if names := list(dict.fromkeys(_without_workers(key, one) for key in only)):
            yield f"Not compared, as it is only {when}, or failed {then}: {listed(names, NAMED)}."


def in_words(change: Change) -> str:
    """How what it gains has changed."""
    gains = change.gains
    if gains.low > 1:
        return f"gains {percent(gains.ratio - 1)} more ({_percents(gains)})"
    if gains.high < 1:
        less = Effect(2 - gains.ratio, 2 - gains.high, 2 - gains.low)
        return f"gains {percent(1 - gains.ratio)} less ({_percents(less)})"
    low, high = (f"{100 * (bound - 1):+.1f}".replace("-", "−") for bound in (gains.low, gains.high))
    return f"no change that can be told (95 %: {low} to {high} %)"


def name(change: Change, compared: Compared) -> str:
    """What is compared: `threads with 8 in flight, before 15,`."""
    now = name_of(change.now, compared.now)
    return f"{now}, before {change.before.key.workers}," if change.has_other_workers else now


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


def _recommended(answered: Answer) -> str:
    return name_of(answered.recommended, answered) if answered.recommended else ""


def _with_gain(answered: Answer) -> str:
    assert answered.recommended
    is_baseline = answered.recommended.key.strategy == BASELINE
    return _recommended(answered) + ("" if is_baseline else f" ({_times(answered.speedup)})")


def _times(speedup: Effect) -> str:
    if math.isnan(speedup.ratio):
        return "one by one failed"
    return f"{number(speedup.ratio)}×, {interval(speedup)}"


def _percents(ratio: Effect) -> str:
    low, high = (f"{100 * (bound - 1):.{0 if ratio.ratio >= 1.0995 else 1}f}" for bound in ratio[1:])
    return f"95 %: {low}–{high} %"


def _on(one: Change, compared: Compared) -> str:
    return f" on {one.now.key.interpreter}" if compared.now.several_interpreters else ""


def _without_workers(key: ArmKey, answered: Answer) -> str:
    return arm_name(answered.workload, key, answered.several_interpreters, with_workers=False)
