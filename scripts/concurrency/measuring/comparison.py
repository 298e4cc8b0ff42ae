"""A comparison: the arms that are measured on a workload, as plain data, for it goes through Snakemake."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

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
