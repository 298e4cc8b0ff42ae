"""Rule do: each item of a work of the user's own, once, into results.jsonl; what ended before is not done again."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from concurrency.cores import usable
from concurrency.doing.arm import chosen
from concurrency.doing.job import Failures, Job
from concurrency.errors import UserError
from concurrency.running import job
from concurrency.showing import terminal
from concurrency.workloads.own.journal import Ended, Journal, as_json
from concurrency.workloads.own.workload import Own


def main(snakemake: Any) -> None:
    params, name, output = snakemake.params, snakemake.wildcards.work, Path(snakemake.output[0])
    bad = output.with_name("failed.jsonl")  # no output: Snakemake deletes those of a job that failed
    workload = Own(params.source, **params.fields)
    arm = chosen(params.arms, usable(snakemake.threads), snakemake.input.verdict, workload)
    try:
        with Job(workload, output.parent / "state", params.own) as running:
            with _progress(running.journal, name, len(workload.items)):
                running.do(arm, params.start_method)
            failed = running.write(output, bad)
    except OSError as error:  # a full disk
        where = error.filename or output.parent
        raise UserError(f"{where}: {error.strerror}; put that right, and the same command does what is left") from error
    count = len(workload.items)
    logging.info("%d items done by %s with %s workers", count - failed.count, arm.strategy, arm.workers)
    if failed.count:
        told = "\n".join(_told(name, failed, count))
        logging.warning("%s\n  all of them, with tracebacks: %s", told, bad)
    if failed.count > workload.max_failures:
        raise UserError(
            f"works.{name}: {failed.count} of {count} items failed, and works.{name}.max_failures is "
            f"{workload.max_failures}; the same command does those again and keeps the others"
        )


def _told(name: str, failed: Failures, count: int) -> Iterator[str]:
    """What went wrong, the most frequent first, and some of the items."""
    yield f"works.{name}: {failed.count} of {count} items failed:"
    for kind, times in failed.kinds.most_common():
        yield f"  {times:6} × {kind}"
    for line in failed.first:
        yield f"  {as_json(line['item'])[:80]}: {line['error']}: {line['message'][:200]}"


@contextmanager
def _progress(journal: Journal, name: str, count: int) -> Iterator[None]:
    """A bar of the items that are done, with how many of them failed."""
    ended = threading.Event()

    def watch() -> None:
        seen: dict[Path, int] = {}
        known: dict[str, Ended] = {}
        with terminal.progress(desc=name, total=count, unit="item", delay=1) as bar:
            while not ended.wait(0.5):
                known |= journal.read(seen)[0]
                bar.set_postfix(failed=sum(one.failed for one in known.values()), refresh=False)
                bar.update(len(known) - bar.n)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
