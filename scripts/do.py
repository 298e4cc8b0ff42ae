"""Rule do: each item of a work of the user's own, once, into results.jsonl; what ended before is not done again."""

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from concurrency.cores import usable
from concurrency.doing.arm import chosen
from concurrency.doing.job import Failures, Job
from concurrency.errors import UserError
from concurrency.measuring.sampling import Conditions
from concurrency.running import job
from concurrency.showing import terminal
from concurrency.workloads.own.journal import as_json
from concurrency.workloads.own.workload import Own


def main(snakemake: Any) -> None:
    params, name, output = snakemake.params, snakemake.wildcards.work, Path(snakemake.output[0])
    bad = output.with_name("failed.jsonl")  # no output: Snakemake deletes those of a job that failed
    workload = Own(params.source, **params.fields)
    arm = chosen(params.arms, usable(snakemake.threads), snakemake.input.verdict, workload)
    if workload.split and arm.strategy == "process_pool_ranges":
        logging.warning("works.%s: the job does each item whole; what is measured, and the script, divide it", name)
    conditions = Conditions(params.start_method, params.timeout_s)
    try:
        with (
            terminal.progress(desc=name, total=len(workload.items), unit="item", delay=1) as bar,
            Job(workload, output.parent / "state", params.own, conditions, partial(_show, bar)) as running,
        ):
            running.do(arm)
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


def _show(bar: Any, ended: int, failed: int) -> None:
    bar.set_postfix(failed=failed, refresh=False)
    bar.update(ended - bar.n)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
