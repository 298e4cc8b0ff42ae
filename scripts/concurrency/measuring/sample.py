"""One sample, in a fresh interpreter: `python -m concurrency.measuring.sample`, started by `sampling`.

Needs nothing but the standard library and what the strategy itself imports. It is told what to do, says when all is
imported, and waits for an order before it starts the clock; it sends its result and waits for another, so that the
measuring process can look at its workers; at last it sends what these run on, as each of them sees it. With the first
two it tells what CPU time it has used.
"""

import importlib
import multiprocessing
import sys
import traceback
from concurrent.futures import BrokenExecutor
from contextlib import ExitStack
from pickle import HIGHEST_PROTOCOL, dump
from time import perf_counter  # bound before strangers' code can patch it
from typing import Any

from concurrency import notes, processes
from concurrency.errors import UserError
from concurrency.measuring import worker
from concurrency.measuring.parent import Parent
from concurrency.work import Failed, Work, leave_worker


def main() -> None:
    parent, spec, strategy = ordered()
    if file := spec["notes"]:
        importlib.import_module(spec["watcher"]).watch_event_loops(file)  # a timed sample does not even import it
        notes.keep_all()
    try:
        work = _work(spec) if spec["form"] else Work()
    except UserError as error:
        sys.exit(str(error))
    parent.tell(used=worker.used())
    parent.await_order()

    begin = perf_counter()
    with ExitStack() as started:
        try:
            run = started.enter_context(strategy.start(spec["workers"], **spec["options"]))
            ready = perf_counter()
            answers = list(run(work, spec["items"]))
        except BaseException as error:  # reported from here, because cleaning up after it may hang
            parent.tell(error=reason(error), traceback=traceback.format_exc())
            raise
        end = perf_counter()
        used = worker.used()  # at once: to pickle what was answered is no part of the work
        if file:
            notes.note(file, what="work", begin=begin, ready=ready, end=end)
            notes.write(file)
        told = _told(answers, spec["answers"], spec["tolerated"])
        parent.tell(setup_s=ready - begin, work_s=end - ready, used=used, **told)
        parent.await_order()
        parent.tell(workers=worker.facts_of_all(run, spec["workers"]) if spec["ask_workers"] else [worker.facts()])
    leave_worker()


def ordered() -> tuple[Parent, dict[str, Any], Any]:
    """The parent, its first order, and the strategy that this names, imported; processes start as it says."""
    processes.restore_path()
    parent = Parent()
    spec = parent.first_order()
    if spec["start_method"]:
        multiprocessing.set_start_method(spec["start_method"])
    return parent, spec, importlib.import_module(spec["strategy"])


def _told(answers: list[Any], file: str | None, tolerated: int) -> dict[str, Any]:
    """What the measuring process gets of the answers: them or, where only the user's code can know what they are, how
    many there are and what failed, if more than the `tolerated`, while they go into `file`, pickled one by one."""
    if file is None:
        return {"answers": answers}
    failed = [(place, answer) for place, answer in enumerate(answers, 1) if isinstance(answer, Failed)]
    told: dict[str, Any] = {"count": len(answers), "failed": len(failed)}
    if len(failed) > tolerated:
        place, first = failed[0]
        return told | {"failure": f"item {place}: {first}", "traceback": first.traceback}
    with open(file, "wb") as pickled:
        for place, answer in enumerate(answers, 1):
            try:
                dump(answer, pickled, HIGHEST_PROTOCOL)
            except Exception as error:  # noqa: BLE001  (whatever pickling a stranger's object raises)
                failure = f"item {place}: its answer cannot be pickled: {reason(error)}"
                return told | {"failed": 1, "failure": failure, "traceback": ""}
    return told


def reason(error: BaseException) -> str:
    """One line; of a group, as a TaskGroup raises it, its first member says what happened."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, ChildProcessError | BrokenExecutor):
        return processes.death() or " ".join(str(error).split())
    return str(Failed.of(error))


def _work(spec: dict[str, Any]) -> Work:
    work: Work = importlib.import_module(spec["work"]).build(spec["form"], notes=spec["notes"], **spec["given"])
    return work


if __name__ == "__main__":
    main()
