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
from concurrency.running import named, other, paths
from concurrency.running.config import MAX_ROUNDS, ROOT, TAKEN, complete, written
from concurrency.running.contact import is_contact
from concurrency.running.paths import Folders
from concurrency.running.sources import UNKNOWN, Origins, Place
from concurrency.running.works import DownloadSettings, OwnSettings, SquaresSettings, WorkSettings
from concurrency.workloads import items as own_items
from concurrency.workloads.download import sites
from concurrency.workloads.download.workload import Download
from concurrency.workloads.own.workload import Own
from concurrency.workloads.squares import numbers
from concurrency.workloads.squares.workload import Squares
from concurrency.workloads.workload import Workload

MOST_JOBS = 8_000  # that measure rounds; of more, Snakemake takes half a minute to make a plan
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


def resolve(config: Mapping[str, Any], origins: Origins = UNKNOWN, folders: Folders = (Path(), ROOT)) -> Settings:
    """Check `config` and fill in its defaults.

    `origins` has what error messages call the configuration; relative files are looked up in `folders`, in order.
    Raises UserError for anything that could not be run.
    """
    full, place = complete(config, origins)
    _check_rounds(full, place)
    pythons = interpreters.find(full["interpreters"], f"{place.at('interpreters')}")
    common = {key: full[key] for key in (
        "start_method", "measure_items", "rounds", "screening_rounds", "finalists", "worthwhile", "precision",
        "max_rounds", "warm_up", "robust", "seed", "explain", "map",
    )}  # fmt: skip
    known = Settings(
        download=_downloads(full["download"], place.at("download"), folders, pythons),
        squares=_squares(full["squares"], place.at("squares"), folders, pythons),
        own={
            work: _own(work, given, place.at("works", work), folders, pythons) for work, given in full["works"].items()
        },
        interpreters=pythons,
        extra_timings=_extra(full["extra_timings"], place.at("extra_timings"), folders),
        hosts=_hosts(full["hosts"], place.at("hosts")),
        other=_other(full["other"], place.at("other")),
        **common,
    )
    _check_jobs(known, place)
    _check_names(known, place)
    return known


def _downloads(
    given: dict[str, Any], place: Place, folders: Folders, pythons: Sequence[Interpreter]
) -> DownloadSettings:
    items = paths.file_or_value(given["sites"], place.at("sites"), folders)
    pages = sites.read(items, origin=f"{place.at('sites')}") if items != [] else []
    if pages and given["source"] == "live" and not is_contact(given["live"]["contact"]):
        raise UserError(
            f"{place.at('source').origin}: download.live.contact: with `source: live`, give your e-mail address or a "
            "URL; site operators want to know whom to ask"
        )
    if 1 < given["shards"] > len(pages) > 0:
        raise UserError(f"{place.at('shards')}: {given['shards']:,} for {len(pages):,} sites; give no more")
    chosen, left_out = _arms(Download(items), given["strategies"], place.at("strategies"), pythons)
    rest = {key: given[key] for key in (
        "source", "path", "live", "in_flight", "max_failures", "limits", "shards", "timeout_s",
    )}  # fmt: skip
    return DownloadSettings(items=items, arms=chosen, left_out=left_out, job=[], **rest)


def _squares(given: dict[str, Any], place: Place, folders: Folders, pythons: Sequence[Interpreter]) -> SquaresSettings:
    items = paths.file_or_value(given["numbers"], place.at("numbers"), folders)
    wanted = numbers.read(items, origin=f"{place.at('numbers')}") if items != [] else []
    if 1 < given["shards"] > sum(wanted) > 0:
        raise UserError(
            f"{place.at('shards')}: {given['shards']:,} for numbers of {sum(wanted):,} terms in all; give no more"
        )
    chosen, left_out = _arms(Squares(items), given["strategies"], place.at("strategies"), pythons)
    if given["job"] and given["shards"] > 1:
        raise UserError(
            f"{place.at('job')}: a shard's share of the numbers is done by processes; leave `job` or `shards` out"
        )
    job = _job(Squares(items), given["job"], chosen, f"{place.at('job')}") if given["job"] else []
    rest = {key: given[key] for key in ("shards", "timeout_s")}
    return SquaresSettings(items=items, arms=chosen, left_out=left_out, job=job, **rest)


def _own(
    name: str, given: dict[str, Any], place: Place, folders: Folders, pythons: Sequence[Interpreter]
) -> OwnSettings:
    if name in TAKEN:
        raise UserError(f"{place}: the name stands for something else in results/; give it another")
    if not given["function"] and not given["coroutine"]:
        raise UserError(f"{place}: give what is done for each item: `function` (a def) or `coroutine` (an async def)")
    if given["split"] and not given["function"]:
        raise UserError(f"{place.at('split')}: it does a share of what `function` does; give that too")
    source = paths.source(given["items"], place.at("items"), folders)
    if isinstance(given["strategies"], list) and "all" in given["strategies"]:
        raise UserError(f"{place.at('strategies')}: `all` is none of several; give `strategies: all`")
    items = own_items.read(source, f"{place.at('items')}") if source != [] else []
    if given["split"] and (odd := [item for item in items if type(item) not in (int, float)]):
        raise UserError(f"{place.at('split')}: divides numbers, and `items` has {written(odd[0])}; leave it out")
    fields = {key: given[key] for key in ("bound", "max_failures")}
    fields |= {"name": name, "check": paths.check(given["check"], place.at("check"), folders)}
    fields |= {key: paths.function(given[key], place.at(key), folders) for key in PLACES}
    if interpreters.RUNNING in pythons:  # others may have another grammar
        named.check({key: fields[key] for key in (*PLACES, "check") if isinstance(fields[key], str)}, f"{place}")
    workload = Own(source, **fields)
    known, asked = workload.strategies(), given["strategies"]
    if asked in (None, "all"):
        ideas = (*IDEAS, "process_pool_ranges") if given["split"] else IDEAS
        asked = [name for name in (ideas if asked is None else known) if not workload.excludes(known[name])]
        asked = [
            name for name in asked if given["strategies"] or not all(python.lacks(known[name]) for python in pythons)
        ]
    chosen, left_out = _arms(workload, asked, place.at("strategies"), pythons)
    default = "asyncio" if given["coroutine"] else "process_pool"
    in_flight = max(1, min(len(items), MOST_IN_FLIGHT))
    job = _job(workload, given["job"] or default, chosen, f"{place.at('job')}", in_flight=in_flight)
    return OwnSettings(
        items=source, shards=1, arms=chosen, left_out=left_out, fields=fields, job=job,
        **{key: given[key] for key in ("timeout_s", "measure_items", "source")},
    )  # fmt: skip


def _job(
    workload: Workload, asked: str | Mapping[str, Any], compared: list[Arm], place: str, in_flight: int = 1
) -> list[Arm]:
    """The arm that does the job; all that are compared, where it is to be the one that is recommended. Where it is not
    said how many workers it has: `in_flight`, if they are coroutines, else one per core."""
    if isinstance(asked, Mapping) and "recommended" in asked:
        raise UserError(f"{place}: recommended: has as many workers as are recommended; write `job: recommended`")
    if asked == "recommended":
        if not compared and workload.source != []:
            raise UserError(f"{place}: `strategies` has nothing to compare, so that nothing is recommended; name one")
        return compared
    expanded = arms.expand(workload, [asked], place, besides=["recommended"])
    job = expanded[-1]
    strategy = workload.strategies()[job.strategy]
    if sum(arm.strategy == job.strategy for arm in expanded) > 1:
        raise UserError(
            f"{place}: {job.strategy}: the job is done once; give one value for each, not a list of several"
        )
    if reason := workload.excludes(strategy) or strategy.missing:
        raise UserError(f"{place}: {job.strategy}: {reason}")
    if job.workers == AUTO:
        job = replace(job, workers=in_flight if strategy.runs == "coroutine" else "cores")
    return [job]


def _arms(
    workload: Workload, asked: Sequence[Any], place: Place, pythons: Sequence[Interpreter]
) -> tuple[list[Arm], dict[str, str]]:
    """What is to be compared on `workload`, and why each strategy that was asked for and is not is left out."""
    entries = asked if workload.source != [] else []
    return arms.runnable(workload, arms.expand(workload, entries, f"{place}"), entries, f"{place}", pythons)


def _check_rounds(full: Mapping[str, Any], place: Place) -> None:
    if full["precision"] is not None and full["max_rounds"] < full["rounds"]:
        raise UserError(
            f"{place.at('max_rounds')}: must be at least rounds ({full['rounds']}) when a precision is asked for, "
            f"not {full['max_rounds']}"
        )
    if full["precision"] is None and full["max_rounds"] != MAX_ROUNDS:
        raise UserError(
            f"{place.at('max_rounds')}: counts only with a precision; set `rounds: {full['max_rounds']}`, or give one, "
            "as in `precision: 0.05`"
        )
    if full["warm_up"] and full["rounds"] < 2:
        raise UserError(f"{place.at('warm_up')}: leaves no round to count; set rounds to 2 or more")
    needed = ROUNDS_FOR_ROBUST + full["warm_up"]
    if full["robust"] and full["rounds"] < needed:
        raise UserError(
            f"{place.at('robust')}: needs at least {needed} rounds to hold its promises; set rounds: {needed}"
        )


def _check_jobs(known: Settings, place: Place) -> None:
    rounds = known.rounds if known.precision is None else known.max_rounds
    works, kinds = sum(bool(work.arms) for work in known.works.values()), max(len(known.hosts), 1)
    if (jobs := rounds * works * kinds) > MOST_JOBS:
        key = "rounds" if known.precision is None else "max_rounds"
        raise UserError(
            f"{place.at(key)}: {rounds:,} for {works:,} works on {kinds:,} kinds of hosts are {jobs:,} jobs, more than "
            f"{MOST_JOBS:,}; give fewer"
        )


def _check_names(known: Settings, place: Place) -> None:
    """The rounds of a work on a kind of host lie in a folder that is called by both."""
    settings = {name: f"works.{name}" if name in known.own else name for name in known.works}
    taken = {name: f"the rounds of {setting}" for name, setting in settings.items()}
    for work, setting in settings.items():
        for kind in known.hosts:
            if there := taken.get(folder := f"{work}_on_{kind}"):
                raise UserError(
                    f"{place.at('hosts')}: {kind}: the rounds of {setting} on it, and {there}, would be called "
                    f"{folder} alike; give one of them another name"
                )
            taken[folder] = f"those of {setting} on {kind}"


def _hosts(kinds: list[dict[str, str]], place: Place) -> dict[str, dict[str, str]]:
    """What to ask for to be given a node of each kind, by its name."""
    found: dict[str, dict[str, str]] = {}
    for kind in kinds:
        wanted = {key: value for key, value in kind.items() if key != "name"}
        if kind["name"] in found:
            raise UserError(f"{place}: there are two named {kind['name']}; give each a name of its own")
        if not wanted:
            raise UserError(f"{place}: {kind['name']}: give the partition or the constraint that such nodes have")
        found[kind["name"]] = wanted
    return found


def _other(given: str | None, place: Place) -> Path | None:
    return paths.as_input(other.find(given, f"{place}"), place) if given else None


def _extra(given: list[str], place: Place, folders: Folders) -> list[Path]:
    found = [paths.file_or_value(path, place, folders) for path in given]
    for path in found:
        if sum(path.samefile(one) for one in found) > 1:
            raise UserError(f"{place}: {path} is there twice")
        other.check(path, f"{place}")
    return found
