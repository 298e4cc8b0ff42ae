"""The configuration, and what the rules share."""

import hashlib
import json
import os
import re
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import SimpleNamespace

SCRIPTS = Path(workflow.current_basedir.get_path_or_uri(secret_free=False)).parent / "scripts"
sys.path.append(str(SCRIPTS))

import concurrency

if not (LIBRARY := Path(concurrency.__file__).parent).samefile(SCRIPTS / "concurrency"):
    sys.exit(
        f"{LIBRARY} is imported where {SCRIPTS}/concurrency is meant; nothing else may be called so, and modules of "
        "this workflow take the same Snakefile"
    )

from concurrency import cores, processes
from concurrency.deciding.stopping import rounds_to_reach
from concurrency.errors import UserError, printable
from concurrency.mapping import contestants
from concurrency.measuring import interpreters
from concurrency.planning import plan
from concurrency.recommending.names import by_module
from concurrency.running import liveness, other, requests, settings, slurm, sources, submitted, surroundings
from concurrency.running.config import plain
from concurrency.running.digests import Digests
from concurrency.running.packages import Packages, why
from concurrency.showing import cluster, messages, terminal
from concurrency.workloads import items
from snakemake.logging import logger

# A workflow that uses this one as a module may give all paths a prefix.
PLACE = workflow.modifier

# As a module of another workflow, this one leaves alone what is that one's: the log, and the locks in its folder.
BY_ITSELF = workflow.modifier.is_main_snakefile()

# Lines that tell a user nothing: two before every job, and that a script which has said why it ends has ended.
if BY_ITSELF:
    NOTHING = re.compile(
        r"Select jobs to|Execute |RuleException:\nCalledProcessError .* exit status 1\.\s*$", re.DOTALL
    )
    logger.addFilter(lambda record: not NOTHING.match(record.getMessage()))

if not isinstance(config, dict):
    sys.exit(f"module {workflow.modifier.namespace}: config: expected a mapping of keys, not {config!r}")


if workflow.resource_settings.cores is not None and workflow.resource_settings.cores < 1:
    sys.exit(f"--cores: must be at least 1, or `all`, not {workflow.resource_settings.cores}")

try:
    # In place of `configfile:`, which reads YAML 1.1.
    config, origins = sources.given(workflow, config, shipped=SCRIPTS.with_name("config.yaml"))
    USER = settings.resolve(config, origins, sources.folders(workflow, settings.ROOT))
except UserError as error:
    sys.exit(printable(str(error)))

if os.path.lexists(folder := PLACE.modify_path("results")) and not Path(folder).is_dir():
    sys.exit(f"{folder}: is no folder; all results go there: rename it, or take it away")

processes.remember_threads()
surroundings.complete()

# Snakemake's lock outlives a run that was killed; it must not ask for --unlock then.
if BY_ITSELF and workflow.is_main_process:
    liveness.enter(Path(".snakemake"))

DONE = {"download": "results/download/pages.csv", "squares": "results/squares/sums.csv"}
LIVE = ["results/download/profile.csv", "results/download/path.json"]  # what was found of the real sites
# By their paths: a workflow that has changed a rule of this one as a module has no `rules.….output` for the others.
TIMINGS, SUMMARY, VERDICT, SCALING, CLAIMS = (
    f"results/tables/{name}" for name in ("timings.csv", "summary.csv", "verdict.json", "scaling.csv", "claims.csv")
)
ENVIRONMENT = "results/tables/environment{host}.json"
DONE |= {name: f"results/{name}/results.jsonl" for name in USER.own}
JOB = [DONE[name] for name, work in USER.works.items() if work.items != []]
COMPARED = [name for name, work in USER.works.items() if work.arms]
MAP = ["results/tables/map.csv", *(f"results/plots/map{kind}" for kind in (".svg", ".png", "_narrow.svg", ".txt"))]
# What has pictures: fast downloads, too, which are measured beside the others; how many workers they need is not.
PICTURED = [one.workload.name for name in COMPARED for one in USER.compared(name)]
PICTURES = [f"results/plots/{name}_comparison" for name in PICTURED]
PICTURES += [f"results/plots/{name}_{plot}" for name in COMPARED for plot in ("workers", "cost")]
PICTURES = [f"{picture}{kind}.svg" for picture in PICTURES for kind in ("", "_narrow")]
# The scripts of what is recommended, by the names of their files.
RECOMMENDED = by_module(USER.compared(name)[0].workload for name in COMPARED)
# Kinds of nodes that are compared, as they stand in paths; and the folders of rounds, one per workload and kind.
KINDS = [f"_on_{name}" for name in USER.hosts] or [""]
MEASURED = [workload + kind for workload in COMPARED for kind in KINDS]

# What --cores gave. On a cluster there is no such number: a job asks for one core unless the profile says otherwise,
# and on its node it is given all that SLURM allots to it.
CORES = (workflow.remote_exec and slurm.allotted_cpus()) or workflow.resource_settings.cores or 1

# What this run has measured, and which works another run has measured, too.
OWN_TIMINGS = Path(PLACE.modify_path(TIMINGS))

try:
    for table in USER.extra_timings:
        other.check_is_another(table, OWN_TIMINGS, f"{sources.Place(origins).at('extra_timings')}")
    OTHER = f"{sources.Place(origins).at('other')}"
    IN_BOTH = other.works_in_both(USER.other, OWN_TIMINGS, PICTURED, OTHER) if USER.other else []
except UserError as error:
    sys.exit(printable(str(error)))


def check_job(wildcards):
    """No file: that there is something to do."""
    return [] if JOB else sys.exit("nothing to do: give `download.sites`, `squares.numbers`, or `works` of your own")


def check_compared(wildcards):
    """No file: that there is something to compare."""
    return [] if COMPARED else sys.exit("nothing to compare: give `strategies`, and items to compare them on")


def file_of(items):
    """Items from a file are an input, so that editing it re-runs; those in the config itself are a param."""
    return the_users(items) if isinstance(items, Path) else []


def shards(work):
    """The files of a job in several, as scatter–gather names them. Its names and counts would be those of all workflows
    that meet in one."""
    count = USER.works[work].shards
    return [f"results/{work}/shards/{number}-of-{count}.csv" for number in range(1, count + 1)]


def the_work(wildcards):
    return wildcards.get("work") or wildcards.workload


def the_users(path):
    """An input that keeps its place where a workflow that uses this one as a module gives all of it a prefix."""
    return local(str(path))


def measured_files(wildcards):
    """What to measure on, if that is files: live sites, and the path to them, as the download found them; else the
    list that is configured."""
    work = USER.works[wildcards.workload]
    if not work.is_recorded:
        return file_of(work.items)
    return [f"results/{wildcards.workload}/profile.pickle"] if wildcards.workload in USER.own else LIVE


def recorded(wildcards):
    """Of live sites: what was found of the path to them, and how far its replay is the truth."""
    is_replayed = USER.download.is_recorded and "download" in COMPARED
    return [LIVE[1], "results/download/check.json"] if is_replayed else []


def verified(wildcards):
    """What the real sites took, where they may be asked again."""
    return ["results/download/verify.json"] if recorded(wildcards) and USER.download.live["verify"] else []


def compared(wildcards):
    """The comparisons of a round; not by its `input`, as Snakemake does not watch a param for what it gets from there."""
    is_recorded = USER.works[wildcards.workload].is_recorded
    profile = Path(PLACE.modify_path(measured_files(wildcards)[0])) if is_recorded else None
    return [comparison.plain() for comparison in USER.compared(wildcards.workload, profile)]


def finalists(wildcards):
    """What screening found, where it is asked how many workers to measure; of the first kind of nodes, if not of one."""
    folder = wildcards.workload + wildcards.get("host", KINDS[0])
    return f"results/rounds/{folder}/finalists.json" if USER.works[wildcards.workload].is_screened else []


def is_mapping(only=False):
    """Whether the map is asked for; `only`: and nothing else."""
    name, another = map(PLACE.modify_rulename, ("map", "all"))  # the same, where a module has changed a single rule
    ours = {*map(PLACE.modify_path, MAP), *({name} - {another})}
    asked = {target in ours for target in workflow.dag_settings.targets}
    return asked == {True} if only else True in asked


def results_of_own(wildcards):
    """The results of the user's own works, which tell what each item takes: all, where the job is asked for as well,
    else those that are there."""
    with_job = {PLACE.modify_rulename(rule) for rule in ("all", "job")}
    targets = set(workflow.dag_settings.targets)
    is_asked = not targets or targets & with_job
    paths = [DONE[name] for name, work in USER.own.items() if work.items != []]
    return [path for path in paths if is_asked or Path(PLACE.modify_path(path)).exists()]


def minutes_of_the_map(wildcards):
    """As configured; where the map is there and not asked for, those that it was made in, so that it stays."""
    known = Path(PLACE.modify_path("results/rounds/map/minutes"))
    return float(known.read_text()) if known.exists() and not is_mapping() else float(USER.map["minutes"])


def located(wildcards):
    """Where the works lie on the map; nothing was measured of them yet where that alone is asked for."""
    is_known = Path(PLACE.modify_path(VERDICT)).exists() or not is_mapping(only=True)
    return "results/tables/located.json" if COMPARED and is_known else []


def mapped(wildcards):
    """The map, where there is one, or where it is asked for."""
    is_there = is_mapping() or Path(PLACE.modify_path(MAP[0])).exists()
    files = [file for file in MAP if file.endswith((".svg", ".txt"))]
    return files + ([where] if (where := located(wildcards)) else []) if is_there else []


def replayed():
    """The downloads that are compared, if any are: the report tells what was replayed."""
    return compared(SimpleNamespace(workload="download"))[:1] if "download" in COMPARED else []


def conditions(wildcards):
    return {"start_method": USER.start_method, "timeout_s": USER.works[the_work(wildcards)].timeout_s}


def rounds_to(folder, last):
    return [f"results/rounds/{folder}/{number}.csv" for number in range(1, int(last) + 1)]


def screened(folder):
    """The samples by which finalists were found, which count for nothing."""
    workload = next(name for name in COMPARED for kind in KINDS if name + kind == folder)
    return [f"results/rounds/{folder}/screening.csv"] if USER.works[workload].is_screened else []


def measured_rounds(folder):
    """The rounds to have: as many as configured or, for a precision, as the widths known so far ask for.

    With those goes the width after the last of them, if only to be looked at again: the checkpoint that writes it
    has this function called anew, until no more rounds are wanted.
    """
    if USER.precision is None:
        return rounds_to(folder, USER.rounds)
    unused, form = int(USER.warm_up), "trimmed" if USER.robust else "mean"
    last, wanted = None, USER.rounds
    while wanted != last:
        last = wanted
        width = f"results/rounds/{folder}/precision_{unused + 1}-{last}_{form}.txt"
        if (known := Path(PLACE.modify_path(width))).exists():
            half_width = float(known.read_text())
            wanted = unused + rounds_to_reach(half_width, last - unused, USER.precision, USER.max_rounds - unused)
    return [*rounds_to(folder, last), width]


def recommended(wildcards):
    """What the script that is called so is for, as wildcards."""
    return SimpleNamespace(workload=RECOMMENDED[wildcards.script])


def recommended_comparison(wildcards):
    """What was compared on it."""
    return USER.compared(RECOMMENDED[wildcards.script])[0]


def measured_there(wildcards):
    """The samples of the run that this one is compared with."""
    if not USER.other:
        sys.exit(f"other: give the results of the run to compare with: {other.COMMAND}")
    return the_users(USER.other)


def measured_here(wildcards):
    """This run's own as they are, whatever was changed since; measured as always where there are none. By the same path
    in both cases: another one would be another input, for which the rule would run again."""
    return before_update(local(str(OWN_TIMINGS))) if OWN_TIMINGS.exists() else TIMINGS


def machine_here(wildcards):
    """What they were measured on, likewise."""
    if not OWN_TIMINGS.exists():
        return expand(ENVIRONMENT, host=KINDS)
    return [before_update(local(str(file))) for file in sorted(OWN_TIMINGS.parent.glob("environment*.json"))]
