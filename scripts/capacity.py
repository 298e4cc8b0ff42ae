"""Rule capacity: what jobs of 10^3 to 10^9 pages and numbers would take, from constants measured on this machine."""

import logging
import statistics
import subprocess
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from concurrency.cores import usable
from concurrency.downloader import fetch
from concurrency.errors import UserError
from concurrency.measuring import lock
from concurrency.planning import capacity, constants
from concurrency.running import job
from concurrency.showing import terminal
from concurrency.workloads.download import sites
from concurrency.workloads.squares import numbers

IN_FLIGHT = (100, 400)  # beside what is configured
MOST_IN_FLIGHT = 1000  # that are tried, for a trial has at least sixteen pages for each


def main(snakemake: Any) -> None:
    params = snakemake.params
    wanted = sites.read(params.sites, given=sites.given_by(params.path)) if params.sites != [] else []
    unhindered = [replace(site, slots=0) for site in wanted]  # what hosts allow bounds what this machine could do
    below = numbers.read(params.numbers) if params.numbers != [] else []
    folder, limits, cores = Path(snakemake.output[0]).parent, fetch.Limits(**params.limits), usable(snakemake.threads)
    trials = sorted({min(params.in_flight, MOST_IN_FLIGHT), *IN_FLIGHT}) if wanted else []
    steps = bool(wanted) + len(trials) + bool(below)
    with (
        lock.machine_to_itself(),
        terminal.progress(desc="constants of this machine", total=steps, unit="trial") as bar,
    ):
        memory = constants.measure_memory(params.seed) if wanted else None
        bar.update(bool(wanted))
        pages = []
        for in_flight in trials:
            pages.append(constants.measure_pages(unhindered, in_flight, params.seed, folder, limits))
            bar.update()
        terms = constants.measure_terms(round(statistics.mean(below)), cores) if below else None
        bar.update(bool(below))
        job_s, mbit_per_s = _job_s(params.python), params.path["mbit_per_s"]
        text = capacity.describe(wanted, pages, memory, terms, below, job_s, params.rate, mbit_per_s)
    Path(snakemake.output[0]).write_text(text, encoding="utf-8")
    logging.info("%s", text)


def _job_s(python: str) -> float:
    """Seconds that the Snakemake of the interpreter `python` takes to start and to run a job that does nothing."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Snakefile").write_text(
            'rule nothing:\n    output:\n        "done",\n    shell:\n        "touch done"\n'
        )
        began = time.perf_counter()
        # by itself: a profile of the user's may send jobs elsewhere
        alone = ["--profile", "none", "--workflow-profile", "none", "--cores", "1"]
        where = ["--directory", folder, "--snakefile", f"{folder}/Snakefile"]
        done = subprocess.run([python, "-m", "snakemake", *alone, *where], check=False, capture_output=True, text=True)
        if done.returncode:
            raise UserError(f"Snakemake cannot run a job that does nothing: {''.join(done.stderr.splitlines()[-1:])}")
        return time.perf_counter() - began


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
