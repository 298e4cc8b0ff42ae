"""What a run on a cluster says while it waits: how many jobs pend and run, why one pends, and what became of one."""

import threading
import time

from concurrency.running.slurm import State
from concurrency.running.submitted import Failure, Submitted, name_of
from concurrency.showing import terminal

LOOK_S = 10.0  # from one look at the queue to the next
PENDING_MINUTES = 10  # where the profile does not say it


class Watch(threading.Thread):
    """Shows, until it is ended, how many jobs pend, run, are done and have failed."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._ended = threading.Event()
        self._seen: dict[str, float] = {}
        self._told: set[str] = set()

    def show(self, submitted: Submitted) -> None:
        """Begin to."""
        self._submitted = submitted
        self.start()

    def run(self) -> None:
        with terminal.Status() as line:
            while not self._ended.wait(LOOK_S):
                states = self._submitted.look()
                pending = {job: state for job, state in states.items() if state.word == "PENDING"}
                running = sum(state.word in ("RUNNING", "CONFIGURING", "COMPLETING") for state in states.values())
                for text in self._waiting(pending):
                    terminal.note(text)
                line.show(counted(len(pending), running, *self._submitted.counts))

    def end(self) -> None:
        """Show nothing more; what follows begins a line of its own."""
        self._ended.set()
        if self.is_alive():
            self.join()

    def _waiting(self, pending: dict[str, State]) -> list[str]:
        """Of the jobs that have been pending for long, and were not yet told: a line for each of SLURM's reasons."""
        late: dict[str, list[str]] = {}
        for job, state in pending.items():
            since = self._seen.setdefault(job, time.monotonic())
            minutes = self._submitted.jobs[job].resources.get("pending_minutes", PENDING_MINUTES)
            if time.monotonic() - since >= minutes * 60 and job not in self._told:
                self._told.add(job)
                late.setdefault(state.reason, []).append(job)
        return [
            waiting([f"{name_of(self._submitted.jobs[job])} (SLURM job {job})" for job in jobs], reason)
            for reason, jobs in late.items()
        ]


def counted(pending: int, running: int, done: int, failed: int, total: int) -> str:
    """One line that fits a terminal."""
    return f"jobs: {pending} pending, {running} running, {done} of {total} done, {failed} failed"


def waiting(jobs: list[str], reason: str) -> str:
    """That jobs have been pending for long, in one sentence."""
    others = f" and {len(jobs) - 1} more" if len(jobs) > 1 else ""
    return f"{jobs[0]}{others} still pending, says SLURM, for: {reason}"


def failed(failure: Failure) -> None:
    """Say what became of a job that failed, what is done about it, and where the reason is."""
    on = f" on {failure.node}" if failure.node else ""
    job = f" (SLURM job {failure.slurm_id})" if failure.slurm_id else ""
    terminal.note(f"{failure.job} failed{on}: {failure.state}{job}; {failure.next}")
    terminal.note(f"{failure.log}: {failure.said}", indent="  ")
