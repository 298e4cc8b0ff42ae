"""The jobs that this run has on SLURM, and what becomes of one that failed.

Snakemake submits again whatever failed, with `attempt` one higher, by which profiles ask for more memory. Here it rises
after a kill for lack of memory only, and what failed by its own doing is not submitted again.
"""

import atexit
import logging
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concurrency.errors import UserError, printable
from concurrency.running import slurm
from concurrency.running.requests import Request, impossible, impossible_later, waiting
from concurrency.running.slurm import Node, State

LONGER_S = 10  # than the last time may be the plugin's time to its next look
SUBMITTED = re.compile(r"Job (\d+) has been submitted with SLURM jobid (\d+)")
STATUS = re.compile(r"SLURM status is: '(\w+)'")
REFUSED = re.compile(r"The error message was '(.*?)'\.\n", re.DOTALL)
ADVICE = "For further error details see the cluster/cloud log and the log files of the involved rule(s)."
AGAIN = "submitted again"
NO_MEMORY = re.compile(r"oom[-_ ]kill|out of memory|memory limit", re.IGNORECASE)
# Lines that tell a user nothing which is not shown better.
SHOWN_OTHERWISE = re.compile(
    rf"{SUBMITTED.pattern}|Trying to restart|Exception in run_job|"
    "No SLURM account given|No account was given|Unable to guess SLURM account"
)
LOGGED = re.compile(r"^\d{4}-\d\d-\d\d [\d:,]+ ([A-Z]+) (.*)")  # as running/job.py writes it
SLURMS = re.compile(r"^(?:slurmstepd[\w.-]*|srun): error: .*", re.MULTILINE)


@dataclass(frozen=True)
class Failure:
    """A job that failed: `said` is the last line of `log`, `next` what is done about it."""

    job: str
    slurm_id: str
    node: str
    state: str
    log: str
    said: str
    next: str


def follow(
    workflow: Any,
    jobs: Iterable[Any],
    nodes: Sequence[Node],
    profile: str,
    note: Callable[[str], None],
    tell: Callable[[Failure], None],
) -> "Submitted":
    """Hold what `jobs` ask for against what `nodes` have, and follow what this run is about to submit.

    `note` is called with what is good to know, `tell` with each job that fails. Raises UserError, with a line for each
    thing to change in the file `profile`, where jobs would pend for ever or their end would go unnoticed.
    """
    if nodes:
        asked = {Request.of(job, 1, nodes): job for job in jobs if not job.is_local}
        if wrong := [line for one in asked if (line := impossible(one, nodes, profile))]:
            raise UserError("\n".join(wrong))
        told = [impossible_later(asked.values(), nodes, profile), *(waiting(one, nodes) for one in asked)]
        for line in filter(None, told):
            note(line)
    else:
        note("SLURM does not say what its nodes have (sinfo); what the jobs ask for was held against nothing")
    ask_the_queue(workflow.executor_settings, profile)
    logger, followed = workflow.logger_manager.logger, Submitted(workflow, nodes, profile, tell)
    for handler in logger.handlers:
        if handler.name == "DefaultStreamHandler":  # what is kept in .snakemake/log has all
            handler.addFilter(lambda record: not SHOWN_OTHERWISE.match(record.getMessage()))
    logger.addHandler(followed)
    return followed


def ask_the_queue(settings: Any, profile: str) -> None:
    """Where there is no accounting, the plugin must not ask it: it does wherever `sacct` is installed, and waits; also
    if told otherwise, where the queue forgets a job before three looks at it, or does not say when."""
    if slurm.keeps_accounts():
        return
    settings.status_command = "squeue"
    remembered, first = slurm.remembers_s(), settings.init_seconds_before_status_checks
    if remembered is None and not shutil.which("sacct"):
        return
    if (remembered or 0) < (needed := 3 * max(first, LONGER_S)):
        said = "is not told" if remembered is None else f"is {remembered} s"
        raise UserError(
            f"{profile}: there is no accounting, and SLURM must know a job for {needed} s after its end, but its "
            f"MinJobAge (scontrol show config) {said}; slurm-init-seconds-before-status-checks: {LONGER_S} takes "
            f"{3 * LONGER_S} s, the least that will do"
        )


class Submitted(logging.Handler):
    """Sees in Snakemake's log what is submitted and what fails, before Snakemake decides whether to submit it again."""

    def __init__(self, workflow: Any, nodes: Sequence[Node], profile: str, tell: Callable[[Failure], None]) -> None:
        super().__init__(logging.INFO)
        self.jobs: dict[str, Any] = {}  # those that have not ended, by SLURM's id
        self._workflow, self._nodes, self._profile, self._tell = workflow, nodes, profile, tell
        self._failures: Counter[Any] = Counter()
        atexit.register(self._leave)

    def emit(self, record: logging.LogRecord) -> None:
        if found := SUBMITTED.match(record.getMessage()):
            self.jobs[found[2]] = self._job(int(found[1]))
        elif getattr(getattr(record, "event", None), "value", "") == "job_error":
            job = self._job(getattr(record, "jobid", 0))
            if not job.is_local and not getattr(record, "indent", False):  # as a part of a group's failure is told
                self._failed(job, record)

    def look(self) -> dict[str, State]:
        """What the jobs do, by SLURM's id. The executor, which looks by itself, but each time after a longer while, up
        to three minutes, is kept from that: what has ended is to be noticed."""
        if not self.jobs:
            return {}
        executor = self._workflow.scheduler.get_executor(next(iter(self.jobs.values())))
        executor.next_seconds_between_status_checks = self._workflow.executor_settings.init_seconds_before_status_checks
        found = slurm.jobs(self.jobs)
        for job, state in found.items():
            if state.has_ended:
                self.jobs.pop(job, None)
        return found

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many jobs of all are done, how many failed for good, and how many there are."""
        scheduler = self._workflow.scheduler
        return scheduler.finished_jobs, len(scheduler.failed), len(list(self._workflow.dag.needrun_jobs(False)))

    def _leave(self) -> None:
        """Leave no job behind: at Ctrl-C Snakemake cancels those that it knows of, which are not those that it is
        submitting, and none where Ctrl-C is hit twice."""
        if self.jobs:
            slurm.cancel(self.jobs)

    def _job(self, number: int) -> Any:
        dag = self._workflow.dag
        return next(job for job in list(dag.jobs) if dag.jobid(job) == number)

    def _failed(self, job: Any, record: Any) -> None:
        self._failures[job] += 1
        message, slurm_id = record.rule_msg.removesuffix(ADVICE), record.aux.get("external_jobid", "")
        if not slurm_id:
            refused = REFUSED.search(message)
            said = printable(refused[1] if refused else message)
            if (then := self._next(job, "REFUSED")) != AGAIN:  # which is at once
                self._tell(Failure(name_of(job), "", "", "SLURM refused it", "SLURM", said, then))
            return
        known = STATUS.search(message)
        state = slurm.outcome(slurm_id) or State(known[1] if known else "FAILED")
        log, said, has_raised = last_words([Path(file) for file in record.log], slurm_id)
        # A step that is killed for lack of memory is but a failure to the job whose step it is. What an exception says
        # of memory may be a device's, or an item's.
        word = "OUT_OF_MEMORY" if not has_raised and NO_MEMORY.search(said) else state.word
        why = "RAISED" if word == "FAILED" and has_raised else word
        for file in job.output:  # of what was killed
            for part in Path(file).parent.glob(f"{Path(file).name}.*.part"):
                part.unlink(missing_ok=True)
        self._tell(Failure(name_of(job), slurm_id, state.node, word, str(log), said, self._next(job, why)))

    def _next(self, job: Any, why: str) -> str:
        """See to it that the job is submitted again, or is not; in words.

        Snakemake is about to raise `attempt`, unless it has reached the retries that are allowed. It is not set by its
        setter, after which Snakemake would give back other resources than it took.
        """
        if why == "RAISED":
            job._attempt = job.restart_times + 1
            return "not submitted again, as it would fail again"
        if self._failures[job] > job.restart_times:
            job._attempt = job.restart_times + 1
            return "not submitted again" + f", after {self._failures[job]} times" * (self._failures[job] > 1)
        if why != "OUT_OF_MEMORY":
            job._attempt -= 1
            return AGAIN
        had, more = (Request.of(job, attempt, self._nodes) for attempt in (job.attempt, job.attempt + 1))
        if more.memory_mb == had.memory_mb:
            wrong = f"the profile gives it no more than {had.memory_mb} MB"
        elif not (wrong := impossible(more, self._nodes, self._profile)):
            return f"{AGAIN}, with {more.memory_mb} MB of memory"
        job._attempt = job.restart_times + 1
        return f"not submitted again: {wrong}"


def name_of(job: Any) -> str:
    """The rule, and of what the job is: `squares_shard 2-of-4`."""
    return " ".join([job.rule.name, *(value for value in job.wildcards_dict.values() if value)])


def last_words(logs: Sequence[Path], slurm_id: str) -> tuple[Path, str, bool]:
    """The log that tells why the job of SLURM's id `slurm_id` ended, its last line, and whether an exception is what it
    tells. Of `logs` the last is SLURM's own, the first the rule's, which may be that of an earlier attempt."""
    own, slurms = _read(logs[0]), _read(logs[-1])
    if killed := next((line for line in SLURMS.findall(slurms) if NO_MEMORY.search(line)), None):
        return _shown(logs[-1]), printable(killed), False
    if re.search(rf"\bSLURM job {slurm_id}\b", own):
        lines = [line for line in own.splitlines() if line.strip()]
        records = [found for line in lines if (found := LOGGED.match(line))]
        if records[-1][1] == "ERROR":
            last = LOGGED.match(lines[-1])
            return _shown(logs[0]), printable(last[2] if last else lines[-1]), True
    told = [line for line in SLURMS.findall(slurms) if "CANCELLED" in line] or SLURMS.findall(slurms)
    told = told or [line for line in slurms.splitlines() if line.strip()] or ["nothing"]
    return _shown(logs[-1]), printable(told[-1]), False


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
