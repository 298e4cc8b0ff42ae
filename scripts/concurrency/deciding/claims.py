"""What is often said of concurrent Python, put to the test on the timings of a run."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from concurrency.deciding import words
from concurrency.deciding.blocks import Block, blocks
from concurrency.deciding.estimates import paired
from concurrency.deciding.inference import WORTHWHILE, Effect
from concurrency.deciding.names import arm_name
from concurrency.deciding.tables import CLAIMS, ArmKey, effect_columns
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import BUILT_IN
from concurrency.workloads.workload import Bound

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "cannot tell here"
ABOUT = 0.75  # of the cores: what counts as "about by the number of cores"

PROCESSES = ("process_pool", "multiprocessing_pool")
RULE = {"asyncio": ("asyncio",), "threads": ("threads",), "processes": PROCESSES}

Binding = tuple[Bound, bool]  # by what, and whether the waiting is short
SLOW_IO: Binding = ("io", False)
FAST_IO: Binding = ("io", True)
CPU: Binding = ("cpu", False)
NAMES = {(kind.bound, kind.is_fast): kind.name for kind in BUILT_IN.values()}  # what is bound so, if it is measured

Decision = Callable[[Effect, float, float], str]


@dataclass(frozen=True)
class Claim:
    """`text` is about how many times as fast `arms` (the first that was measured) are as the fastest of `rivals`, on
    work that is bound by `bound`; `decide` turns that effect, the number of cores (nan: not known) and the share of the
    time from which on a gain is worthwhile into an answer. No two claims compare the same arms: each has figures of its
    own.

    Both run under one interpreter: any or, with `gil`, one that has it on or off.
    """

    text: str
    bound: Binding
    arms: tuple[str, ...]
    rivals: tuple[str, ...]
    decide: Decision
    gil: bool | None = None


def _is_faster(effect: Effect, _cores: float, worthwhile: float) -> str:
    """Beyond doubt, and by more than is worthwhile: a smaller gain is no reason to choose."""
    _, low, high = effect
    return CONFIRMED if low > 1 + worthwhile else REFUTED if high <= 1 + worthwhile else UNDECIDED


def _gains_nothing(effect: Effect, cores: float, worthwhile: float) -> str:
    """A gain worth having refutes it; where there may be none, the middle between none and the cores divides."""
    _, low, high = effect
    none = 1 + worthwhile
    return REFUTED if low > none else CONFIRMED if high < max(none, cores**0.5) else UNDECIDED


def _gains_the_cores(effect: Effect, cores: float, _worthwhile: float) -> str:
    _, low, high = effect
    return CONFIRMED if low >= ABOUT * cores else REFUTED if high < ABOUT * cores else UNDECIDED


def _others(own: str) -> tuple[str, ...]:
    return (BASELINE, *(name for way, names in RULE.items() if way != own for name in names))


EXAMINED = (
    Claim("I/O-bound and slow: asyncio", SLOW_IO, RULE["asyncio"], _others("asyncio"), _is_faster),
    Claim("I/O-bound and fast: threads", FAST_IO, RULE["threads"], _others("threads"), _is_faster),
    Claim("CPU-bound: processes", CPU, RULE["processes"], _others("processes"), _is_faster),
    Claim("threads beat one by one on I/O", SLOW_IO, RULE["threads"], (BASELINE,), _is_faster),
    Claim("asyncio does not speed up CPU-bound work", CPU, RULE["asyncio"], (BASELINE,), _gains_nothing),
    Claim(
        "a session for every request costs time", FAST_IO, RULE["asyncio"], ("asyncio_session_per_request",), _is_faster
    ),
)


# Only where several interpreters are compared.
OF_INTERPRETERS = (
    Claim("with the GIL, threads do not speed up computing", CPU, ("threads",), (BASELINE,), _gains_nothing, True),
    Claim(
        "without the GIL, threads speed up computing by about the cores",
        CPU,
        ("threads",),
        (BASELINE,),
        _gains_the_cores,
        False,
    ),
    Claim(
        "subinterpreters speed up computing by about the cores",
        CPU,
        ("interpreter_pool",),
        (BASELINE,),
        _gains_the_cores,
    ),
)


@dataclass(frozen=True)
class Case:
    """A claim to be tested on one interpreter: the arms of the `praised` strategy, as far as they were measured, and
    those of its `rivals`; each is as fast as with the number of workers that is best for it."""

    claim: Claim
    block: Block | None
    praised: tuple[ArmKey, ...] = ()
    rivals: tuple[ArmKey, ...] = ()


def examine(timings: pd.DataFrame, worthwhile: float = WORTHWHILE) -> pd.DataFrame:
    """One row per claim, with the columns of claims.csv, from the first host in `timings`; where there are several
    interpreters, one for each that the claim can be tested on.

    `ratio` is how many times as fast the praised arm is as the rival, with an interval that holds for all claims at
    once; `answer` is confirmed, refuted or cannot tell here, and `figures` says it in words. What gains no more than
    `worthwhile`, a share of the time, is not faster.
    """
    hosts = list(dict.fromkeys(timings["host"]))
    measured = [block for block in blocks(timings, robust=False) if block.host == hosts[0]]
    found = {(block.bound, block.kind.is_fast): block for block in measured if block.workload in BUILT_IN}
    several = any(len(block.interpreters) > 1 for block in found.values())
    examined = EXAMINED + (OF_INTERPRETERS if several else ())
    cases = [case for claim in examined for case in _cases(claim, found.get(claim.bound))]
    family = sum(max(1, len(case.praised) * len(case.rivals)) for case in cases)
    rows = [
        {"claim": case.claim.text, "workload": NAMES[case.claim.bound]} | _test(case, family, worthwhile)
        for case in cases
    ]
    return pd.DataFrame(rows, columns=list(CLAIMS)).astype(CLAIMS)


def _cases(claim: Claim, block: Block | None) -> list[Case]:
    """One for each interpreter that the claim can be tested on; where there is none, one that has not all arms."""
    if block is None:
        return [Case(claim, None)]
    cases = []
    for interpreter in block.interpreters:
        if claim.gil in (None, block.has_gil(interpreter)):
            arms = [arm for arm in block.complete if arm.interpreter == interpreter and _is_concurrent(block, arm)]
            praised = next((name for name in claim.arms if any(arm.strategy == name for arm in arms)), "")
            rivals = tuple(arm for arm in arms if arm.strategy in claim.rivals)
            cases.append(Case(claim, block, tuple(arm for arm in arms if arm.strategy == praised), rivals))
    return [case for case in cases if case.praised and case.rivals] or cases[:1] or [Case(claim, block)]


def _is_concurrent(block: Block, arm: ArmKey) -> bool:
    """Whether it shows what its strategy can do: one worker of several that there might be does not."""
    strategy = block.kind.strategies().get(arm.strategy)
    return arm.workers > 1 or (strategy is not None and block.kind.has_one_worker(strategy))


def _test(case: Case, family: int, worthwhile: float) -> dict[str, object]:
    claim, block = case.claim, case.block
    if block is None:
        return {"case": "", "answer": UNDECIDED, "figures": "not measured in this run"}
    items = words.counted(int(block.samples["items"].fillna(0).max()), "item")
    size = f"{words.counted(block.rounds, 'round')} of {items}"
    if block.mixed:
        return {"case": size, "answer": UNDECIDED, "figures": "the rounds were measured with different arms"}
    if not case.praised or not case.rivals:
        missing = claim.rivals if case.praised else claim.arms
        where = {None: "", True: " with the GIL", False: " without the GIL"}[claim.gil]
        return {
            "case": size,
            "answer": UNDECIDED,
            "figures": f"needs {' or '.join(missing)} without failures in this run{where}",
        }
    cores = float(block.samples["cores"].astype(float).max())
    if claim in OF_INTERPRETERS and cores < 2:
        return {"case": size, "answer": UNDECIDED, "figures": "needs two cores"}
    praised, rival = (min(arms, key=lambda arm: float(block.logs[arm].mean())) for arms in (case.praised, case.rivals))
    effect = paired(block, rival, praised, family)
    answer = claim.decide(effect, min(cores, praised.workers), worthwhile)
    is_equal = 1 / (1 + worthwhile) < effect.low and effect.high < 1 + worthwhile
    several = block.samples["interpreter"].nunique() > 1
    name, rival_name = (arm_name(block.workload, arm, several) for arm in (praised, rival))
    return {
        "case": size,
        "answer": answer,
        **dict(zip(effect_columns("ratio"), effect, strict=True)),
        "figures": words.as_fast_as(name, rival_name, effect) + (", no difference worth having" if is_equal else ""),
    }
