"""What the configuration says of each work: a dataclass for each kind of work."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from concurrency.measuring import arms
from concurrency.measuring.arms import AUTO, Arm
from concurrency.measuring.comparison import Comparison
from concurrency.workloads.own.workload import Own


@dataclass(frozen=True)
class WorkSettings(ABC):
    """What both halves have: what is compared on them.

    `items` keep the form in which they were configured (a path stays a path, so that Snakemake can watch the file); as
    they were read once, they are known to be good. `arms` are empty where nothing is compared; `left_out` tells which
    strategies cannot be run here, and why. `job` are the arms one of which does the job; empty: the rule knows itself.
    """

    items: Any
    shards: int
    timeout_s: float
    arms: list[Arm]
    left_out: dict[str, str]
    job: list[Arm]

    @abstractmethod
    def comparisons(self, items: dict[str, Any], seed: int) -> list[Comparison]:
        """What is compared in a round, on `items` as the fields of a workload have them."""

    @property
    def is_recorded(self) -> bool:
        """Whether the comparison is on what was found when each item was done once, instead of on `items`."""
        return False

    @property
    def is_screened(self) -> bool:
        """Whether it is to be found with how many workers to measure."""
        return any(arm.workers == AUTO for arm in self.arms)

    @property
    def job_arms(self) -> list[dict[str, Any]]:
        """`job` as plain data."""
        return [asdict(arm) for arm in self.job]

    @property
    def job_waits(self) -> bool:
        """Whether the job waits for the verdict, which says by which of several arms it is done."""
        return len(self.job) > 1

    @property
    def own_files(self) -> list[str]:
        """The files with the user's own code for it."""
        return []

    @property
    def called_files(self) -> list[str]:
        """Those without what only compares answers."""
        return []


@dataclass(frozen=True)
class DownloadSettings(WorkSettings):
    """The downloads; `path`, `limits` and `live` as config.schema.yaml has them."""

    source: str
    path: dict[str, Any]
    live: dict[str, Any]
    in_flight: int
    max_failures: int
    limits: dict[str, Any]

    def comparisons(self, items: dict[str, Any], seed: int) -> list[Comparison]:
        """With the arms of the rule of thumb on the same pages at 1 ms."""
        is_recorded = self.is_recorded and items["source"] != self.items
        path = items["source"].with_name("path.json") if is_recorded else self.path
        fields, quick = items | {"seed": seed, "path": path}, arms.for_rule_of_thumb(self.arms)
        fast = [Comparison("FastDownload", fields, quick, control=False)] if quick else []
        return [Comparison("Download", fields, self.arms), *fast]

    @property
    def is_recorded(self) -> bool:
        return self.source == "live"

    @property
    def manners(self) -> dict[str, Any]:
        """`live` without what no download depends on."""
        return {key: value for key, value in self.live.items() if key != "verify"}


@dataclass(frozen=True)
class SquaresSettings(WorkSettings):
    """The sums."""

    def comparisons(self, items: dict[str, Any], seed: int) -> list[Comparison]:
        return [Comparison("Squares", items, self.arms)]


@dataclass(frozen=True)
class OwnSettings(WorkSettings):
    """A work of the user's own; `fields` are those of a workload beside its items."""

    fields: dict[str, Any]
    measure_items: int | None
    source: str

    def comparisons(self, items: dict[str, Any], seed: int) -> list[Comparison]:
        """Of a stand-in, if `items` has the file to which the work was recorded."""
        fields = {"source": self.items, "measure_items": self.measure_items or items["measure_items"], **self.fields}
        is_recorded = self.is_recorded and items["source"] != self.items
        return [Comparison("Own", fields | ({"profile": str(items["source"])} if is_recorded else {}), self.arms)]

    @property
    def is_recorded(self) -> bool:
        return self.source == "profile"

    def measured(self, most: int) -> str:
        """What is measured on it, in words; on at most so many items where it does not say itself how many."""
        workload = Own(self.items, **self.fields)
        done = [Path(place).name for place in (workload.coroutine, workload.function, workload.then) if place]
        count, most = len(workload.items) if self.items != [] else 0, self.measure_items or most
        items = f"the first {most:,} of {count:,} items" if count > most else f"{count:,} item{'s' * (count != 1)}"
        source = f" of {self.items}" if isinstance(self.items, str | Path) else ""
        return f"{', then '.join(done)}, for {items}{source}."

    @property
    def own_files(self) -> list[str]:
        return [place.rpartition(":")[0] for place in Own([], **self.fields).places]

    @property
    def called_files(self) -> list[str]:
        return [place.rpartition(":")[0] for place in Own([], **{**self.fields, "check": None}).places]
