"""The arm that does a job: which one, and its run in an interpreter of its own."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from concurrency.errors import UserError
from concurrency.measuring import arms, sampling
from concurrency.measuring.arms import Arm
from concurrency.measuring.child import SampleError, fresh_interpreter
from concurrency.measuring.interpreters import GIL_IS_BACK, RUNNING
from concurrency.measuring.sampling import Conditions
from concurrency.workloads.workload import Workload

PATIENCE_S = 60.0  # at least, for what begins no item: to import and to start workers takes its time
END_S = 60.0  # for what the user's code does at its end


def chosen(offered: Sequence[Mapping[str, Any]], cores: int, verdict: str, workload: Workload) -> Arm:
    """The one of the arms `offered` (as plain data) or, of several, the one that the file `verdict` recommends.

    Raises UserError if that recommends none of them.
    """
    known = arms.resolved([Arm(**arm) for arm in offered], cores)
    if not verdict:
        return known[0]
    found = json.loads(Path(verdict).read_text(encoding="utf-8")).get(workload.name, {})
    wanted = found.get("strategy"), found.get("options"), str(found.get("interpreter")).removesuffix(GIL_IS_BACK)
    for arm in known:
        if (arm.strategy, arm.options_text, arm.interpreter or RUNNING.label) == wanted:
            return replace(arm, workers=int(found["workers"]))
    why = found.get("sentence", "it was not measured.")
    raise UserError(f"{workload.setting}.job: nothing is recommended: {why} Name a strategy")


def run(
    workload: Workload,
    arm: Arm,
    items: list[Any],
    conditions: Conditions,
    watch: Callable[[], None] | None = None,
    **given: Any,
) -> list[Any] | None:
    """Have `arm` do all `items`, with what else is `given` to build the work; the answers, of a workload that knows
    what they must be. When all is imported, `watch` is called every half second, and may end it by what it raises.

    Raises SampleError if that ends before all are done.
    """
    strategy = workload.strategies()[arm.strategy]
    order = sampling.order(
        workload, strategy, int(arm.workers), strategy.defaults | dict(arm.options), items, conditions
    )
    order["given"] |= given
    order["ask_workers"] = False
    with fresh_interpreter(arm.executable) as child:
        child.send(order)
        limit_s = conditions.timeout_s and max(conditions.timeout_s, PATIENCE_S)
        child.ready(limit_s, f"{workload.setting}.timeout_s, at least {PATIENCE_S:g}")
        child.go_on()
        result = child.receive(None, "", watch)
        if "error" not in result:  # what `open` gave is left, and what is written is flushed, in its own time
            child.go_on()
            child.receive(None, "")
            child.wait(END_S)
    if error := result.get("error"):
        raise SampleError(error)
    answers: list[Any] | None = result.get("answers")
    return answers
