"""The verdict: which arm is recommended, by how much it is faster, and which are as good."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from concurrency.deciding import estimates, noise, sentences
from concurrency.deciding.alternatives import good_enough
from concurrency.deciding.answer import Alternative, Answer, ArmResult, Beside, Why
from concurrency.deciding.blocks import Block, blocks
from concurrency.deciding.inference import ROUNDS_TO_DECIDE, WORTHWHILE, Effect
from concurrency.deciding.sentences import Said
from concurrency.deciding.tables import ARM, ArmKey, effect_columns
from concurrency.deciding.why import why

COSTS = ("median_s", "cpu_s", "max_rss_bytes")


def verdict(
    timings: pd.DataFrame,
    summary: pd.DataFrame,
    robust: bool = False,
    notes: Mapping[str, Sequence[str]] | None = None,
    worthwhile: float = WORTHWHILE,
    cut: Collection[str] = (),
) -> dict[str, dict[str, Any]]:
    """Per workload the answer as data and as sentences; `robust` as for `summarise`. `notes` are sentences of what was
    recorded for a workload, which end its own; `cut` are the workloads that have more items than are measured.

    Keys: `sentence`, and its parts in their order, empty where there is nothing to say: `answer` (what to use, and how
    much faster that is), `enough_too`, `workers_said`, `why` and the list of `warnings`; `strategy`, `workers`,
    `options`, `interpreter`, `host` of the recommended arm (fewest workers, then the strategy of lowest rank, of those
    shown to be enough: to take no longer than the best by more than `worthwhile`, a share; if there is none, the
    fastest, and `enough` is false); `good_enough`, of each other strategy an arm that is shown to be, too, with its
    `name`, how many times as long it took (`longer`, with its interval) and what it `spares`, in words; `fewer` and
    `more`, the next counts of workers of the same strategy that were measured, each with `longer`, and its memory and
    CPU time over those of the recommended; `at_end`: none higher was tried; its `speedup` (cross-validated: each round
    is scored by the arm that the other rounds recommend, so that it is not inflated), `speedup_low`, `speedup_high`;
    with several interpreters the same as `versus_sequential`, and whose `sequential` is the fastest,
    `sequential_interpreter`; `why`, where the samples tell it: what one by one spends `waiting` and `computing`, in
    shares, the `ceiling` of any speed-up, what that is `set_by`, and the `sentence` on it; `ties`, the names of the
    other arms of the best set; `rounds`, `warm_up` (rounds left out), `form` (of `inference`); `notes`, if there are
    any; `noise` (`quiet`, `noisy` or `unusable`), `reasons`, `advice`; `control`, the time of the A/A duplicate over
    its twin's, with a 99 % interval. Where nothing can be recommended, those of the arm are missing.
    With several hosts, these are of the first one in `timings`, and `hosts` has the answer of each.
    """
    answers: dict[str, dict[str, dict[str, Any]]] = {}
    for block in blocks(timings, robust):
        rows = summary[(summary["workload"] == block.workload) & (summary["host"] == block.host)]
        answers.setdefault(block.workload, {})[block.host] = _as_data(
            decide(block, rows, worthwhile, block.workload in cut)
        )
    found = {workload: _over_hosts(answers[workload], timings) for workload in sorted(answers)}
    return found | {
        workload: noted(found[workload], said) for workload, said in (notes or {}).items() if workload in found
    }


def noted(answer: Mapping[str, Any], said: Sequence[str]) -> dict[str, Any]:
    """An answer of `verdict` with more `notes`; of several hosts, that of the first, where they are measured."""
    if not said:
        return dict(answer)
    notes, warnings = [*answer.get("notes", ()), *said], [*answer["warnings"], *said]
    more: dict[str, Any] = {"sentence": " ".join([answer["sentence"], *said]), "notes": notes, "warnings": warnings}
    if hosts := answer.get("hosts"):
        first = answer["host"]
        more["hosts"] = {**hosts, first: noted(hosts[first], said)}
    return {**answer, **more}


def decide(block: Block, rows: pd.DataFrame, worthwhile: float = WORTHWHILE, is_cut: bool = False) -> Answer:
    """The answer from a block and its `rows` of the summary; `is_cut`: there are more items than are measured."""
    arms = _results(rows[~rows["strategy"].isin(block.kind.algorithms())])
    control = estimates.control(block)
    samples, scatter = block.samples[block.good], estimates.scatter(block)
    answer = Answer(
        workload=block.workload,
        host=block.host,
        rounds=block.rounds,
        warm_up=block.warm_up,
        form=block.form,
        arms=arms,
        mixed=block.mixed,
        noise=noise.judge(block.bound, samples, scatter, control),
        control=control,
        is_screened=len(block.screening) > 0,
        never_succeeded=tuple(arm for arm, good in block.only_screened.items() if not good),
        not_measured=tuple(arm for arm, good in block.only_screened.items() if good),
        known_in_flight=block.known_in_flight,
    )
    if not block.complete:
        return answer
    known = {arm.key: arm for arm in arms}
    key, is_enough = estimates.recommended(block, worthwhile)
    recommended = known[key]
    own = [arm for arm in block.complete if arm.interpreter == key.interpreter]
    baseline = block.baseline_of(key)
    fewer, more = _beside(block, known, key)
    answer = replace(
        answer,
        recommended=recommended,
        best=tuple(known[arm] for arm in block.complete if known[arm].best),
        worthwhile=worthwhile,
        is_enough=is_enough,
        good_enough=good_enough(block, known, key, worthwhile),
        why=why(block, key.interpreter) if answer.noise.word == "quiet" or block.bound != "mixed" else None,
        fewer=fewer,
        more=more,
        at_end=_is_at_end(block, key, fewer),
        items=int(block.samples["items"].fillna(0).max()),
        is_cut=is_cut,
        speedup=_cross_validated(block, recommended, recommended.speedup, baseline, own, worthwhile),
        is_left_open=estimates.is_left_open(block, key),
    )
    fastest = block.fastest_baseline
    if fastest is None or len(block.interpreters) < 2:
        return answer
    return replace(
        answer,
        versus_sequential=_cross_validated(
            block, recommended, recommended.versus_sequential, fastest, block.complete, worthwhile
        ),
        sequential_interpreter=fastest.interpreter,
    )


def _cross_validated(
    block: Block,
    recommended: ArmResult,
    effect: Effect,
    baseline: ArmKey | None,
    rivals: list[ArmKey],
    worthwhile: float,
) -> Effect:
    """`effect` as the summary has it where there are too few rounds to leave one out, or where the baseline failed."""
    if baseline not in rivals or baseline == recommended.key or block.rounds < ROUNDS_TO_DECIDE:
        return effect
    return estimates.cross_validated(block, effect, baseline, rivals, worthwhile)


def _beside(block: Block, known: Mapping[ArmKey, ArmResult], chosen: ArmKey) -> tuple[Beside | None, Beside | None]:
    """The arms like the `chosen` one with the next lower and the next higher count of workers that was measured."""
    against = estimates.versus(block, chosen)
    alike = sorted(arm for arm in against if arm._replace(workers=chosen.workers) == chosen)
    place = alike.index(chosen)
    fewer, more = (
        [_compared(known[arm], known[chosen], against[arm]) for arm in next_one]
        for next_one in (alike[max(0, place - 1) : place], alike[place + 1 : place + 2])
    )
    return next(iter(fewer), None), next(iter(more), None)


def _compared(arm: ArmResult, chosen: ArmResult, effect: Effect) -> Beside:
    memory, cpu = (
        float(of_arm) / of_chosen if of_chosen else math.nan  # which an older table may have as 0
        for of_arm, of_chosen in ((arm.max_rss_bytes, chosen.max_rss_bytes), (arm.cpu_s, chosen.cpu_s))
    )
    return Beside(arm, effect.inverse, memory, cpu)


def _is_at_end(block: Block, chosen: ArmKey, fewer: Beside | None) -> bool:
    """Whether more workers might be better still: none were tried, though that many are better than fewer, or though it
    was to be found how many are best."""
    tried = [ArmKey(*arm) for arm in block.screening[ARM].itertuples(index=False)]
    most = max(key.workers for key in tried + block.arms if key._replace(workers=chosen.workers) == chosen)
    was_found = chosen._replace(workers=most) in tried
    gains = fewer is not None and fewer.longer.low > 1 and chosen.workers < block.samples["items"].fillna(0).max()
    return bool(chosen.workers > 1 and chosen.workers == most and (was_found or gains))


def _results(rows: pd.DataFrame) -> tuple[ArmResult, ...]:
    speedup, versus_sequential = list(effect_columns("speedup")), list(effect_columns("versus_sequential"))
    return tuple(
        ArmResult(
            key=ArmKey(*row[ARM]),
            rounds=row["rounds"],
            failed=row["failed"],
            best=row["best"],
            median_s=row["median_s"],
            cpu_s=row["cpu_s"],
            max_rss_bytes=row["max_rss_bytes"],
            speedup=Effect(*row[speedup]),
            versus_sequential=Effect(*row[versus_sequential]),
            flags=row["flags"],
        )
        for _, row in rows.astype(dict.fromkeys([*COSTS, *speedup, *versus_sequential], float)).iterrows()
    )


def _as_data(answer: Answer) -> dict[str, Any]:
    said = sentences.said(answer)
    data: dict[str, Any] = {
        "sentence": said.whole,
        "answer": said.answer,
        "enough_too": said.enough_too,
        "workers_said": said.workers_said,
        "warnings": list(said.warnings),
        "host": answer.host,
        "rounds": answer.rounds,
        "warm_up": answer.warm_up,
        "form": answer.form,
        "ties": [answer.name(arm) for arm in answer.ties],
        "noise": answer.noise.word,
        "reasons": answer.noise.reasons,
        "advice": answer.noise.advice,
        "control": _rounded(("ratio", "low", "high"), answer.control),
    }
    if answer.recommended is None:
        return data
    data |= _as_arm(answer.recommended.key)
    data |= {"worthwhile": answer.worthwhile, "enough": answer.is_enough, "at_end": answer.at_end}
    data |= {"good_enough": [_as_alternative(other, answer) for other in answer.good_enough]}
    data |= {"fewer": _as_costs(answer.fewer), "more": _as_costs(answer.more)}
    data |= {"why": _as_reason(answer.why, said)} if said.why and answer.why else {}
    speedup = _rounded(effect_columns("speedup"), answer.speedup)
    if answer.versus_sequential is None:
        return data | speedup
    data |= {"sequential_interpreter": answer.sequential_interpreter}
    return data | speedup | _rounded(effect_columns("versus_sequential"), answer.versus_sequential)


def _as_arm(key: ArmKey) -> dict[str, Any]:
    return key._asdict() | {"workers": int(key.workers)}


def _as_alternative(other: Alternative, answer: Answer) -> dict[str, Any]:
    return (
        {"name": answer.name(other.arm), **_as_arm(other.arm.key)}
        | _rounded(effect_columns("longer"), other.longer)
        | {"spares": list(other.spares)}
    )


def _as_reason(why: Why, said: Said) -> dict[str, Any]:
    return {
        "waiting": round(why.waiting, 4),
        "computing": round(why.computing, 4),
        "ceiling": None if math.isnan(why.ceiling) else round(why.ceiling, 3),
        "set_by": why.set_by,
        "sentence": said.why,
    }


def _as_costs(beside: Beside | None) -> dict[str, Any] | None:
    if beside is None:
        return None
    known = {"memory": beside.memory, "cpu": beside.cpu}
    return (
        {"workers": int(beside.arm.key.workers)}
        | _rounded(effect_columns("longer"), beside.longer)
        | {name: round(ratio, 3) for name, ratio in known.items() if math.isfinite(ratio)}
    )


def _rounded(names: tuple[str, str, str], effect: Effect) -> dict[str, float | None]:
    return {name: None if pd.isna(value) else round(float(value), 4) for name, value in zip(names, effect, strict=True)}


def _over_hosts(answers: dict[str, dict[str, Any]], timings: pd.DataFrame) -> dict[str, Any]:
    """The answer of the first host in `timings`; where there are several, with a sentence on each."""
    hosts = [host for host in dict.fromkeys(timings["host"]) if host in answers]
    if len(hosts) == 1:
        return answers[hosts[0]]
    of_hosts = {host: answers[host] for host in hosts}
    sentence = sentences.over_hosts({host: answer["sentence"] for host, answer in of_hosts.items()})
    return answers[hosts[0]] | {"sentence": sentence, "hosts": of_hosts}
