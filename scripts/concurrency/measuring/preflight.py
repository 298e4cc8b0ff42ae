"""Before anything is measured: does every strategy start, and what becomes of the first item of the user's own works?

Each is tried in a fresh interpreter, as samples are, under each of the interpreters asked for. What would make every
sample of a strategy or of a work worthless is wrong; the rest is only told, for whatever else a function does is a row
with its reason, and the others go on.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from concurrency.measuring import sampling
from concurrency.measuring.child import CLEANUP_S, NotTakenError, SampleError, fresh_interpreter
from concurrency.measuring.comparison import Comparison
from concurrency.measuring.interpreters import RUNNING
from concurrency.measuring.sampling import Conditions
from concurrency.strategies._catalogue import Strategy
from concurrency.workloads.own.workload import Own

STARTS = ("concurrency.measuring.rehearsal", "concurrency.measuring.starting")
QUICK_S = 2.0  # what takes less is done a second time
SHORTEST_S = 0.001  # that is told
START_S = 60.0  # that a strategy may take to start and to end; ray's daemons take 10
MEANT = "`check: none` if that is meant, `check: {rtol: 1e-9}` if it is a rounding error"
HELPERS = "from multiprocessing."  # in the commands of processes that multiprocessing starts for itself

Said = tuple[str, bool]  # what is found of a work, to follow its key, and whether nothing is to be measured then


class Preflight:
    """What is found when all that is `compared` on a work is tried, under the `conditions` of its samples.

    The functions of a work of the user's own are imported, and called on the first of its `count` items, if that
    `calls` them; that `took_s` seconds then.
    """

    def __init__(self, compared: Comparison, conditions: Conditions, calls: bool, count: int) -> None:
        self._compared, self._conditions = compared, conditions
        self._labels = {arm.executable: arm.interpreter or RUNNING.label for arm in compared.arms}
        self._found: dict[Said, dict[str, None]] = {}  # on which interpreters
        self._lasting: list[str] = []
        self.took_s = self._try_first_item(compared.workload, calls) if isinstance(compared.workload, Own) else None
        if self.took_s is not None:
            self._lasting += _lasting(compared.workload.setting, count, self.took_s, conditions.timeout_s)
        self._try_strategies()

    @property
    def wrong(self) -> list[str]:
        """A line for each thing that makes samples worthless."""
        return self._lines(stops=True)

    @property
    def told(self) -> list[str]:
        """A line for each thing that does not, and for how long samples take."""
        return self._lines(stops=False) + self._lasting

    def _lines(self, stops: bool) -> list[str]:
        return [
            line if len(labels) == len(self._labels) else f"{line} (on {' and '.join(labels)})"
            for (line, stopping), labels in self._found.items()
            if stopping == stops
        ]

    def _note(self, line: str, stops: bool, executable: str) -> None:
        self._found.setdefault((line, stops), {})[self._labels[executable]] = None

    def _try_first_item(self, workload: Own, calls: bool) -> float | None:
        """How long it took, where that is known."""
        took_s = None
        for executable in self._labels:
            rehearsal = _Rehearsal(workload, executable, self._conditions, calls)
            for text, stops in rehearsal.found(_forms(self._compared)):
                self._note(f"{workload.setting}{text}", stops, executable)
            took_s = rehearsal.took_s if took_s is None else took_s
        return took_s

    def _try_strategies(self) -> None:
        """Start each strategy that is compared with one worker, and give it nothing to do."""
        workload = self._compared.workload
        for strategy, executable in dict.fromkeys((arm.strategy, arm.executable) for arm in self._compared.arms):
            if reason := self._why_not(workload.strategies()[strategy], executable):
                line = f"{workload.setting}.strategies: {strategy} does not start: {reason}; leave it out, or mend it"
                self._note(line, True, executable)

    def _why_not(self, strategy: Strategy, executable: str) -> str:
        """Why it does not start; empty if it does."""
        order = {"strategy": strategy.module, "workers": 1, "options": strategy.defaults}
        try:
            with fresh_interpreter(executable, STARTS[1]) as child:
                child.send(order | {"start_method": self._conditions.start_method})
                error = str(child.receive(START_S, "the time it has to start").get("error", ""))
                child.wait()  # a pool may have files of its own to remove
                return error
        except SampleError as error:
            return _its(error)


def calls(comparison: Comparison) -> int:
    """How often what is compared of the user's own is called before, at most."""
    again = 0 if comparison.workload.check is None else 1
    return (len(_forms(comparison)) + again) * len({arm.executable for arm in comparison.arms})


def _forms(comparison: Comparison) -> list[str]:
    """The forms of a work that are compared, the baseline's first."""
    workload = comparison.workload
    runs = {workload.strategies()[arm.strategy].runs for arm in comparison.arms}
    given = [form for form in ("function", "coroutine") if getattr(workload, form)]
    return [form for form in given if form in (given[0], *runs)]


class _Rehearsal:
    """The first item of `workload`, done under one interpreter; it `took_s` seconds, the first time."""

    def __init__(self, workload: Own, executable: str, conditions: Conditions, calls: bool) -> None:
        self._workload, self._executable = workload, executable
        self._conditions, self._calls = conditions, calls
        self.took_s: float | None = None

    def found(self, forms: Sequence[str]) -> Iterator[Said]:
        """All that is, with the item done in each of `forms`; in the first of them twice, if there is time for it and
        answers are compared: that is the baseline's, whose answers all others' are held against."""
        with tempfile.TemporaryDirectory(prefix="answers") as folder:
            expected = f"{folder}/expected"
            first = self._done(forms[0], expected)
            yield from _told(first)
            if not _has_answered(first):
                return
            self.took_s = float(first["took_s"])
            if self.took_s < QUICK_S and self._workload.check is not None:
                again = self._done(forms[0], file := f"{folder}/again")
                if not _has_answered(again):
                    failed = again.get("failed") or again["wrong"]
                    yield f": the first item, done a second time, fails: {failed}; every sample does it anew", False
                elif difference := self._difference(file, expected):
                    yield f".check: the first item, done twice: {difference}", True
                    return
            for form in forms[1:]:
                other = self._done(form, file := f"{folder}/{form}")
                yield from _told(other, f", by `{form}`,")
                if _has_answered(other) and (difference := self._difference(file, expected)):
                    yield f".check: the first item, by `{form}` and by `{forms[0]}`: {difference}", False

    def _done(self, form: str, file: str) -> dict[str, Any]:
        """What `rehearsal` tells of the item, how many `processes` are left then, or how it ended."""
        order = {"form": form, "places": self._workload.spec(), "item": self._workload.items[0], "answers": file}
        limit = self._conditions.timeout_s, f"{self._workload.setting}.timeout_s"
        imported = False
        try:
            with fresh_interpreter(self._executable, STARTS[0]) as child:
                child.send(order | {"start_method": self._conditions.start_method})
                told = child.receive(*limit)
                if told or not self._calls:
                    return told
                imported = True
                before = _processes(child.pid)
                child.go_on()
                told = child.receive(*limit)
                told["processes"] = len(_processes(child.pid) - before)
                child.go_on()
                told["lingers"] = not child.wait()
                return told
        except SampleError as error:
            if imported:
                return {"failed": _its(error)}
            return {"wrong": f"{form}: {getattr(self._workload, form)} cannot be imported: {_its(error)}"}

    def _difference(self, file: str, expected: str) -> str:
        """How the answer in `file` differs from what is `expected`; empty if it does not, or may."""
        if self._workload.check is None:
            return ""
        try:
            [found] = sampling.compared(self._workload, [file], expected, self._executable, self._conditions)
        except NotTakenError as error:
            return f"cannot be checked: {error}"
        said = str(found.get("error", "")).removeprefix("item 1: ")
        own = self._workload.check if isinstance(self._workload.check, str) else ""
        return said.replace("(see `check`)", f"({own} has to return True where they agree)" if own else f"({MEANT})")


def _has_answered(told: Mapping[str, Any]) -> bool:
    """Whether there is an answer to hold against others."""
    return "took_s" in told and "wrong" not in told


def _told(told: Mapping[str, Any], how: str = "") -> Iterator[Said]:
    """What a rehearsal tells, in lines; `how` the item was done, in words, if that is to be said."""
    if wrong := told.get("wrong"):
        yield f".{wrong}".replace(f"{Path.cwd()}/", ""), True
    if failed := told.get("failed"):
        yield f": the first item{how} fails: {failed}", False
    if printed := told.get("printed", "").strip():
        yield f": the first item{how} prints {printed.splitlines()[0]!r}; what workers print is not shown", False
    if unwritten := told.get("unwritten"):
        yield f": the first item{how} answers {unwritten}: the job cannot keep it; write a file, return its path", False
    if told.get("lingers"):
        yield (
            f": the first item{how}: its process has not ended after {CLEANUP_S:g} s; each sample waits so long",
            False,
        )
    for kind in ("threads", "tasks", "processes"):
        if left := told.get(kind):
            yield f": the first item{how} leaves {kind} behind ({left}), which go on beside the next item", False


def _lasting(setting: str, count: int, took_s: float, timeout_s: float | None) -> Iterator[str]:
    """How long a sample is going to take, if all items take as long as the first one did."""
    one_by_one = took_s * count
    whole = f", so that one by one a sample of {count:,} takes about {_duration(one_by_one)}"
    yield f"{setting}: the first item took {_duration(took_s)}{whole if one_by_one >= SHORTEST_S else ''}"
    if timeout_s and one_by_one > timeout_s:
        yield (
            f"{setting}.timeout_s: {timeout_s:g} s are too few for a sample one by one, which nothing can be "
            f"held against then; raise it, or have fewer items measured: {setting}.measure_items"
        )


def _duration(seconds: float) -> str:
    if seconds < SHORTEST_S:
        return "less than 1 ms"
    if seconds < 1:
        return f"{1000 * seconds:.0f} ms"
    return f"{seconds:.2g} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _processes(root: int) -> set[int]:
    """The descendants of process `root`, without those that multiprocessing has for itself."""
    found = set()
    for process in psutil.Process(root).children(recursive=True):
        try:
            if HELPERS not in " ".join(process.cmdline()):
                found.add(process.pid)
        except psutil.Error:
            continue  # it has ended meanwhile
    return found


def _its(error: SampleError) -> str:
    return str(error).replace("the sample's process", "its process")
