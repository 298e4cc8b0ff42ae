"""Are the answers of samples those of the baseline? `python -m concurrency.measuring.checking`, started by `sampling`.

In an interpreter of its own, for answers are the user's objects, of the user's classes: it gets the file that a sample
has written of each arm, says when all is imported, and, on an order, sends for each how many answers differ and, of the
first, how.
"""

import itertools
import reprlib
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from concurrency import processes
from concurrency.errors import UserError
from concurrency.files import unpickled
from concurrency.loading import load
from concurrency.measuring.answers import same
from concurrency.measuring.parent import Parent
from concurrency.work import Failed

SHOWN = 100  # characters of an answer
MISSING = object()


def main() -> None:
    processes.restore_path()
    parent = Parent()
    order = parent.first_order()
    try:
        for place in order["places"]:  # so that what they define is there when it is unpickled
            load(place)
        check = _check(order["check"])
    except UserError as error:
        sys.exit(str(error))
    parent.tell()
    parent.await_order()
    parent.tell(found=[_compared(file, order["expected"], check) for file in order["answers"]])


def _check(check: str | dict[str, float]) -> Callable[[Any, Any], bool]:
    if isinstance(check, str):
        own: Callable[[Any, Any], bool] = load(check)
        return own
    return partial(same, **check)


def _compared(file: str, expected: str, check: Callable[[Any, Any], bool]) -> dict[str, Any]:
    """How many of the answers in `file` differ, and an `error` that shows the first."""
    place, failed, error = 0, 0, ""
    pairs = itertools.zip_longest(unpickled(file), unpickled(expected), fillvalue=MISSING)
    try:
        while True:
            place += 1
            answer, right = next(pairs, (MISSING, MISSING))
            if answer is MISSING or right is MISSING:
                break
            if not (_failed_alike(answer, right) if Failed in (type(answer), type(right)) else check(answer, right)):
                failed += 1
                error = error or f"item {place}: answered {_shown(answer)}, not {_shown(right)} (see `check`)"
    except BaseException as problem:  # noqa: BLE001  (unpickling and comparing run strangers' code)
        return {"failed": failed + 1, "error": error or f"item {place}: cannot be compared: {Failed.of(problem)}"}
    return {"failed": failed, "error": error} if error else {"failed": 0}


def _failed_alike(answer: Any, right: Any) -> bool:
    """Both, and by the same class: a message may well hold an address or a time."""
    return isinstance(answer, Failed) and isinstance(right, Failed) and answer.error == right.error


def _shown(answer: Any) -> str:
    return reprlib.repr(answer)[:SHOWN]


if __name__ == "__main__":
    main()
