"""What the verdict says: sentences on an `Answer`, in the order of their use to a reader. Nothing is computed here."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from concurrency.deciding.answer import Alternative, Answer, ArmResult, Beside, Why
from concurrency.deciding.cautions import cautions
from concurrency.deciding.inference import ROUNDS_TO_DECIDE, Effect
from concurrency.deciding.names import ONE_BY_ONE
from concurrency.deciding.tables import ArmKey
from concurrency.deciding.words import (
    ANEW,
    NAMED,
    as_fast_as,
    capitalised,
    counted,
    in_config,
    interval,
    listed,
    number,
    percents,
    times,
    with_interval,
)
from concurrency.strategies._catalogue import BASELINE

NOTICED = 1.1  # times the memory: what is worth a word


@dataclass(frozen=True)
class Said:
    """The verdict in its parts: what to use and how much faster that is, what else is enough, what more or fewer
    workers would bring, why that is so, and what to beware of; where there is nothing to say, it is empty."""

    answer: str
    enough_too: str = ""
    workers_said: str = ""
    why: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        return " ".join(filter(None, [self.answer, self.enough_too, self.workers_said, self.why, *self.warnings]))


def said(answer: Answer) -> Said:
    """The whole verdict for a workload on a host."""
    if answer.mixed:
        return Said(mixed_rounds(answer))
    recommended = answer.recommended
    if recommended is None:
        some_succeeded = any(arm.rounds for arm in answer.arms)
        reason = "no arm succeeded in every round" if some_succeeded else "every arm failed"
        return Said(
            f"No answer: {reason}; the report says why. With that put right, measure anew: {ANEW[answer.is_screened]}."
        )
    warnings = tuple(cautions(answer, recommended))
    if answer.has_too_few_rounds:
        return Said(too_few_rounds(answer), warnings=warnings)
    return Said(
        answer=recommendation(answer, recommended),
        enough_too=enough_too(answer, recommended),
        workers_said=how_many(answer, recommended),
        why=why_so(answer.why, answer.name_of_baseline) if answer.why else "",
        warnings=warnings,
    )


def over_hosts(of_hosts: Mapping[str, str]) -> str:
    """What is said of each of several hosts, in one."""
    return " ".join(f"On {host}: {sentence}" for host, sentence in of_hosts.items())


def mixed_rounds(answer: Answer) -> str:
    """Which arms are in how many rounds, and what to do."""
    parts = [
        f"{answer.name(arm)} in {arm.measured} of {counted(answer.rounds, 'round')}"
        for arm in answer.in_order
        if arm.measured < answer.rounds
    ]
    return (
        f"No answer: the rounds were measured with different arms ({listed(parts, NAMED)}). Measure all of them with "
        f"the same number of cores and the same Python: {ANEW[answer.is_screened]}."
    )


def too_few_rounds(answer: Answer) -> str:
    """Which arm is ahead so far."""
    ahead = next(arm for arm in answer.arms if arm.best)
    over, gain = "the fastest one by one", ahead.versus_sequential.ratio
    if math.isnan(gain):
        over, gain = ONE_BY_ONE, ahead.speedup.ratio
    known = not math.isnan(gain) and ahead.key.strategy != BASELINE
    so_far = f", {number(gain)}× as fast as {over}" if known else ""
    return (
        f"Too few rounds to tell ({counted(answer.rounds, 'round')}, and it takes at least {ROUNDS_TO_DECIDE}): "
        f"so far {answer.name(ahead)} is ahead{so_far}."
    )


def recommendation(answer: Answer, recommended: ArmResult) -> str:
    """What to use, and how much faster that is."""
    if len(answer.arms) == 1:
        return f"Only {answer.name(recommended)} was measured: {recommended.median_s:.3g} s."
    sentence = _what_to_use(answer, recommended)
    return f"If the servers keep up, {sentence[0].lower()}{sentence[1:]}" if recommended in answer.beyond else sentence


def _what_to_use(answer: Answer, recommended: ArmResult) -> str:
    """The same, as if all that is replayed were known."""
    name, ties = answer.name(recommended), answer.ties
    if _all_tie(answer):
        all_arms = f"{name} and {answer.name(ties[0])}" if len(ties) == 1 else f"the {len(answer.arms)} arms"
        return f"No clear winner: {all_arms} cannot be told apart; {name} is the simplest."
    if recommended.key.strategy != BASELINE:
        return how_much_faster(answer, recommended)
    if ties:
        return f"No clear winner: nothing is faster than {name}."
    if recommended.key in [arm.key for arm in answer.best]:
        return f"{capitalised(name)} is the fastest."
    if answer.is_enough:
        return f"{capitalised(name)} is enough."
    quickest = next(arm for arm in answer.arms if arm.best)
    most = f"{with_interval(quickest.speedup)}, by {answer.name(quickest)}"
    return f"{capitalised(name)}: no gain worth having was found; the most is {most}."


def how_much_faster(answer: Answer, recommended: ArmResult) -> str:
    """… than one by one and, with several interpreters, than the fastest one by one of them all."""
    name, own = answer.name(recommended), answer.speedup
    if answer.versus_sequential is None:
        if math.isnan(own.ratio):
            is_fastest = recommended.key in [arm.key for arm in answer.best]
            most = "is the fastest" if is_fastest else "is enough"
            return f"{name} {most}; one by one failed, so there is no speed-up to tell."
        return f"{as_fast_as(name, ONE_BY_ONE, own)}."
    effect = answer.versus_sequential
    sentence = (
        f"{name}: {times(effect)} as fast as the fastest one by one, on {answer.sequential_interpreter} "
        f"({interval(effect)})"
    )
    is_its_own = answer.sequential_interpreter == recommended.key.interpreter
    return (
        f"{sentence}."
        if is_its_own or math.isnan(own.ratio)
        else f"{sentence}, {with_interval(own)} as fast as its own."
    )


def enough_too(answer: Answer, recommended: ArmResult) -> str:
    """Which others are enough, at what cost, and what they spare; and which cannot be told from it. Nothing where they
    are not faster than one by one, or where the answer has said all."""
    if _all_tie(answer):
        return ""
    alternatives = () if recommended.key.strategy == BASELINE else answer.good_enough
    alike: dict[str, list[str]] = {}
    for other in alternatives:
        alike.setdefault(_what_it_takes(other), []).append(answer.name(other.arm))
    clauses = [
        f"{listed(names, NAMED)} {_of_several(what) if len(names) > 1 else what}" for what, names in alike.items()
    ]
    sentences = [f"{'; '.join(clauses[:NAMED])}."] if clauses else []
    if len(clauses) > NAMED:
        sentences.append(f"{len(clauses) - NAMED} more are in the table.")
    known = [other.arm.key for other in alternatives]
    ties: dict[ArmKey, str] = {}  # of each strategy the one with the fewest workers
    for arm in answer.ties:
        if arm.key not in known and not _differs_in_workers(arm, recommended):
            ties.setdefault(arm.key._replace(workers=0), answer.name(arm))
    if ties:
        it = "that" if recommended.key.strategy == BASELINE else "it"
        sentences.append(f"{listed(list(ties.values()), NAMED)} cannot be told from {it}.")
    return " ".join(sentences)


def _what_it_takes(other: Alternative) -> str:
    longer = other.longer
    if longer.low > 1:
        cost = f"takes {percents(_longer(longer), 'longer')}"
    elif longer.high < 1:
        cost = f"takes {percents(_less(longer), 'less')}"
    else:
        cost = "is as fast"
    return f"{cost} and needs {listed(other.spares)}" if other.spares else cost


def _of_several(what: str) -> str:
    """… said of more than one arm."""
    for one, several in (("is ", "are "), ("takes ", "take "), (" needs ", " need ")):
        what = what.replace(one, several)
    return what


def _all_tie(answer: Answer) -> bool:
    """Whether there are several arms, and none can be told from another."""
    return 0 < len(answer.ties) == len(answer.arms) - 1


def _differs_in_workers(arm: ArmResult, than: ArmResult) -> bool:
    """Whether it is the same with more or fewer workers, of which `how_many` tells."""
    return arm.key._replace(workers=than.key.workers) == than.key


def how_many(answer: Answer, recommended: ArmResult) -> str:
    """What more workers would bring, and what fewer would cost; nothing where no other number of them was measured."""
    if _all_tie(answer):
        return ""
    parts = list(_how_many(answer, recommended))
    sentence = f"{capitalised('; '.join(parts))}." if parts else ""
    return " ".join(filter(None, [sentence, at_the_end(answer, recommended)]))


def _how_many(answer: Answer, recommended: ArmResult) -> Iterator[str]:
    best = [arm.key for arm in answer.best]
    if recommended.key.strategy == BASELINE and recommended.key not in best and answer.is_enough:
        quicker = listed([answer.name(arm) for arm in answer.best], NAMED)
        yield f"less than {100 * answer.worthwhile:g} % is gained by {quicker}"
    if answer.more:
        yield _what_more_brings(answer, answer.more)
    if answer.fewer:
        yield _what_fewer_cost(answer.fewer)
    elif not answer.is_enough and any(arm.key.workers < recommended.key.workers for arm in answer.ties):
        yield "fewer workers could not be shown to be enough"


def _what_more_brings(answer: Answer, more: Beside) -> str:
    count, longer = more.arm.key.workers, more.longer
    price = f", with {number(more.memory)}× the memory" if more.memory > NOTICED else ""
    if longer.high < 1:
        return f"{count} would take {percents(_less(longer), 'less')}{price}"
    if longer.low > 1:
        return f"more gains nothing{price}"
    if answer.is_enough:
        return f"more gains nothing worth having{price}"
    return f"what {count} would gain cannot be told{price}"


def _what_fewer_cost(fewer: Beside) -> str:
    count, longer = fewer.arm.key.workers, fewer.longer
    if longer.low <= 1:
        return f"{count} could not be shown to be enough"
    return f"{count} would take {percents(_longer(longer), 'longer')}"


def _longer(times_as_long: Effect) -> Effect:
    """By what share of its time."""
    return Effect(times_as_long.ratio - 1, times_as_long.low - 1, times_as_long.high - 1)


def _less(times_as_long: Effect) -> Effect:
    """The same of what takes less."""
    return Effect(1 - times_as_long.ratio, 1 - times_as_long.high, 1 - times_as_long.low)


def at_the_end(answer: Answer, recommended: ArmResult) -> str:
    """What to do where the best is the most that was tried; nothing where it is not, or where no more make sense."""
    if not answer.at_end:
        return ""
    count, strategy = recommended.key.workers, recommended.key.strategy
    if count < answer.items:
        options = "".join(f", {option.replace('=', ': ')}" for option in recommended.key.options.split())
        more = f"{{{strategy}: {{workers: [{count}, {2 * count}]{options}}}}}"
        return f"More were not tried; to try them, {in_config(answer.workload, f'strategies: [{BASELINE}, {more}]')}."
    if answer.is_cut:
        setting = in_config(answer.workload, f"measure_items: {2 * answer.items}")
        return f"{count} are one for each item measured; to try more, {setting}."
    return f"{count} are as many as there are items." if 1 < count == answer.items else ""


def why_so(why: Why, one_by_one: str) -> str:
    """What the time of `one_by_one` goes to, and how far that lets anything be faster."""
    waiting, computing = round(100 * why.waiting), round(100 * why.computing)
    if 0 < waiting < 100:
        shares = f"{waiting} % of the time is waiting, {computing} % computing"
    else:
        shares = f"all of the time is {'waiting' if waiting else 'computing'}"
    ceiling = f"{why.ceiling:,.1f}".removesuffix(".0")
    limit = f"; the ceiling here is {ceiling}×, set by {why.set_by}" if why.set_by else ""
    return f"{capitalised(one_by_one)}, {shares}{limit}."
