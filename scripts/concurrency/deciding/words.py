"""What the verdict says: sentences on an `Answer`, and how numbers are written. Nothing is computed here."""

import math
import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from concurrency.deciding.answer import ROUNDS_TO_DECIDE, Answer, ArmResult, Beside
from concurrency.deciding.inference import Effect
from concurrency.deciding.names import ONE_BY_ONE, arm_name
from concurrency.deciding.noise import Noise
from concurrency.deciding.tables import ArmKey
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of

ANEW = {False: "snakemake --forcerun measure", True: "snakemake --forcerun screen"}  # by whether that comes first
ONE_WORK = ("function", "coroutine", "open", "then", "split", "items", "check", "max_failures")  # given on one line
PROBE = "download.live.probe: true"
PROBED = 16  # in flight, at most
NOTICED = 1.1  # times the memory: what is worth a word
NAMED = 4  # at most, in a sentence; the picture and the table have them all


def sentences(answer: Answer) -> str:
    """The whole verdict for a workload on a host."""
    if answer.mixed:
        return mixed_rounds(answer)
    if answer.recommended is None:
        some_succeeded = any(arm.rounds for arm in answer.arms)
        reason = "no arm succeeded in every round" if some_succeeded else "every arm failed"
        return (
            f"No answer: {reason}; the report says why. With that put right, measure anew: {ANEW[answer.is_screened]}."
        )
    said = [
        too_few_rounds(answer) if answer.has_too_few_rounds else recommendation(answer, answer.recommended),
        left_open(answer, answer.recommended),
        beware(answer, answer.recommended),
        out_of_the_running(answer),
        "The first round was a warm-up and counts for nothing." if answer.warm_up else "",
        on_noise(answer.noise),
    ]
    return " ".join(filter(None, said))


def over_hosts(said: Mapping[str, str]) -> str:
    """What is said of each of several hosts, in one."""
    return " ".join(f"On {host}: {sentence}" for host, sentence in said.items())


def mixed_rounds(answer: Answer) -> str:
    """Which arms are in how many rounds, and what to do."""
    parts = [
        f"{name_of(arm, answer)} in {arm.measured} of {answer.rounds} rounds"
        for arm in _in_order(answer)
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
    so_far = f", {_times(gain)} faster than {over}" if known else ""
    plural = "s" if answer.rounds > 1 else ""
    return (
        f"Too few rounds to tell ({answer.rounds} round{plural}, and it takes at least {ROUNDS_TO_DECIDE}): "
        f"so far {name_of(ahead, answer)} is ahead{so_far}."
    )


def recommendation(answer: Answer, recommended: ArmResult) -> str:
    """What is best, by how much, and what cannot be told from it."""
    if len(answer.arms) == 1:
        return f"Only {name_of(recommended, answer)} was measured: {recommended.median_s:.3g} s."
    said = comparison(answer, recommended)
    return f"If the servers keep up, {said[0].lower()}{said[1:]}" if recommended in answer.beyond else said


def comparison(answer: Answer, recommended: ArmResult) -> str:
    """The same of several arms, as if all that is replayed were known."""
    name, ties = name_of(recommended, answer), [name_of(arm, answer) for arm in answer.ties]
    if len(ties) == len(answer.arms) - 1:
        all_arms = f"{name} and {ties[0]}" if len(ties) == 1 else f"the {len(answer.arms)} arms"
        return f"No clear winner: {all_arms} cannot be told apart; {name} is the simplest."
    it = "it"
    if recommended.key.strategy != BASELINE:
        sentence = f"{name}{how_much_faster(answer, recommended)}."
    elif ties:
        sentence, it = f"No clear winner: nothing is faster than {name}.", "that"
    elif recommended.key in [arm.key for arm in answer.best]:
        sentence = f"{name[0].upper()}{name[1:]} is the fastest."
    else:
        sentence = f"{name[0].upper()}{name[1:]} is enough."
    others = [name_of(arm, answer) for arm in answer.ties if not _differs_in_workers(arm, recommended)]
    told = f"{listed(others, NAMED)} cannot be told from {it}." if others else ""
    return " ".join(filter(None, [sentence, how_many(answer, recommended), told]))


def _differs_in_workers(arm: ArmResult, than: ArmResult) -> bool:
    """Whether it is the same with more or fewer workers, of which `how_many` tells."""
    return arm.key._replace(workers=than.key.workers) == than.key


def how_many(answer: Answer, recommended: ArmResult) -> str:
    """What more workers would bring, and what fewer would cost; nothing where no other number of them was measured."""
    said = []
    if recommended.key not in [arm.key for arm in answer.best]:
        told = answer.more and answer.more.arm.key
        quicker = [name_of(arm, answer) for arm in answer.best if arm.key != told]
        little = f"less than {100 * answer.worthwhile:g} % is gained by"
        said += [f"{little} {listed(quicker, NAMED)}"] if quicker else []
    if answer.more:
        said.append(_what_more_brings(answer, answer.more))
    if answer.fewer:
        said.append(_what_fewer_cost(answer.fewer))
    elif not answer.is_enough and any(arm.key.workers < recommended.key.workers for arm in answer.ties):
        said.append("fewer workers could not be shown to be enough")
    sentence = f"{'; '.join(said)}." if said else ""
    return " ".join(filter(None, [f"{sentence[:1].upper()}{sentence[1:]}", at_the_end(answer, recommended)]))


def _what_more_brings(answer: Answer, more: Beside) -> str:
    count, longer = more.arm.key.workers, more.longer
    price = f", with {number(more.memory)}× the memory" if more.memory > NOTICED else ""
    if longer.high < 1:
        quicker = Effect(1 - longer.ratio, 1 - longer.high, 1 - longer.low)
        return f"{count} would take {percent(quicker.ratio)} less ({_percents(quicker)}){price}"
    if answer.is_enough or longer.low > 1:
        return f"more gains nothing{price}"
    return f"what {count} would gain cannot be told{price}"


def _what_fewer_cost(fewer: Beside) -> str:
    count, longer = fewer.arm.key.workers, fewer.longer
    if longer.low <= 1 and fewer.arm.best:
        return f"{count} could not be shown to be enough"
    more = Effect(longer.ratio - 1, max(longer.low - 1, 0.0), longer.high - 1)
    return f"{count} would take {percent(more.ratio)} longer ({_percents(more)})"


def at_the_end(answer: Answer, recommended: ArmResult) -> str:
    """What to do where the best is the most that was tried; nothing where it is not, or where no more make sense."""
    if not answer.at_end:
        return ""
    count, strategy = recommended.key.workers, recommended.key.strategy
    if count < answer.items:
        options = "".join(f", {option.replace('=', ': ')}" for option in recommended.key.options.split())
        more = f"{{{strategy}: {{workers: [{count}, {2 * count}]{options}}}}}"
        return f"More were not tried; to try them, {in_config(answer, f'strategies: [{BASELINE}, {more}]')}."
    if answer.is_cut:
        setting = in_config(answer, f"measure_items: {2 * answer.items}")
        return f"{count} are one for each item measured; to try more, {setting}."
    return f"{count} are as many as there are items." if 1 < count == answer.items else ""


def in_config(answer: Answer, setting: str) -> str:
    """What sets it for this workload on a terminal, beside what may be given there already."""
    if setting.startswith("measure_items") and "." not in kind_of(answer.workload).setting:
        return f"give --config this, too: {setting.replace(': ', '=')}"
    return f"give --config this, too: {_within(answer.workload, setting)}"


def _within(workload: str, setting: str) -> str:
    """A setting where the configuration has this workload's, quoted for a terminal."""
    outer, *inner = kind_of(workload).setting.split(".")
    for key in reversed(inner):
        setting = f"{key}: {{{setting}}}"
    return f"'{outer}={{{setting}}}'"


def doing_the_job(workload: str, config: Mapping[str, Any]) -> str:
    """The command that does its job by what is recommended, where `config` is what was given."""
    if "items" in config:  # a single work, given on one line
        given = " ".join(f"{key}={shlex.quote(str(config[key]))}" for key in ONE_WORK if config.get(key))
        return f"snakemake job --config {given} job=recommended"  # what follows --config is taken for more of it
    return f"snakemake job --config {_within(workload, 'job: recommended')}"


def how_much_faster(answer: Answer, recommended: ArmResult) -> str:
    """… than one by one and, with several interpreters, than the fastest one by one of them all."""
    own = f"{_times(answer.speedup.ratio)} faster than"
    if answer.versus_sequential is None:
        if math.isnan(answer.speedup.ratio):
            return " is the fastest; one by one failed, so there is no speed-up to tell"
        return f": {own} one by one ({interval(answer.speedup)})"
    sentence = (
        f": {_times(answer.versus_sequential.ratio)} faster than the fastest one by one, on "
        f"{answer.sequential_interpreter} ({interval(answer.versus_sequential)})"
    )
    is_its_own = answer.sequential_interpreter == recommended.key.interpreter
    return sentence if is_its_own or math.isnan(answer.speedup.ratio) else f"{sentence}, {own} its own"


def beyond(known_in_flight: int) -> str:
    """Why an arm with more workers is a guess."""
    return f"nothing was measured beyond {known_in_flight} in flight"


def would_tell(known_in_flight: int) -> str:
    """What would have been measured with more in flight, in brackets; nothing where that is as far as it goes."""
    return f" ({PROBE} measures up to {PROBED})" if known_in_flight < PROBED else ""


def left_open(answer: Answer, recommended: ArmResult) -> str:
    """What the recording cannot tell of the answer; nothing where that is enough."""
    said = []
    if answer.beyond and answer.known_in_flight is not None:
        arms = [name_of(arm, answer) for arm in answer.beyond]
        guessed = "" if recommended in answer.beyond else f", so what {listed(arms, NAMED)} would take is a guess"
        why = beyond(answer.known_in_flight)
        more = would_tell(answer.known_in_flight)
        said.append(f"{why[0].upper()}{why[1:]}{more}{guessed}.")
    if answer.is_left_open and not answer.has_too_few_rounds:
        said.append("More rounds would hardly narrow the interval: most of it is what the recording leaves open.")
    return " ".join(said)


def beware(answer: Answer, recommended: ArmResult) -> str:
    """What else cannot be true of the recommended arm, if anything."""
    told = () if answer.known_in_flight is None else (beyond(answer.known_in_flight),)
    flags = [flag for flag in recommended.flags.split("; ") if flag and flag not in told]
    return f"Beware: {'; '.join(flags)}." if flags else ""


def out_of_the_running(answer: Answer) -> str:
    """Which arms are out of the running, if any."""
    out = []
    for arm in _in_order(answer):
        if arm.failed:
            out.append(f"{name_of(arm, answer)} failed in {arm.failed} of {arm.measured} rounds")
        elif arm.measured < answer.rounds:
            out.append(f"{name_of(arm, answer)} was measured in {arm.measured} of {answer.rounds} rounds only")
    never = [_strategy(answer, key) for key in answer.never_succeeded]
    out += [f"{name} failed wherever it was tried (put right, {ANEW[True]} tries it again)" for name in never]
    said = f"Out of the running: {listed(out)}." if out else ""
    others = [_strategy(answer, key) for key in answer.not_measured]
    return " ".join(filter(None, [said, f"No finalists: {listed(others)}." if others else ""]))


def _strategy(answer: Answer, key: ArmKey) -> str:
    return arm_name(answer.workload, key, answer.several_interpreters, with_workers=False)


def on_noise(machine: Noise) -> str:
    """What the machine did meanwhile; nothing when quiet."""
    if machine.word == "quiet":
        return ""
    begin = "The machine was noisy" if machine.word == "noisy" else "Do not rely on this: the machine was too noisy"
    return f"{begin} ({'; '.join(machine.reasons)}). {machine.advice}"


def as_fast_as(praised: str, rival: str, effect: Effect) -> str:
    """How one arm compares with another, both by their names."""
    ratio, low, high = (number(value) if math.isfinite(value) else "?" for value in effect)
    return f"{praised}: {ratio}× as fast as {rival} (95 %: {low}–{high})"


def interval(effect: Effect) -> str:
    return f"95 %: {number(effect.low)}–{number(effect.high)}"


def number(value: float) -> str:
    """Three significant digits, and no powers of ten."""
    return f"{Decimal(f'{value:.2e}'):,f}" if abs(value) < 1000 else f"{value:,.0f}"


def percent(share: float) -> str:
    """A share in percent, with a digit where it is small."""
    return f"{100 * share:.0f} %" if abs(share) >= 0.0995 else f"{100 * share:.1f} %"


def _percents(shares: Effect) -> str:
    low, high = (f"{100 * bound:.{0 if shares.ratio >= 0.0995 else 1}f}" for bound in (shares.low, shares.high))
    return f"{low}–{high} %"


def listed(names: Sequence[str], most: int | None = None) -> str:
    """… with more than `most` of them, the last ones are counted."""
    if most and len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} others"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def name_of(arm: ArmResult, answer: Answer) -> str:
    return arm_name(answer.workload, arm.key, answer.several_interpreters)


def _in_order(answer: Answer) -> list[ArmResult]:
    return sorted(answer.arms, key=lambda arm: arm.key)


def _times(ratio: float) -> str:
    return f"{number(ratio)}×"
