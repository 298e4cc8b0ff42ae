"""The configuration in use, with what can be compared here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from concurrency.errors import UserError
from concurrency.measuring import arms, interpreters
from concurrency.measuring.arms import AUTO, Arm
from concurrency.measuring.comparison import Comparison
from concurrency.measuring.interpreters import Interpreter
from concurrency.running import named
from concurrency.running.config import ROOT, TAKEN, complete
from concurrency.running.contact import is_contact
from concurrency.running.other import find as find_other
from concurrency.running.works import DownloadSettings, OwnSettings, SquaresSettings, WorkSettings
from concurrency.workloads import items as own_items
from concurrency.workloads.download import sites
from concurrency.workloads.download.workload import Download
from concurrency.workloads.own.workload import Own
from concurrency.workloads.squares import numbers
from concurrency.workloads.squares.workload import Squares
from concurrency.workloads.workload import Workload

ROUNDS_FOR_ROBUST = 15  # as `inference.form` has it, which takes long to import
PLACES = ("function", "coroutine", "open", "then", "split")
# One per idea.
IDEAS = (
    "sequential", "threads", "asyncio", "process_pool", "interpreter_pool",
    "asyncio_then_threads", "asyncio_then_processes", "threads_then_processes",
)  # fmt: skip
MOST_IN_FLIGHT = 32


@dataclass(frozen=True)
class Settings:
    """A complete, valid configuration; `hosts` are the kinds of nodes to measure on, by name, each with the partition
    or constraint to ask for; `other` is the table of timings that this run's are compared with, if any."""

    download: DownloadSettings
    squares: SquaresSettings
    own: dict[str, OwnSettings]
    start_method: str | None
    interpreters: list[Interpreter]
    measure_items: int
    rounds: int
    screening_rounds: int
    finalists: int
    worthwhile: float
    precision: float | None
    max_rounds: int
    warm_up: bool
    robust: bool
    extra_timings: list[Path]
    hosts: dict[str, dict[str, str]]
    seed: int
    explain: bool
    map: dict[str, Any]
    other: Path | None

    @property
    def works(self) -> dict[str, WorkSettings]:
        """What is done, by the names of the workloads."""
        return {"download": self.download, "squares": self.squares, **self.own}

    @property
    def screening(self) -> dict[str, Any]:
        """How it is found how many workers to measure: the arguments of a `Screening`."""
        return {"seed": self.seed, "rounds": self.screening_rounds, "finalists": self.finalists}

    @property
    def left_out(self) -> dict[str, dict[str, str]]:
        """Of each workload the strategies that cannot be run here, and why."""
        return {name: work.left_out for name, work in self.works.items()}

    def compared(self, name: str, items: Any = None) -> list[Comparison]:
        """What a round of workload `name` measures, one after the other; on `items`, if not on those configured."""
        work = self.works[name]
        return work.comparisons({"source": items or work.items, "measure_items": self.measure_items}, self.seed)

    def is_cut(self, name: str) -> bool:
        """Whether workload `name` has more items than are measured."""
        measured = self.compared(name)[0]
        whole = replace(measured, fields={**measured.fields, "measure_items": None})
        return whole.workload.count > measured.workload.count


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
        "start_method", "measure_items", "rounds", "screening_rounds", "finalists", "worthwhile", "precision",
        "max_rounds", "warm_up", "robust", "seed", "explain", "map",
    )}  # fmt: skip
    return Settings(
        download=_downloads(full["download"], f"{name}: download", folders, pythons),
        squares=_squares(full["squares"], f"{name}: squares", folders, pythons),
        own={
            work: _own(work, given, f"{name}: works.{work}", folders, pythons) for work, given in full["works"].items()
        },
        interpreters=pythons,
        extra_timings=_extra(full["extra_timings"], f"{name}: extra_timings", folders),
        hosts=_hosts(full["hosts"], f"{name}: hosts"),
        other=find_other(full["other"], f"{name}: other") if full["other"] else None,
        **common,
    )


def _downloads(
    given: dict[str, Any], place: str, folders: tuple[Path, ...], pythons: Sequence[Interpreter]
) -> DownloadSettings:
    if given["source"] == "live" and not is_contact(given["live"]["contact"]):
        raise UserError(
            f"{place}.live.contact: with `source: live`, give your e-mail address or a URL; site operators want to "
            "know whom to ask"
        )
    items = _file_or_value(given["sites"], f"{place}.sites", folders)
    if items != []:
        sites.read(items, origin=f"{place}.sites")
    chosen, left_out = _arms(Download(items), given["strategies"], f"{place}.strategies", pythons)
    rest = {key: given[key] for key in (
        "source", "path", "live", "in_flight", "max_failures", "limits", "shards", "timeout_s",
    )}  # fmt: skip
    return DownloadSettings(items=items, arms=chosen, left_out=left_out, job=[], **rest)


def _squares(
    given: dict[str, Any], place: str, folders: tuple[Path, ...], pythons: Sequence[Interpreter]
) -> SquaresSettings:
    items = _file_or_value(given["numbers"], f"{place}.numbers", folders)
    if items != []:
        numbers.read(items, origin=f"{place}.numbers")
    chosen, left_out = _arms(Squares(items), given["strategies"], f"{place}.strategies", pythons)
    if given["job"] and given["shards"] > 1:
        raise UserError(
            f"{place}.job: a shard's share of the numbers is done by processes; leave `job` or `shards` out"
        )
    job = _job(Squares(items), given["job"], chosen, f"{place}.job") if given["job"] else []
    rest = {key: given[key] for key in ("shards", "timeout_s")}
    return SquaresSettings(items=items, arms=chosen, left_out=left_out, job=job, **rest)


def _own(
    name: str, given: dict[str, Any], place: str, folders: tuple[Path, ...], pythons: Sequence[Interpreter]
) -> OwnSettings:
    if name in TAKEN:
        raise UserError(f"{place}: the name stands for something else in results/; give it another")
    if not given["function"] and not given["coroutine"]:
        raise UserError(f"{place}: give what is done for each item: `function` (a def) or `coroutine` (an async def)")
    if given["split"] and not given["function"]:
        raise UserError(f"{place}.split: it does a share of what `function` does; give that too")
    source = given["items"]
    if not (isinstance(source, str) and own_items.is_pattern(source)) or any((at / source).is_file() for at in folders):
        source = _file_or_value(source, f"{place}.items", folders)
    count = len(own_items.read(source, f"{place}.items")) if source != [] else 0
    fields = {key: given[key] for key in ("bound", "max_failures")}
    fields |= {"name": name, "check": _check(given["check"], f"{place}.check", folders)}
    fields |= {key: _function(given[key], f"{place}.{key}", folders) for key in PLACES}
    if interpreters.RUNNING in pythons:  # others may have another grammar
        named.check({key: fields[key] for key in (*PLACES, "check") if isinstance(fields[key], str)}, place)
    workload = Own(source, **fields)
    known, asked = workload.strategies(), given["strategies"]
    if asked in (None, "all"):
        ideas = (*IDEAS, "process_pool_ranges") if given["split"] else IDEAS
        asked = [name for name in (ideas if asked is None else known) if not workload.excludes(known[name])]
        asked = [
            name for name in asked if given["strategies"] or not all(python.lacks(known[name]) for python in pythons)
        ]
    chosen, left_out = _arms(workload, asked, f"{place}.strategies", pythons)
    default = "asyncio" if given["coroutine"] else "process_pool"
    job = _job(workload, given["job"] or default, chosen, f"{place}.job", in_flight=max(1, min(count, MOST_IN_FLIGHT)))
    return OwnSettings(
        items=source, shards=1, arms=chosen, left_out=left_out, fields=fields, job=job,
        **{key: given[key] for key in ("timeout_s", "measure_items", "source")},
    )  # fmt: skip


def _job(
    workload: Workload, asked: str | Mapping[str, Any], compared: list[Arm], place: str, in_flight: int = 1
) -> list[Arm]:
    """The arm that does the job; all that are compared, where it is to be the one that is recommended. Where it is not
    said how many workers it has: `in_flight`, if they are coroutines, else one per core."""
    if asked == "recommended":
        if not compared:
            raise UserError(f"{place}: nothing is compared, so that nothing is recommended; name a strategy")
        return compared
    job = arms.expand(workload, [asked], place)[-1]
    strategy = workload.strategies()[job.strategy]
    if reason := workload.excludes(strategy) or strategy.missing:
        raise UserError(f"{place}: {job.strategy}: {reason}")
    if job.workers == AUTO:
        job = replace(job, workers=in_flight if strategy.runs == "coroutine" else "cores")
    return [job]


def _check(value: Any, origin: str, folders: tuple[Path, ...]) -> Any:
    """None: answers are not compared."""
    if isinstance(value, str) and value != "none" and ":" not in value:
        raise UserError(f"{origin}: expected {{rtol: …}}, path/to/file.py:name or none, not {value!r}")
    if isinstance(value, str):
        return None if value == "none" else _function(value, origin, folders)
    return value


def _arms(
    workload: Workload, asked: Sequence[Any], place: str, pythons: Sequence[Interpreter]
) -> tuple[list[Arm], dict[str, str]]:
    """What is to be compared on `workload`, and why each strategy that was asked for and is not is left out."""
    entries = asked if workload.source != [] else []
    return arms.runnable(workload, arms.expand(workload, entries, place), entries, place, pythons)


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
    if not colon or not all(map(str.isidentifier, name.split("."))) or not path.endswith(".py"):
        raise UserError(f"{origin}: expected path/to/file.py:name, not {place!r}")
    return f"{_file_or_value(path, origin, folders)}:{name}"
