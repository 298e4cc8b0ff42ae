"""One sample, in a fresh interpreter: `python -m concurrency.measuring.sample`, started by `sampling`.

Needs nothing but the standard library and what the strategy itself imports. It reads what to do as one JSON line from
standard input, says when all is imported, and then waits for a byte before it starts the clock; it sends its result as
one JSON line and waits for another byte, so that the measuring process can look at its workers; at last it sends what
these run on, as each of them sees it.
"""

import importlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import ExitStack
from typing import Any

from concurrency import notes
from concurrency.errors import UserError
from concurrency.measuring import worker
from concurrency.work import Work


def main() -> None:
    spec = json.loads(sys.stdin.buffer.readline())
    results = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a strategy or a user's function prints must not be taken for a result

    def send(message: dict[str, Any]) -> None:
        print(json.dumps(message, default=repr), file=results, flush=True)

    turn = threading.Semaphore(0)
    threading.Thread(target=_follow_parent, args=(turn,), daemon=True).start()

    if spec["start_method"]:
        multiprocessing.set_start_method(spec["start_method"])
    strategy = importlib.import_module(spec["strategy"])
    if file := spec["notes"]:
        from concurrency.measuring import tracing  # noqa: PLC0415  (a timed sample must not even import it)

        tracing.watch_event_loops(file)
    try:
        work = _work(spec) if spec["form"] else Work()
    except UserError as error:
        sys.exit(str(error))
    send({"imported": True})
    turn.acquire()

    begin = time.perf_counter()
    with ExitStack() as started:
        try:
            run = started.enter_context(strategy.start(spec["workers"], **spec["options"]))
            ready = time.perf_counter()
            answers = run(work, spec["items"])
        except BaseException as error:  # reported from here, because cleaning up after it may hang
            send({"error": _reason(error), "traceback": traceback.format_exc()})
            raise
        end = time.perf_counter()
        if file:
            notes.note(file, what="work", begin=begin, ready=ready, end=end)
        send({"setup_s": ready - begin, "work_s": end - ready, "answers": answers})
        turn.acquire()
        send({"workers": worker.facts_of_all(run, spec["workers"]) if spec["ask_workers"] else [worker.facts()]})


def _reason(error: BaseException) -> str:
    """One line; of a group, as a TaskGroup raises it, its first member says what happened."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(f"{type(error).__name__}: {error}".split())


def _work(spec: dict[str, Any]) -> Work:
    work: Work = importlib.import_module(spec["work"]).build(spec["form"], notes=spec["notes"], **spec["given"])
    return work


def _follow_parent(turn: threading.Semaphore) -> None:
    """Pass on each byte from the measuring process; when that has died, end with all workers (they share our group)."""
    while os.read(0, 1):
        turn.release()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
