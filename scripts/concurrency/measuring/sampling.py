"""Measuring: every arm once in a round, each sample in a fresh interpreter, with its answers checked."""

import logging
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from concurrency.errors import UserError
from concurrency.measuring import interpreters, usage
from concurrency.measuring.arms import Arm
from concurrency.measuring.child import NotTakenError, SampleError, fresh_interpreter
from concurrency.strategies._catalogue import BASELINE, Strategy
from concurrency.workloads.workload import Workload

log = logging.getLogger(__name__)

OVERHEAD_S = 0.4  # of a sample beside the timed work: starting an interpreter, importing, looking at its processes


@dataclass(frozen=True)
class Conditions:
    """What is the same for all samples of a campaign.

    `start_method`: how processes are started (None: as the interpreter does by itself); `timeout_s`: the longest that a
    sample may take.
    """

    start_method: str | None = None
    timeout_s: float | None = None


@dataclass(frozen=True)
class Tracer:
    """What is to be seen of a sample, noted in `file`: the module `within` is imported in its process, where its
    `watch_event_loops` gets that name, and `around` goes on in this one while that process, whose id it gets, lives.

    They are given by who traces, so that what is timed does not depend on them.
    """

    file: str
    within: str
    around: Callable[[int], AbstractContextManager[None]]


def measure_round(
    workload: Workload,
    arms: Sequence[Arm],
    items: list[Any],
    expected: list[Any] | None,
    *,
    number: int,
    cores: int,
    conditions: Conditions = Conditions(),
    compare: bool = True,
) -> list[dict[str, Any]]:
    """One sample of each of `arms`, in the order given, as rows with the columns of timings.csv.

    `items` are what the strategies work on (URLs or numbers); `expected` what they must answer for each of them, or
    None for what the baseline of the same interpreter answers in this round, unless nothing is to `compare`. An answer
    that differs counts as failed, and a sample that fails is a row with its `error`. Raises UserError, and there is no
    row of any, where a sample could not be taken.
    """
    with tempfile.TemporaryDirectory(prefix="answers") as folder:
        samples = [
            _sample(workload, arm, items, number, conditions, f"{folder}/{place}") for place, arm in enumerate(arms)
        ]
        if expected is None and not compare:
            found = [None if answers is None else {"failed": 0} for _, answers in samples]
        elif expected is None:
            found = _checked_by_baseline(workload, arms, [answers for _, answers in samples], conditions)
        else:
            found = [None if answers is None else _checked(answers, expected) for _, answers in samples]
    rows = []
    for position, ((measured, _), checked) in enumerate(zip(samples, found, strict=True), 1):
        row = measured | {"round": number, "position": position, "cores": cores} | (checked or {})
        if row.get("error"):
            workers = f"{row['workers']} worker{'s' * (row['workers'] != 1)}"
            log.warning("%s, %s: %s", row["strategy"], workers, row["error"])
        rows.append(row)
    return rows


def _checked(answers: list[Any], expected: list[Any]) -> dict[str, Any]:
    if len(answers) != len(expected):
        return {"error": f"{len(answers)} answers to {len(expected)} items"}
    wrong = [i for i, (answer, right) in enumerate(zip(answers, expected, strict=True)) if answer != right]
    if not wrong:
        return {"failed": 0}
    i = wrong[0]
    error = f"item {i + 1}: answered {answers[i]!s:.100}, not {expected[i]!s:.100}"
    return {"failed": len(wrong), "error": error}


def _checked_by_baseline(
    workload: Workload, arms: Sequence[Arm], files: Sequence[str | None], conditions: Conditions
) -> list[dict[str, Any] | None]:
    """What is said of the answers in each of `files`, those of `arms`: None where there are none."""
    found: list[dict[str, Any] | None] = [None if file is None else {"failed": 0} for file in files]
    if workload.check is None:
        return found
    pairs = list(zip(arms, files, strict=True))
    baselines = {arm.executable: file for arm, file in pairs if arm.strategy == BASELINE and not arm.control}
    for executable in {arm.executable: None for arm in arms}:
        places = [place for place, (arm, file) in enumerate(pairs) if arm.executable == executable and file]
        own = [file for file in (files[place] for place in places) if file]
        if (expected := baselines.get(executable)) is None:
            told = [{"error": f"cannot be checked: {BASELINE} brought no answers"}] * len(own)
        else:
            with _no_evidence(workload, "answers could not be checked", executable):
                told = compared(workload, own, expected, executable, conditions)
        for place, checked in zip(places, told, strict=True):
            found[place] = checked
    return found


def compared(
    workload: Workload, files: list[str], expected: str, executable: str, conditions: Conditions
) -> list[dict[str, Any]]:
    """What is said of the answers in each of `files`, held against `expected` where their classes are known.

    Raises NotTakenError where that cannot begin.
    """
    order = {"answers": files, "expected": expected, "check": workload.check, "places": workload.places}
    limit = conditions.timeout_s and conditions.timeout_s * len(files), f"{workload.setting}.timeout_s"
    try:
        with fresh_interpreter(executable, "concurrency.measuring.checking") as child:
            child.send(order)
            child.ready(*limit)
            child.go_on()
            found: list[dict[str, Any]] = child.receive(*limit)["found"]
            return found
    except NotTakenError:
        raise
    except SampleError as error:
        return [{"error": f"cannot be checked: {error}"}] * len(files)


def _sample(
    workload: Workload, arm: Arm, items: list[Any], number: int, conditions: Conditions, file: str
) -> tuple[dict[str, Any], Any]:
    """A row, as failed until its answers are checked, and the answers, if there are any: those that only the user's
    code can know are in `file`, whose name comes in their place."""
    row: dict[str, Any] = {
        "workload": workload.name,
        "bound": workload.bound,
        "strategy": arm.strategy,
        "workers": arm.workers,
        "options": arm.options_text,
        "control": arm.control,
        "interpreter": arm.interpreter or interpreters.RUNNING.label,
        "host": platform.node(),
        "items": len(items),
        "failed": len(items),
        "minimum_s": workload.least_s(int(arm.workers), number),
        "limit": workload.limit(int(arm.workers), number),
        "recording_sd": workload.recording_sd(int(arm.workers)),
        "known_in_flight": workload.known_workers,
    }
    strategy = workload.strategies()[arm.strategy]
    options = strategy.defaults | dict(arm.options)
    try:
        measured, answers = run_sample(
            workload, strategy, int(arm.workers), options, items, conditions, executable=arm.executable, file=file
        )  # fmt: skip
    except SampleError as error:
        return row | {"failed": error.failed or len(items), "error": str(error)}, None
    if measured["gil"] and interpreters.is_free_threaded(measured["python"]):
        row["interpreter"] += interpreters.GIL_IS_BACK  # so it is shown as what it was
    return row | measured, answers


def run_sample(
    workload: Workload,
    strategy: Strategy,
    workers: int,
    options: dict[str, Any],
    items: list[Any],
    conditions: Conditions,
    tracer: Tracer | None = None,
    executable: str = "",
    file: str = os.devnull,
) -> tuple[dict[str, Any], Any]:
    """What one sample measured, by the columns of timings.csv, and its answers as JSON has them; those of a workload
    that nobody but the user's code knows are pickled into `file`, whose name comes in their place.

    `executable` is the Python to run it under (empty: this one). With a `tracer`, it notes in its file what it does
    when, and its times mean nothing. What it ran on is told by the sample's own process or, where workers may run on
    something else and take functions, by each of them. Raises SampleError for a sample that brings no answers, and
    UserError for one that could not be taken.
    """
    spec = order(workload, strategy, workers, options, items, conditions, tracer, file)
    limit = conditions.timeout_s, f"{workload.setting}.timeout_s"
    optional = "" if strategy.is_baseline else f"{strategy.name} out of {workload.setting}.strategies"
    with (
        _no_evidence(workload, f"{strategy.name} could not be measured", executable, optional),
        fresh_interpreter(executable) as child,
        tracer.around(child.pid) if tracer else nullcontext(),
    ):
        child.send(spec)
        imported = child.ready(*limit)
        begun = usage.Moment.now()
        before = usage.of_tree(child.pid, imported["used"])
        child.go_on()
        result = child.receive(*limit)
        if "error" in result:
            log.info("%s", result["traceback"])
            raise SampleError(result["error"])
        if result.get("failure"):
            log.info("%s", result.get("traceback"))
            count = f" ({result['failed']} of {result['count']} failed)" if result["failed"] > 1 else ""
            raise SampleError(result["failure"] + count, result["failed"])
        if result.get("count", len(items)) != len(items):
            raise SampleError(f"{result['count']} answers to {len(items)} items")
        after = usage.of_tree(child.pid, result["used"])
        ended = usage.Moment.now()
        child.go_on()
        ran_on = child.receive(*limit)["workers"]
        child.wait()
    return {
        "setup_s": result["setup_s"],
        "work_s": result["work_s"],
        "wall_s": result["setup_s"] + result["work_s"],
        "cpu_s": after.cpu_s - before.cpu_s,
        "max_rss_bytes": after.max_rss_bytes,
        "gil": any(worker["gil"] for worker in ran_on),
        "python": " | ".join(dict.fromkeys(worker["python"] for worker in ran_on)),
        "steal_s": ended.steal_s_since(begun),
        "pressure_s": usage.difference(ended.machine.pressure_s, begun.machine.pressure_s),
        "involuntary_switches": usage.difference(after.involuntary_switches, before.involuntary_switches),
        "load": ended.others_since(begun),
        "cpu_mhz": ended.machine.cpu_mhz,
    }, result.get("answers", file)


@contextmanager
def _no_evidence(workload: Workload, what: str, executable: str, optional: str = "") -> Iterator[None]:
    """What kept a sample from being taken says nothing of its arm, and is the user's to put right; what is `optional`,
    as an interpreter is, may be left out instead."""
    try:
        yield
    except NotTakenError as error:
        where = f" on {executable}" if executable else ""
        others = filter(None, (optional, executable and f"{executable} out of interpreters"))
        instead = f" (or, where only that cannot, leave {told})" if (told := " or ".join(others)) else ""
        raise UserError(
            f"{workload.setting}: {what}{where}: {error}; put that right{instead}, and the same command measures what "
            "is left"
        ) from error


def order(
    workload: Workload,
    strategy: Strategy,
    workers: int,
    options: dict[str, Any],
    items: list[Any],
    conditions: Conditions,
    tracer: Tracer | None = None,
    file: str = os.devnull,
) -> dict[str, Any]:
    """What a fresh interpreter is told to do, as `sample` takes it."""
    return {
        "strategy": strategy.module,
        "workers": workers,
        "options": options,
        "work": workload.work,
        "form": strategy.runs,
        "given": workload.spec(),
        "items": items,
        "start_method": conditions.start_method,
        "notes": tracer.file if tracer else None,
        "watcher": tracer.within if tracer else None,
        "answers": None if workload.knows_answers else file,
        "tolerated": workload.tolerated,
        "ask_workers": strategy.runs == "function" and not strategy.shares and not strategy.then,
    }
