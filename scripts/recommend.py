"""Rule recommend: the recommended strategy with the user's items and function, as a script of its own."""

import json
import logging
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from concurrency.doing.arm import chosen
from concurrency.downloader.limits import PRODUCT
from concurrency.errors import UserError
from concurrency.measuring.arms import AUTO, Arm
from concurrency.recommending import head
from concurrency.recommending.script import Script
from concurrency.running import job
from concurrency.running.digests import Digests
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import KINDS


def main(snakemake: Any) -> None:
    files, params, output = snakemake.input, snakemake.params, Path(snakemake.output[0])
    workload = KINDS[params.kind](**params.fields)
    answer = json.loads(Path(files.verdict).read_text(encoding="utf-8")).get(workload.name, {})
    arm, why = Arm(BASELINE), ""
    if "strategy" in answer:
        try:
            arm = chosen(params.arms, 1, files.verdict, workload)  # which says with how many workers
        except UserError:  # of a table that was measured elsewhere
            why = f"{answer['strategy']} under {answer['interpreter']} is not among what is compared here."
    machine = json.loads(Path(files.environment[0]).read_text(encoding="utf-8"))
    when = datetime.fromtimestamp(Path(files.timings).stat().st_mtime).astimezone()
    is_screened = any(one["workers"] == AUTO for one in params.arms)
    script = Script(
        workload,
        arm,
        said=list(head.paragraphs(workload, arm, answer, machine, when, is_screened, why)),
        depth=_depth(output),
        files=_with_imported(params.own_files),
        start_method=params.start_method,
        user_agent=f"{PRODUCT}/1.0 ({params.contact})" if params.contact else "",
    )
    try:
        text = script.text
    except UserError as error:  # which the report need not wait for
        logging.warning("no script for %s: %s", workload.name, error)
        text = f"# There is no script of this: {error}\n"
    output.write_text(text, encoding="utf-8")
    logging.info("%s: %s", workload.name, output)


def _depth(output: Path) -> int | None:
    """How many folders below the working directory it lies; None where a prefix or a link puts it elsewhere."""
    inside = Path(os.path.relpath(output.resolve())).parts
    return None if inside[0] == ".." else len(inside) - 1


def _with_imported(own: list[str]) -> list[str]:
    """The user's files, and what they import from their folders."""
    code = Digests(Path(".snakemake/code.json"))
    return sorted({path for file in own for path in code.closure(file).values()})


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
