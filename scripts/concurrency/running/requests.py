"""What jobs ask of SLURM, held against what its nodes have: said before anything is submitted, as SLURM itself would
leave such jobs pending for ever."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concurrency.running import slurm
from concurrency.running.slurm import Node

PLAIN_FEATURES = re.compile(r"[\w.:-]+(?:&[\w.:-]+)*|[\w.:-]+(?:\|[\w.:-]+)*")


@dataclass(frozen=True)
class Request:
    """What a job of a rule asks for, in a partition or in one of several with commas between; None: not said. `attempt`
    is one more after each kill for lack of memory."""

    rule: str
    cpus: int
    memory_mb: int | None
    minutes: int | None
    partition: str
    features: str | None
    attempt: int = 1

    @classmethod
    def of(cls, job: Any, attempt: int, nodes: Iterable[Node]) -> "Request":
        """Of Snakemake's `job`, at an attempt that need not be the next one; `nodes` tell the default partition."""
        asked = job.rule.expand_resources(job.wildcards_dict, job.input, attempt, skip_evaluation={"tmpdir"})
        cpus = _number(asked.get("cpus_per_task")) or asked["_cores"]
        per_cpu = _number(asked.get("mem_mb_per_cpu"))
        return cls(
            rule=job.rule.name,
            cpus=max(1, cpus),
            memory_mb=per_cpu * cpus if per_cpu else _number(asked.get("mem_mb")),
            minutes=_number(asked.get("runtime")),
            partition=str(asked.get("slurm_partition") or slurm.default_partition(nodes)),
            features=asked.get("constraint"),
            attempt=attempt,
        )


def impossible(request: Request, nodes: Sequence[Node], profile: str) -> str:
    """What to change, if no node will ever do what is asked for; else nothing. `profile` is the file to change."""
    who = request.rule if request.attempt == 1 else f"attempt {request.attempt} of {request.rule}"
    asks, place = f"{profile}: {who} asks for", f"partition {request.partition}"
    there = slurm.of_partition(nodes, request.partition)
    fitting = [node for node in there if _has_features(node, request.features)]
    if not nodes or not request.partition:
        return ""  # SLURM knows best
    if not fitting:
        if there:
            names = ", ".join(sorted({feature for node in there for feature in node.features})) or "none"
            return f"{asks} nodes with {request.features}, {place} has none of these; constraint: one of {names}"
        names = ", ".join(sorted({node.partition for node in nodes}))
        return f"{asks} {place}, which there is not; slurm_partition: one of {names}"
    longest, most = max(node.minutes for node in fitting), max(node.cpus for node in fitting)
    memory = max((node.memory_mb for node in fitting if node.cpus >= request.cpus), default=0)
    if longest < (request.minutes or 0):
        wrong = f"{request.minutes} minutes, {place} gives {longest:g} at most: set-resources: "
        wrong += f"{request.rule}: runtime: {longest:g}"
    elif most < request.cpus:
        wrong = f"{request.cpus} CPUs, the largest node of {place} has {most}: set-threads: {request.rule}: {most}"
    elif request.memory_mb and memory < request.memory_mb:
        beside = f" and {request.cpus} CPUs" if request.cpus > 1 else ""
        wrong = f"{request.memory_mb} MB of memory{beside}, the largest node of {place} has {memory}: set-resources: "
        cap = memory if request.attempt == 1 else f"min({request.memory_mb // request.attempt} * attempt, {memory})"
        wrong += f"{request.rule}: mem_mb: {cap}"
    else:
        return ""
    return f"{asks} {wrong}"


def impossible_later(jobs: Iterable[Any], nodes: Sequence[Node], profile: str) -> str:
    """The same of the attempts that may follow the first of `jobs`: a line on the first rule of which one is
    impossible, which names the others."""
    found: dict[str, str] = {}
    for job in jobs:
        later = (Request.of(job, attempt, nodes) for attempt in range(2, job.restart_times + 2))
        if line := next(filter(None, (impossible(request, nodes, profile) for request in later)), ""):
            found.setdefault(job.rule.name, line)
    if not found:
        return ""
    _, *others = found
    same = f"; so it is with {', '.join(others)}" if others else ""
    return f"once killed for lack of memory: {next(iter(found.values()))}{same}"


def waiting(request: Request, nodes: Sequence[Node]) -> str:
    """Which nodes would do, if all of them are down or drained for now; else nothing."""
    fitting = [
        node
        for node in slurm.of_partition(nodes, request.partition)
        if _has_features(node, request.features)
        and node.cpus >= request.cpus
        and node.memory_mb >= (request.memory_mb or 0)
        and node.minutes >= (request.minutes or 0)
    ]
    if not fitting or any(node.is_usable for node in fitting):
        return ""
    told = ", ".join(f"{node.name} ({node.state})" for node in fitting[:5]) + (", …" if len(fitting) > 5 else "")
    return f"{request.rule} will wait: its nodes in partition {request.partition} are out of service for now: {told}"


def smallest_cpus(nodes: Sequence[Node], partition: str | None, most: int) -> int:
    """How many CPUs every node of a partition has, or of the default one, `most` at most; 1 if nothing is known."""
    there = slurm.of_partition(nodes, partition or slurm.default_partition(nodes))
    return min([most, *(node.cpus for node in there)]) if there else 1


def profile_file(arguments: Sequence[str], root: Path) -> str:
    """The file with the profile that `arguments`, those of the command line, name; `root` has the Snakefile."""
    names = [
        value or (arguments[place + 1] if place + 1 < len(arguments) else "")
        for place, argument in enumerate(arguments)
        for option, _, value in [argument.partition("=")]
        if option == "--workflow-profile"
    ]
    for name in names:
        for folder in (Path(name), Path("profiles", name), root / "profiles" / name):
            for file in (folder / "profile.yaml", folder / "config.yaml", folder):
                if file.is_file():
                    return str(file)
    return "your profile"


def _has_features(node: Node, wanted: str | None) -> bool:
    """Whether a node has what a plain constraint (`a`, `a&b`, `a|b`) names; any other is SLURM's to judge."""
    if not wanted or not PLAIN_FEATURES.fullmatch(wanted):
        return True
    return any(feature in node.features for feature in wanted.split("|")) or node.features.issuperset(wanted.split("&"))


def _number(value: Any) -> int | None:
    """What is known already; Snakemake has words for what it is yet to find out."""
    return value if isinstance(value, int) else None
