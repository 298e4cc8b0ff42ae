"""The configuration in use: a dataclass for each part of it, with what can be compared here."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concurrency.errors import UserError
from concurrency.measuring import arms, interpreters
from concurrency.measuring.arms import Arm
from concurrency.measuring.comparison import Comparison
from concurrency.measuring.interpreters import Interpreter
from concurrency.running.config import ROOT, complete
from concurrency.workloads.download import sites
from concurrency.workloads.download.workload import Download
from concurrency.workloads.known import KINDS
from concurrency.workloads.squares import numbers
from concurrency.workloads.workload import Workload

ROUNDS_FOR_ROBUST = 15  # as `inference.form` has it, which takes long to import


@dataclass(frozen=True)
class WorkSettings(ABC):
    """What both halves have: what is compared on them.

    `items` keep the form in which they were configured (a path stays a path, so that Snakemake can watch the file); as
    they were read once, they are known to be good. `arms` are empty where nothing is compared; `left_out` tells which
    strategies cannot be run here, and why.
    """

    items: Any
    shards: int
    timeout_s: float
    arms: list[Arm]
    left_out: dict[str, str]

    @abstractmethod
    def comparisons(self, items: dict[str, Any], seed: int) -> list[Comparison]:
        """What is compared in a round, on `items` as the fields of a workload have them."""

    @property
    def is_live(self) -> bool:
        """Whether the comparison is on what the job has found, instead of on `items` themselves."""
        return False

    @property
    def own_files(self) -> list[str]:
        """The files with the user's own code for it."""
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
        is_recorded = self.is_live and items["source"] != self.items
        path = items["source"].with_name("path.json") if is_recorded else self.path
        fields, quick = items | {"seed": seed, "path": path}, arms.for_rule_of_thumb(self.arms)
        fast = [Comparison("FastDownload", fields, quick, control=False)] if quick else []
        return [Comparison("Download", fields, self.arms), *fast]

    @property
    def is_live(self) -> bool:
        return self.source == "live"


@dataclass(frozen=True)
class SquaresSettings(WorkSettings):
    """The sums; `function` and `split` are `path/to/file.py:name`."""

    function: str | None
    split: str | None

    def comparisons(self, items: dict[str, Any], seed: int) -> list[Comparison]:
        kind, own = _kind_of_squares(self.function, self.split)
        return [Comparison(kind, items | own, self.arms)]

    @property
    def own_files(self) -> list[str]:
        return [place.rpartition(":")[0] for place in (self.function, self.split) if place]


@dataclass(frozen=True)
class Settings:
    """A complete, valid configuration; `hosts` are the kinds of nodes to measure on, by name, each with the partition
    or constraint to ask for."""

    download: DownloadSettings
    squares: SquaresSettings
    start_method: str | None
    interpreters: list[Interpreter]
    measure_items: int
    rounds: int
    precision: float | None
    max_rounds: int
    warm_up: bool
    robust: bool
    extra_timings: list[Path]
    hosts: dict[str, dict[str, str]]
    seed: int
    explain: bool

    @property
    def works(self) -> dict[str, WorkSettings]:
        """The halves by the names of their workloads."""
        return {"download": self.download, "squares": self.squares}

    @property
    def left_out(self) -> dict[str, dict[str, str]]:
        """Of each workload the strategies that cannot be run here, and why."""
        return {name: work.left_out for name, work in self.works.items()}

    def compared(self, name: str, items: Any = None) -> list[Comparison]:
        """What a round of workload `name` measures, one after the other; on `items`, if not on those configured."""
        work = self.works[name]
        return work.comparisons({"source": items or work.items, "measure_items": self.measure_items}, self.seed)


def resolve(
    config: Mapping[str, Any], name: str = "config.yaml", folders: tuple[Path, ...] = (Path(), ROOT)
) -> Settings:
    """Check `config` and fill in its defaults.

    `name` is what error messages call the configuration; relative files are looked up in `folders`, in order.
    Raises UserError for anything that could not be run.
    """
    full = complete(config, name)
    _check_rounds(full, name)
    pythons = interpreters.find(full["interpreters"], f"{name}: interpreters")
    common = {key: full[key] for key in (
        "start_method", "measure_items", "rounds", "precision", "max_rounds", "warm_up", "robust", "seed", "explain",
    )}  # fmt: skip
    return Settings(
        download=_downloads(full["download"], f"{name}: download", folders, pythons),
        squares=_squares(full["squares"], f"{name}: squares", folders, pythons),
        interpreters=pythons,
        extra_timings=_extra(full["extra_timings"], f"{name}: extra_timings", folders),
        hosts=_hosts(full["hosts"], f"{name}: hosts"),
        **common,
    )


def _downloads(
    given: dict[str, Any], place: str, folders: tuple[Path, ...], pythons: Sequence[Interpreter]
) -> DownloadSettings:
    if given["source"] == "live" and "@" not in given["live"]["contact"] and "://" not in given["live"]["contact"]:
        raise UserError(
            f"{place}.live.contact: with `source: live`, give your e-mail address or a URL; site operators want to "
            "know whom to ask"
        )
    items = _file_or_value(given["sites"], f"{place}.sites", folders)
    if items != []:
        sites.read(items, origin=f"{place}.sites")
    chosen, left_out = _arms(Download(items), given, given["in_flight"], f"{place}.strategies", pythons)
    rest = {key: given[key] for key in (
        "source", "path", "live", "in_flight", "max_failures", "limits", "shards", "timeout_s",
    )}  # fmt: skip
    return DownloadSettings(items=items, arms=chosen, left_out=left_out, **rest)


def _squares(
    given: dict[str, Any], place: str, folders: tuple[Path, ...], pythons: Sequence[Interpreter]
) -> SquaresSettings:
    items = _file_or_value(given["numbers"], f"{place}.numbers", folders)
    if items != []:
        numbers.read(items, origin=f"{place}.numbers")
    function = _function(given["function"], f"{place}.function", folders)
    split = _function(given["split"], f"{place}.split", folders)
    if split and not function:
        raise UserError(f"{place}.split: it divides the work of squares.function; give that too")
    kind, own = _kind_of_squares(function, split)
    chosen, left_out = _arms(KINDS[kind](source=items, **own), given, "cores", f"{place}.strategies", pythons)
    return SquaresSettings(
        items=items, shards=given["shards"], timeout_s=given["timeout_s"], arms=chosen, left_out=left_out,
        function=function, split=split,
    )  # fmt: skip


def _kind_of_squares(function: str | None, split: str | None) -> tuple[str, dict[str, Any]]:
    """The kind of workload (of `known.KINDS`), and its fields beside the items."""
    return ("OwnFunction", {"function": function, "split": split}) if function else ("Squares", {})


def _arms(
    workload: Workload, given: Mapping[str, Any], workers: int | str, place: str, pythons: Sequence[Interpreter]
) -> tuple[list[Arm], dict[str, str]]:
    """What is to be compared on `workload`, and why each strategy that was asked for and is not is left out."""
    entries = given["strategies"] if workload.source != [] else []
    return arms.runnable(workload, arms.expand(workload, entries, workers, place), entries, place, pythons)


def _check_rounds(full: Mapping[str, Any], name: str) -> None:
    if full["precision"] is not None and full["max_rounds"] < full["rounds"]:
        raise UserError(
            f"{name}: max_rounds: must be at least rounds ({full['rounds']}) when a precision is asked for, "
            f"not {full['max_rounds']}"
        )
    if full["warm_up"] and full["rounds"] < 2:
        raise UserError(f"{name}: warm_up: leaves no round to count; set rounds to 2 or more")
    needed = ROUNDS_FOR_ROBUST + full["warm_up"]
    if full["robust"] and full["rounds"] < needed:
        raise UserError(f"{name}: robust: needs at least {needed} rounds to hold its promises; set rounds: {needed}")


def _hosts(kinds: list[dict[str, str]], origin: str) -> dict[str, dict[str, str]]:
    """What to ask for to be given a node of each kind, by its name."""
    found: dict[str, dict[str, str]] = {}
    for kind in kinds:
        wanted = {key: value for key, value in kind.items() if key != "name"}
        if kind["name"] in found:
            raise UserError(f"{origin}: there are two named {kind['name']}; give each a name of its own")
        if not wanted:
            raise UserError(f"{origin}: {kind['name']}: give the partition or the constraint that such nodes have")
        found[kind["name"]] = wanted
    return found


def _file_or_value(value: Any, origin: str, folders: tuple[Path, ...]) -> Any:
    if not isinstance(value, str):
        return value
    for folder in folders:
        if (path := folder / value).is_file():
            return path
    raise UserError(f"{origin}: there is no file {value}; looked in {' and '.join(str(f.resolve()) for f in folders)}")


def _extra(paths: list[str], origin: str, folders: tuple[Path, ...]) -> list[Path]:
    found = [_file_or_value(path, origin, folders) for path in paths]
    for path in found:
        if found.count(path) > 1:
            raise UserError(f"{origin}: {path} is there twice")
    return found


def _function(place: str | None, origin: str, folders: tuple[Path, ...]) -> str | None:
    """`path/to/file.py:name` with the file as found in `folders`; what is in the file is seen when it is imported."""
    if place is None:
        return None
    path, colon, name = place.rpartition(":")
    if not colon or not name.isidentifier() or not path.endswith(".py"):
        raise UserError(f"{origin}: expected path/to/file.py:name, not {place!r}")
    return f"{_file_or_value(path, origin, folders)}:{name}"
