"""What SLURM says of its nodes and of jobs; asked as any user may, with or without accounting, and never for long."""

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

ANSWER_S = 20  # a scheduler that is busy takes its time; one that is down must not hold anybody up
NODE_FIELDS = "%N|%P|%a|%c|%m|%f|%l|%T"  # of sinfo
JOB_FIELDS = "%i|%T|%N|%r"  # of squeue
UNFINISHED = ("PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "REQUEUED")
UNUSABLE = ("down", "drain", "fail", "inval", "unknown", "error")
DURATION = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)")


@dataclass(frozen=True)
class Node:
    """A node as one of its partitions has it; `minutes` are the longest that a job may take there, maybe infinite."""

    name: str
    partition: str
    is_default: bool
    cpus: int
    memory_mb: int
    features: frozenset[str]
    minutes: float
    state: str

    @property
    def is_usable(self) -> bool:
        """Whether jobs start there at all, now or when others have ended."""
        return not self.state.startswith(UNUSABLE)


@dataclass(frozen=True)
class State:
    """What becomes of a job: SLURM's word for it, the node (or none), and why it waits."""

    word: str
    node: str = ""
    reason: str = ""

    @property
    def has_ended(self) -> bool:
        return self.word not in UNFINISHED


def nodes() -> list[Node]:
    """All nodes of all partitions; none where SLURM does not answer."""
    return read_nodes(_ask("sinfo", "--Node", "--noheader", "-o", NODE_FIELDS) or "")


def read_nodes(answer: str) -> list[Node]:
    """The same from what `sinfo` says."""
    found = []
    for line in answer.splitlines():
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != len(NODE_FIELDS.split("|")):  # the heading of one of several clusters
            continue
        name, partition, available, cpus, memory, features, limit, state = parts
        found.append(
            Node(
                name=name,
                partition=partition.rstrip("*"),
                is_default=partition.endswith("*"),
                cpus=int(cpus.rstrip("+")),
                memory_mb=int(memory.rstrip("+")),
                features=frozenset(features.split(",")) - {"(null)"},
                minutes=_minutes(limit),
                # a star stands for a node that does not answer
                state="down" if available != "up" or state.endswith("*") else state.rstrip("~#!%$@^-+"),
            )
        )
    return found


def default_partition(known: Iterable[Node]) -> str:
    """The one that jobs come to which name none."""
    return next((node.partition for node in known if node.is_default), "")


def of_partition(known: Iterable[Node], partition: str) -> list[Node]:
    """The nodes of a partition, or of several with commas between."""
    return [node for node in known if node.partition in partition.split(",")]


def jobs(ids: Iterable[str]) -> dict[str, State]:
    """What becomes of each of the jobs that SLURM still knows, by its id; it forgets those that ended long ago."""
    return read_jobs(
        _ask("squeue", "--noheader", "--states", "all", "--jobs", ",".join(list(ids)), "-o", JOB_FIELDS) or ""
    )


def read_jobs(answer: str) -> dict[str, State]:
    """The same from what `squeue` says."""
    found = (parts for line in answer.splitlines() if len(parts := line.split("|", 3)) == 4)  # no cluster's heading
    return {job.strip(): State(word, node, reason) for job, word, node, reason in found}


def outcome(job: str) -> State | None:
    """What became of a job that has ended, from the queue or else from accounting."""
    if found := jobs([job]).get(job):
        return found
    told = (_ask("sacct", "-X", "-n", "-P", "-j", job, "-o", "State,NodeList") or "").strip()
    word, _, node = told.partition("|")
    return State(word.split()[0], node) if word else None  # `CANCELLED by 1000`


def cancel(ids: Iterable[str]) -> None:
    """End those of the jobs that have not ended."""
    if left := [job for job, state in jobs(ids).items() if not state.has_ended]:
        _ask("scancel", *left)


def keeps_accounts() -> bool:
    """Whether there is an accounting database; `sacct` may well be installed where there is none."""
    return _ask("sacct", "-X", "-n", "--starttime", "now") is not None


def remembers_s() -> int | None:
    """For how many seconds jobs that ended are still in the queue."""
    found = re.search(r"^MinJobAge\s*=\s*(\d+)", _ask("scontrol", "show", "config") or "", re.MULTILINE)
    return int(found[1]) if found else None


def allotted_cpus() -> int | None:
    """How many CPUs SLURM has given on this node to the job that this is."""
    return int(os.environ.get("SLURM_CPUS_ON_NODE", "0")) or None


def _minutes(limit: str) -> float:
    """Of `1-12:00:00`, `30:00` or `infinite`."""
    if not (found := DURATION.fullmatch(limit)):
        return float("inf")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return (days * 24 + hours) * 60 + minutes + seconds / 60


def _ask(*command: str) -> str | None:
    """What a command of SLURM's says; None where it does not answer."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
