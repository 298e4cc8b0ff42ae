"""The job of a work of the user's own: each item once, by a strategy, as the journal has it at the end."""

import fcntl
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concurrency.doing.arm import run
from concurrency.doing.known import Known, OpeningError, TimedOutError
from concurrency.errors import UserError
from concurrency.files import writing
from concurrency.measuring.arms import Arm
from concurrency.measuring.child import NotTakenError, SampleError
from concurrency.measuring.sampling import Conditions
from concurrency.strategies._catalogue import BASELINE
from concurrency.work import Failed
from concurrency.workloads.items import facts
from concurrency.workloads.own.journal import Journal, as_json, keys
from concurrency.workloads.own.workload import Own

SHOWN = 5  # failed items
log = logging.getLogger(__name__)

Keyed = tuple[str, Any]


@dataclass
class Failures:
    """What failed: how often each class of error, and the first lines, which may be long."""

    kinds: Counter[str] = field(default_factory=Counter)
    first: list[dict[str, Any]] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.kinds.total()

    def add(self, line: dict[str, Any]) -> None:
        self.kinds[line["error"]] += 1
        if len(self.first) < SHOWN:
            self.first.append(line)


class Job:
    """That of `workload`, whose state is in `folder`: used with `with`, one at a time.

    `code` stands for the user's code: what other code has brought is forgotten, and what a file brought that has
    changed since. What failed in a job that came to its end is done again in the next. No item may be under way for
    longer than the `conditions` say, and `tell` is told now and then how many have ended, and how many of them failed.
    """

    def __init__(
        self,
        workload: Own,
        folder: Path,
        code: str,
        conditions: Conditions,
        tell: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        self._workload, self._folder = workload, folder.resolve()  # wherever the user's code may go to
        self._code = json.dumps([code, workload.spec()])
        self._conditions, self._tell = conditions, tell
        self._journal = Journal(str(self._folder))
        known_by = map(facts, workload.items) if isinstance(workload.source, str) else workload.items
        self._keyed: list[Keyed] = list(zip(keys(known_by), workload.items, strict=True))

    def __enter__(self) -> "Job":
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(self._folder / "lock", "w", encoding="utf-8")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        known = self._folder / "code"
        if known.exists() and known.read_text(encoding="utf-8") != self._code:
            log.info("the code has changed: all items are done again")
            self._journal.rewrite({})
        with writing(known) as file:
            file.write(self._code)
        self._known = Known(self._journal)
        self._keep(failed_too=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    @property
    def left(self) -> list[Keyed]:
        """The items that are not done."""
        self._known.look()
        return [keyed for keyed in self._keyed if keyed[0] not in self._known.ended]

    def do(self, arm: Arm) -> None:
        """All that is left, by `arm`. An item that ends the process that works on it, or takes too long, is found, and
        noted as failed.

        Raises UserError where nothing more is done, and it is no item that ends it.
        """
        while left := self.left:
            error = self._run(arm, left)
            if suspects := [keyed for keyed in left if keyed[0] in self._known.begun]:
                log.warning("%s; going on", error or "some items came to no end")
                if len(suspects) == 1 and isinstance(error, TimedOutError):  # nothing else can have held it up
                    self._blame(suspects[0], error)
                else:
                    self._find_among(suspects, arm)
            elif error and len(self.left) < len(left):
                log.warning("%s; going on", error)
            if len(self.left) == len(left):
                raise self._stopped(error or "nothing came of any item")

    def _find_among(self, suspects: list[Keyed], arm: Arm) -> None:
        """Do `suspects` one by one, on the interpreter of `arm`, and blame each that ends that: the first that is not
        done."""
        alone = Arm(BASELINE, interpreter=arm.interpreter, executable=arm.executable)
        while suspects:
            error = self._run(alone, suspects)
            left = [keyed for keyed in suspects if keyed[0] not in self._known.ended]
            if left and left[0][0] in self._known.begun:
                self._blame(left.pop(0), error)
            elif len(left) == len(suspects):  # it is none of them
                return
            suspects = left

    def _blame(self, keyed: Keyed, error: SampleError | None) -> None:
        """Note it as failed, unless it was another one that took too long, and that has ended since."""
        kind = "Died"
        if isinstance(error, TimedOutError):
            if keyed[0] not in error.keys:
                return
            kind = "TimedOut"
        told = str(error or "it came to no end").replace("the sample's", "its")
        self._journal.note(keyed[0], self._known.under_way_s(keyed[0]), Failed(kind, told, ""))

    def _run(self, arm: Arm, keyed: list[Keyed]) -> SampleError | None:
        """How that ended, if not well. Raises UserError where it cannot begin."""
        self._known.begin_run()
        try:
            run(self._workload, arm, keyed, self._conditions, self._watch, journal=str(self._folder))
        except (NotTakenError, OpeningError) as error:
            raise self._stopped(error) from error
        except SampleError as error:
            return error
        finally:
            self._known.look()
        return None

    def _watch(self) -> None:
        self._known.look()
        self._tell(len(self._known.ended), len(self._known.failed))
        if self._conditions.timeout_s:
            self._known.check(self._conditions.timeout_s, f"{self._workload.setting}.timeout_s")

    def _stopped(self, why: object) -> UserError:
        count, left = len(self._keyed), len(self.left)
        return UserError(f"{self._workload.setting}: {why}; {count - left} of {count} items are done, and kept")

    def results(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        """Each item, in their order, and what came of it, as the journal has it. All must be done."""
        for key, item in self._keyed:
            yield item, self._known.ended[key].line()

    def write(self, file: Path, failures: Path) -> Failures:
        """A line for each item into `file`, in their order, and those of the ones that failed into `failures`, too, if
        there are any; these are no longer noted as done."""
        found = Failures()
        with writing(file) as results, writing(failures) as bad:
            for item, told in self.results():
                line = {"item": item} | told
                results.write(text := f"{as_json(line)}\n")
                if "error" in told:
                    found.add(line)
                    bad.write(text)
        if found.count:
            self.forget_failed()
        else:
            failures.unlink()
        return found

    def forget_failed(self) -> None:
        """Let what failed be done again by the next job."""
        self._keep(failed_too=False)

    def _keep(self, failed_too: bool) -> None:
        wanted, ended = {key for key, _ in self._keyed}, self._known.ended
        kept = {key: one for key, one in ended.items() if key in wanted and (failed_too or not one.failed)}
        self._journal.rewrite(kept)
        self._known = Known(self._journal)
