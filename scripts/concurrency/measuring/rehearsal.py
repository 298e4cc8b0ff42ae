"""The user's work, done for the first item: `python -m concurrency.measuring.rehearsal`, started by `preflight`.

In a fresh interpreter, as a sample is: the work is built, which imports all that is the user's, and on an order done
for that item. It is told how long that took, what is `wrong` with every item, why this one has `failed`, and what it
does beside answering. The answer goes into a file, as those of samples do.
"""

import asyncio
import inspect
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pickle import HIGHEST_PROTOCOL, dumps
from time import perf_counter
from typing import Any

from concurrency import processes
from concurrency.errors import UserError
from concurrency.loading import load, resolved
from concurrency.measuring.parent import Parent
from concurrency.measuring.sample import reason
from concurrency.strategies._loops import event_loop
from concurrency.work import Work
from concurrency.workloads.own.journal import as_json
from concurrency.workloads.own.work import build, called_with

SHOWN = 60  # bytes of what is printed


def main() -> None:
    output = os.dup(1)  # the user's code may close its own
    processes.restore_path()
    parent = Parent()
    order = parent.first_order()
    if order["start_method"]:
        multiprocessing.set_start_method(order["start_method"])
    places = order["places"]  # wherever the user's code may go to
    order["places"] = {key: place and resolved(place) for key, place in places.items()}
    try:
        work = replace(build(**order["places"]), guarded=False)
    except UserError as error:
        parent.tell(wrong=str(error))
        return
    parent.tell()
    parent.await_order()
    parent.tell(**_done(work, order, output))
    parent.await_order()  # to end: what it has left behind is looked at from outside


def _done(work: Work, order: dict[str, Any], output: int) -> dict[str, Any]:
    printed, threads, began = _printed(output), set(threading.enumerate()), perf_counter()
    try:
        answer, tasks = _call(work, order["form"], order["item"])
    except BaseException as error:  # noqa: BLE001  (whatever strangers' code raises)
        mismatch = next(_mismatched(order), "") if isinstance(error, TypeError) else ""
        return {"wrong": mismatch} if mismatch else {"failed": reason(error)}
    took_s = perf_counter() - began
    left = len(set(threading.enumerate()) - threads)
    text = os.pread(output, min(SHOWN, _printed(output) - printed), printed).decode(errors="replace")
    return {"took_s": took_s, "tasks": tasks, "threads": left, "printed": text} | _answered(answer, order)


def _call(work: Work, form: str, item: Any) -> tuple[Any, int]:
    """The answer, and how many tasks are left then on the event loop, if there is one."""
    if form == "function":
        return work.call(item), 0

    async def on_loop() -> tuple[Any, int]:
        call = await work.on_loop()
        answer = await call(item)
        return answer, len(asyncio.all_tasks() - {asyncio.current_task()})

    with event_loop() as runner:
        return runner.run(on_loop())


def _answered(answer: Any, order: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the answer; where nothing is, it is in the file."""
    key = "then" if order["places"]["then"] else order["form"]
    place = order["places"][key]
    if inspect.iscoroutine(answer):
        answer.close()
        return {"wrong": f"{key}: {place} returns a coroutine, which nobody awaits; give an `async def` as `coroutine`"}
    if inspect.isgenerator(answer) or inspect.isasyncgen(answer):
        return {"wrong": f"{key}: {place} returns a generator, of which nobody takes what it yields; return a list"}
    try:
        pickled = dumps(answer, HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001  (whatever pickling a stranger's object raises)
        kind = type(answer).__qualname__
        advice = "return plain data, or write a file and return its path"
        return {"wrong": f"{key}: {place}: its answer, a {kind}, cannot be pickled: {reason(error)}; {advice}"}
    with open(order["answers"], "wb") as file:
        file.write(pickled)
    try:
        as_json(answer)
    except (TypeError, ValueError, RecursionError) as error:
        return {"unwritten": f"a {type(answer).__name__}, which cannot be written as JSON ({error})"}
    return {}


def _mismatched(order: dict[str, Any]) -> Iterator[str]:
    """Of each function that does not take what it is given, how it is called and why that cannot be."""
    for key, (count, words) in called_with(order["places"]).items():
        if key in (order["form"], "open", "then") and (place := order["places"][key]):
            with suppress(ValueError):  # of what is not written in Python, nobody knows what it takes
                # what `contextmanager` has wrapped is called as it is, other wrappers may give more
                signature = inspect.signature(load(place), follow_wrapped=key == "open")
                try:
                    signature.bind(*[None] * count)
                except TypeError as error:
                    yield f"{key}: {place}{signature} does not take what it is called with: {words} ({error})"


def _printed(output: int) -> int:
    """How many bytes were."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):  # closed, or another thing
            stream.flush()
    return os.fstat(output).st_size


if __name__ == "__main__":
    main()
