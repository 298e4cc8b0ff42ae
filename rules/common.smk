"""The configuration, and what the rules share."""

import hashlib
import re
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path

SCRIPTS = Path(workflow.basedir, "scripts")
LIBRARY = SCRIPTS / "concurrency"
sys.path.append(str(SCRIPTS))

from concurrency import cores
from concurrency.deciding.stopping import rounds_to_reach
from concurrency.errors import UserError
from concurrency.measuring import interpreters
from concurrency.measuring.arms import RULE_OF_THUMB
from concurrency.running import liveness, settings
from concurrency.showing import messages
from concurrency.strategies import catalogue
from snakemake.logging import logger

# Two lines before every job that tell a user nothing.
logger.addFilter(lambda record: not record.getMessage().startswith(("Select jobs to", "Execute ")))


# A config.yaml in the working directory takes the place of the shipped one.
configfile: "config.yaml" if Path("config.yaml").exists() else Path(workflow.basedir, "config.yaml")


try:
    USER = settings.resolve(config, name=" + ".join(Path(file).name for file in workflow.configfiles))
except UserError as error:
    sys.exit(str(error))

# Snakemake's lock outlives a run that was killed; it must not ask for --unlock then.
if workflow.is_main_process:
    liveness.enter(Path(".snakemake"))

ITEMS = {"download": USER.sites, "squares": USER.numbers}
DONE = {"download": "results/download/pages.csv", "squares": "results/squares/sums.csv"}
JOB = [DONE[workload] for workload in DONE if ITEMS[workload] != []]
COMPARED = [workload for workload in DONE if USER.arms[workload]]
# Kinds of nodes that are compared, as they stand in paths; and the folders of rounds, one a workload and kind.
KINDS = [f"_on_{name}" for name in USER.hosts] or [""]
MEASURED = [workload + kind for workload in COMPARED for kind in KINDS]

# What --cores gave. On a cluster there is no such number: a job asks for one core unless the profile says otherwise,
# and on its node it is given all that SLURM allots to it.
CORES = workflow.resource_settings.cores or 1


def file_of(items):
    """Items from a file are an input, so that editing it re-runs; those in the config itself are a param."""
    return items if isinstance(items, Path) else []


def measured_items(wildcards):
    """What to measure on: the configured items; live sites as the download found them."""
    if wildcards.workload == "download" and USER.source == "live":
        return "results/download/profile.csv"
    return file_of(ITEMS[wildcards.workload])


def _found(file):
    return next(LIBRARY.rglob(file)) if isinstance(file, str) else file


def code(*files):
    """A digest of the library files that a rule's result depends on: editing one of them runs the rule again."""
    return hashlib.sha256(b"".join(_found(file).read_bytes() for file in files)).hexdigest()[:12]


def node_wanted(key):
    """The `partition` or `constraint` of the kind of node that a job is to run on; None where any will do."""
    return lambda wildcards: USER.hosts.get(wildcards.host.removeprefix("_on_"), {}).get(key)


def rounds_to(folder, last):
    return [f"results/rounds/{folder}/{number}.csv" for number in range(1, int(last) + 1)]


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
        width = Path(f"results/rounds/{folder}/precision_{unused + 1}-{last}_{form}.txt")
        if width.exists():
            known = float(width.read_text())
            wanted = unused + rounds_to_reach(known, last - unused, USER.precision, USER.max_rounds - unused)
    return [*rounds_to(folder, last), width]


def strategy_code(wildcards):
    """The same for the strategies in use: editing one measures again."""
    used = {arm.strategy for arm in USER.arms[wildcards.workload]}
    if wildcards.workload == "download":
        used.update(RULE_OF_THUMB)
    files = {catalogue(wildcards.workload)[name].path for name in used}
    folders = {folder for file in files for folder in (file.parent, file.parent.parent)}
    return code(*sorted(files.union(*(folder.glob("_[!_]*.py") for folder in folders))))


def own_files(wildcards):
    """The files with the user's own function: editing one computes and measures again."""
    own = wildcards.get("workload", "squares") == "squares"
    return [place.rpartition(":")[0] for place in (USER.function, USER.split) if place and own]


def conditions(wildcards):
    """What is the same for all samples of a workload."""
    computing = wildcards.workload == "squares"
    return {
        "start_method": USER.start_method,
        "function": USER.function if computing else None,
        "split": USER.split if computing else None,
        "timeout_s": USER.timeout_s[wildcards.workload],
    }


# What several rules depend on.
REPLAYING = ("interpreters.py", "replay.py", "replay_server.py")
DOWNLOADING = code(
    *REPLAYING,
    "addresses.py",
    "connection.py",
    "cookies.py",
    "decode.py",
    "errors.py",
    "exchange.py",
    "failures.py",
    "fetch.py",
    "framing.py",
    "limits.py",
    "proxies.py",
    "replies.py",
    "robots.py",
    "schedule.py",
    "store.py",
    "writer.py",
    "writing.py",
)
MEASURING = code(*REPLAYING, "arms.py", "sample.py", "sampling.py", "squares.py", "usage.py", "worker.py")
DECIDING = code(
    "answer.py",
    "blocks.py",
    "estimates.py",
    "inference.py",
    "noise.py",
    "summary.py",
    "verdict.py",
    "words.py",
)
