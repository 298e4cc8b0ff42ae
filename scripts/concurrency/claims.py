"""What is often said of concurrent Python, put to the test on the timings of a run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from concurrency import statistics
from concurrency.arms import BASELINE, FAST
from concurrency.statistics import ArmKey, Block, Interval
from concurrency.tables import CLAIMS

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "cannot tell here"
WORTH = 1.05  # a gain that is smaller than this is no reason to choose
ABOUT = 0.75  # of the cores: what counts as "about by the number of cores"

PROCESSES = ("process_pool", "multiprocessing_pool")
RULE = {"asyncio": ("asyncio",), "threads": ("threads",), "processes": PROCESSES}

Decision = Callable[[Interval, int], str]


@dataclass(frozen=True)
class Claim:
    """`text` is about how many times as fast `arms` (the first that was measured) are as the fastest of `rivals`, in
    `workload`; `decide` turns that ratio, its interval and the number of cores into an answer."""

    text: str
    workload: str
    arms: tuple[str, ...]
    rivals: tuple[str, ...]
    decide: Decision


def _is_faster(ratio: Interval, _cores: int) -> str:
    _, low, high = ratio
    return CONFIRMED if low > 1 else REFUTED if high < WORTH else UNDECIDED


def _gains_nothing(ratio: Interval, cores: int) -> str:
    """Between no gain and one by the cores, the middle divides."""
    _, low, high = ratio
    return CONFIRMED if high < max(cores**0.5, WORTH) else REFUTED if low > WORTH else UNDECIDED


def _gains_the_cores(ratio: Interval, cores: int) -> str:
    _, low, high = ratio
    return CONFIRMED if low >= ABOUT * cores else REFUTED if high < ABOUT * cores else UNDECIDED


def _others(own: str) -> tuple[str, ...]:
    return (BASELINE, *(name for way, names in RULE.items() if way != own for name in names))


EXAMINED = (
    Claim("I/O-bound and slow: asyncio", "download", RULE["asyncio"], _others("asyncio"), _is_faster),
    Claim("I/O-bound and fast: threads", FAST, RULE["threads"], _others("threads"), _is_faster),
    Claim("CPU-bound: processes", "squares", RULE["processes"], _others("processes"), _is_faster),
    Claim("threads beat one by one on I/O", "download", RULE["threads"], (BASELINE,), _is_faster),
    Claim("asyncio beats threads when there is much I/O", "download", RULE["asyncio"], RULE["threads"], _is_faster),
    Claim("asyncio does not speed up CPU-bound work", "squares", RULE["asyncio"], (BASELINE,), _gains_nothing),
    Claim("processes speed up CPU-bound work by about the cores", "squares", PROCESSES, (BASELINE,), _gains_the_cores),
    Claim(
        "a session for every request costs time", FAST, RULE["asyncio"], ("asyncio_session_per_request",), _is_faster
    ),
)


def examine(timings: pd.DataFrame) -> pd.DataFrame:
    """One row a claim, with the columns of claims.csv, from the first host in `timings`.

    `ratio` is how many times as fast the praised arm is as the rival, with an interval that holds for all claims at
    once; `answer` is confirmed, refuted or cannot tell here, and `figures` says it in words.
    """
    hosts = list(dict.fromkeys(timings["host"]))
    found = {block.workload: block for block in statistics.blocks(timings, robust=False) if block.host == hosts[0]}
    rows = [
        {"claim": claim.text, "workload": claim.workload} | _test(claim, found.get(claim.workload))
        for claim in EXAMINED
    ]
    return pd.DataFrame(rows, columns=list(CLAIMS)).astype(CLAIMS)


def _test(claim: Claim, block: Block | None) -> dict[str, object]:
    if block is None:
        return {"case": "", "answer": UNDECIDED, "figures": "not measured in this run"}
    praised = next(_most_workers(block, claim.arms), None)
    rivals = list(_most_workers(block, claim.rivals))
    case = f"{block.rounds} rounds of {block.samples['items'].max()} items"
    if praised is None or not rivals:
        missing = claim.rivals if praised else claim.arms
        return {
            "case": case,
            "answer": UNDECIDED,
            "figures": f"needs {' or '.join(missing)} without failures in this run",
        }
    rival = min(rivals, key=lambda arm: block.logs[arm].mean())
    ratio = statistics.paired(block.logs[rival] - block.logs[praised], family=len(EXAMINED))
    answer = claim.decide(ratio, min(int(block.samples["cores"].max()), praised[1]))
    names = [
        statistics.arm_name(pd.Series(dict(zip(statistics.ARM, arm, strict=True)) | {"workload": block.workload}))
        for arm in (praised, rival)
    ]
    numbers = [statistics.number(value) if np.isfinite(value) else "?" for value in ratio]
    return {
        "case": case,
        "answer": answer,
        "ratio": ratio[0],
        "ratio_low": ratio[1],
        "ratio_high": ratio[2],
        "figures": f"{names[0]}: {numbers[0]}× as fast as {names[1]} (95 %: {numbers[1]}–{numbers[2]})",
    }


def _most_workers(block: Block, names: tuple[str, ...]) -> Iterator[ArmKey]:
    """Of each strategy in `names`, the complete arm with most workers."""
    for name in names:
        arms = [arm for arm in block.complete if arm[0] == name]
        if arms:
            yield max(arms, key=lambda arm: arm[1])
