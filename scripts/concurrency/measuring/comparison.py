"""A comparison: the arms that are measured on a workload, as plain data, for it goes through Snakemake."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from concurrency.errors import UserError
from concurrency.files import writing
from concurrency.measuring import arms
from concurrency.measuring.arms import Arm
from concurrency.workloads.known import KINDS
from concurrency.workloads.workload import Workload


@dataclass(frozen=True)
class Comparison:
    """`arms` on the workload of a `kind` (a key of `known.KINDS`) with `fields`; `control`: one is measured twice."""

    kind: str
    fields: Mapping[str, Any]
    arms: Sequence[Arm]
    control: bool = True

    def plain(self) -> dict[str, Any]:
        """It as dicts and lists."""
        return asdict(self)

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Comparison":
        """What `plain` was made of."""
        return cls(**{**plain, "arms": [Arm(**arm) for arm in plain["arms"]]})

    @cached_property
    def workload(self) -> Workload:
        """With its items, which are read once."""
        return KINDS[self.kind](**self.fields)

    def samples(self, cores: int) -> list[Arm]:
        """The arms of a round where there are that many `cores`, the A/A duplicate included."""
        chosen = arms.resolved(self.arms, cores)
        return arms.with_control(chosen) if self.control else chosen


@dataclass(frozen=True)
class Finalists:
    """The arms that screening found on that many `cores`, by the names of the workloads."""

    cores: int
    arms: Mapping[str, Sequence[Arm]]

    def write(self, path: str | Path) -> None:
        """Into a JSON file."""
        with writing(path) as file:
            file.write(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, path: str | Path) -> "Finalists":
        """What `write` left there."""
        known = json.loads(Path(path).read_text(encoding="utf-8"))
        return cls(known["cores"], {name: [Arm(**arm) for arm in own] for name, own in known["arms"].items()})


def with_finalists(
    compared: Iterable[Mapping[str, Any]], finalists: str | None, cores: int | None = None
) -> list[Comparison]:
    """The comparisons `compared`, as plain data, with the arms that the file `finalists` has, if there is one.

    Raises UserError where that many `cores`, if they matter, are not those on which it was found how many workers
    compute best.
    """
    plain = [Comparison.of(comparison) for comparison in compared]
    if not finalists:
        return plain
    known = Finalists.read(finalists)
    for comparison in plain:
        if comparison.workload.bound != "io" and cores not in (None, known.cores):
            raise UserError(
                f"{comparison.workload.setting}: how many workers to measure was found on {known.cores} cores, and "
                f"here are {cores}; give --cores {known.cores}, or find it anew: snakemake --forcerun screen"
            )
    return [replace(comparison, arms=known.arms[comparison.workload.name]) for comparison in plain]
