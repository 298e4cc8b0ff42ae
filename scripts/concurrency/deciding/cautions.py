"""What a reader must know beside the answer: what cannot be told, what cannot be true, and what the machine did."""

from collections.abc import Iterator

from concurrency.deciding.answer import Answer, ArmResult
from concurrency.deciding.names import arm_name
from concurrency.deciding.noise import Noise
from concurrency.deciding.tables import ArmKey
from concurrency.deciding.words import ANEW, NAMED, beyond, capitalised, counted, listed

PROBE = "download.live.probe: true"
PROBED = 16  # in flight, at most


def cautions(answer: Answer, recommended: ArmResult) -> Iterator[str]:
    """What a reader must know beside the answer."""
    said = [
        *left_open(answer, recommended),
        beware(answer, recommended),
        out_of_the_running(answer),
        no_finalists(answer),
        "The first round was a warm-up and counts for nothing." if answer.warm_up else "",
        on_noise(answer.noise),
    ]
    yield from filter(None, said)


def would_tell(known_in_flight: int) -> str:
    """What would have been measured with more in flight, in brackets; nothing where that is as far as it goes."""
    return f" ({PROBE} measures up to {PROBED})" if known_in_flight < PROBED else ""


def left_open(answer: Answer, recommended: ArmResult) -> Iterator[str]:
    """What the recording cannot tell of the answer; nothing where that is enough."""
    known = answer.known_in_flight
    if answer.beyond and known is not None:
        arms = [answer.name(arm) for arm in answer.beyond]
        guessed = "" if recommended in answer.beyond else f", so what {listed(arms, NAMED)} would take is a guess"
        yield f"{capitalised(beyond(known))}{would_tell(known)}{guessed}."
    if answer.is_left_open and not answer.has_too_few_rounds:
        yield "More rounds would hardly narrow the interval: most of it is what the recording leaves open."


def beware(answer: Answer, recommended: ArmResult) -> str:
    """What else cannot be true of the recommended arm, if anything."""
    told = () if answer.known_in_flight is None else (beyond(answer.known_in_flight),)
    flags = [flag for flag in recommended.flags.split("; ") if flag and flag not in told]
    if answer.is_above_ceiling and not flags:
        flags.append("that is above the ceiling, so that one of the two is wrong")
    return f"Beware: {'; '.join(flags)}." if flags else ""


def out_of_the_running(answer: Answer) -> str:
    """Which arms are out of the running, if any."""
    out = []
    for arm in answer.in_order:
        if arm.failed:
            out.append(f"{answer.name(arm)} failed in {arm.failed} of {counted(arm.measured, 'round')}")
        elif arm.measured < answer.rounds:
            rounds = counted(answer.rounds, "round")
            out.append(f"{answer.name(arm)} was measured in {arm.measured} of {rounds} only")
    never = [_strategy(answer, key) for key in answer.never_succeeded]
    out += [f"{name} failed wherever it was tried (put right, {ANEW[True]} tries it again)" for name in never]
    return f"Out of the running: {listed(out)}." if out else ""


def no_finalists(answer: Answer) -> str:
    """Which strategies were tried, and not measured any further."""
    others = [_strategy(answer, key) for key in answer.not_measured]
    return f"No finalists: {listed(others)}." if others else ""


def on_noise(machine: Noise) -> str:
    """What the machine did meanwhile; nothing when quiet."""
    if machine.word == "quiet":
        return ""
    begin = "The machine was noisy" if machine.word == "noisy" else "Do not rely on this: the machine was too noisy"
    return f"{begin} ({'; '.join(machine.reasons)}). {machine.advice}"


def _strategy(answer: Answer, key: ArmKey) -> str:
    return arm_name(answer.workload, key, answer.several_interpreters, with_workers=False)
