"""The job of a work of the user's own: each item once, by a strategy, as the journal has it at the end."""

import fcntl
import json
import logging
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from concurrency.doing.arm import run
from concurrency.errors import UserError
from concurrency.files import writing
from concurrency.measuring.arms import Arm
from concurrency.measuring.child import SampleError
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
    changed since. What failed in a job that came to its end is done again in the next.
    """

    def __init__(self, workload: Own, folder: Path, code: str) -> None:
        self._workload, self._folder = workload, folder.resolve()  # wherever the user's code may go to
        self._code = json.dumps([code, workload.spec()])
        self.journal = Journal(str(self._folder))
        known_by = map(facts, workload.items) if isinstance(workload.source, str) else workload.items
        self._keyed: list[Keyed] = list(zip(keys(known_by), workload.items, strict=True))

    def __enter__(self) -> "Job":
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(self._folder / "lock", "w", encoding="utf-8")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        known = self._folder / "code"
        if known.exists() and known.read_text(encoding="utf-8") != self._code:
            log.info("the code has changed: all items are done again")
            self.journal.rewrite({})
        with writing(known) as file:
            file.write(self._code)
        self._keep(failed_too=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    @property
    def left(self) -> list[Keyed]:
        """The items that are not done."""
        ended, _ = self.journal.read()
        return [keyed for keyed in self._keyed if keyed[0] not in ended]

    def do(self, arm: Arm, start_method: str | None) -> None:
        """All that is left, by `arm`. An item that ends the process that works on it is found, and noted as failed.

        Raises UserError where nothing more is done, and it is no item that ends it.
        """
        while left := self.left:
            error = self._run(arm, left, start_method)
            _, begun = self.journal.read()
            if suspects := [keyed for keyed in left if keyed[0] in begun]:
                log.warning("%s; going on", error or "some items came to no end")
                self._find_among(suspects, start_method)
            elif error and len(self.left) < len(left):
                log.warning("%s; going on", error)
            if len(self.left) == len(left):
                why, done = error or "nothing came of any item", f"{len(self._keyed) - len(left)} of {len(self._keyed)}"
                raise UserError(f"{self._workload.setting}: {why}; {done} items are done, and kept")

    def _find_among(self, suspects: list[Keyed], start_method: str | None) -> None:
        """Do `suspects` one by one, and note as failed each that ends that: the first that is not done."""
        while suspects:
            error = self._run(Arm(BASELINE), suspects, start_method)
            ended, _ = self.journal.read()
            suspects = [keyed for keyed in suspects if keyed[0] not in ended]
            if suspects:
                told = (error or "it came to no end").replace("the sample's", "its")
                self.journal.note(suspects.pop(0)[0], 0.0, Failed("Died", told, ""))

    def _run(self, arm: Arm, keyed: list[Keyed], start_method: str | None) -> str:
        """How that ended, if not well."""
        try:
            run(self._workload, arm, keyed, start_method, journal=str(self._folder))
        except SampleError as error:
            return str(error)
        return ""

    def write(self, file: Path, failures: Path) -> Failures:
        """A line for each item into `file`, in their order, and those of the ones that failed into `failures`, too, if
        there are any; these are no longer noted as done."""
        ended, _ = self.journal.read()
        found = Failures()
        with writing(file) as results, writing(failures) as bad:
            for key, item in self._keyed:
                line = {"item": item} | ended[key].line()
                results.write(text := f"{as_json(line)}\n")
                if ended[key].failed:
                    found.add(line)
                    bad.write(text)
        if found.count:
            self._keep(failed_too=False)
        else:
            failures.unlink()
        return found

    def _keep(self, failed_too: bool) -> None:
        ended, _ = self.journal.read()
        wanted = {key for key, _ in self._keyed}
        kept = {key: one for key, one in ended.items() if key in wanted and (failed_too or not one.failed)}
        self.journal.rewrite(kept)
