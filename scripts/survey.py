"""Rule survey: the map of concurrency, swept in random rounds until its minutes are used; a row per arm and place."""

import logging
from pathlib import Path
from typing import Any

from tqdm import tqdm

from concurrency.cores import usable
from concurrency.mapping import answers, contestants
from concurrency.mapping.journal import Journal
from concurrency.mapping.survey import Survey
from concurrency.measuring import lock
from concurrency.measuring.interpreters import Interpreter
from concurrency.running import job


def main(snakemake: Any) -> None:
    params, cores, output = snakemake.params, usable(snakemake.threads), Path(snakemake.output[0])
    competing = contestants.contestants([Interpreter(**one) for one in params.interpreters], cores)
    conditions = {name: params[name] for name in ("interpreters", "start_method", "seed", "python", "code")}
    journal = Journal(output.parents[1] / "rounds" / "map" / "journal.jsonl", conditions | {"cores": cores})
    budget_s = 60 * params.minutes * len(competing)
    with (
        lock.machine_to_itself(),
        tqdm(total=round(budget_s), initial=round(min(budget_s, journal.used_s)), desc="map", unit="s", delay=1) as bar,
    ):

        def tell(used_s: float, doing: str) -> None:
            bar.set_postfix_str(doing, refresh=False)
            bar.update(round(min(budget_s, used_s)) - bar.n)

        Survey(competing, journal, params.seed, params.worthwhile, params.start_method, tell).run(budget_s)
    answers.table(journal.stages, competing, params.worthwhile).to_csv(output, index=False, float_format="%.6g")
    for label, ratios in answers.checked(journal.stages).items():
        low, high = min(ratios), max(ratios)
        logging.info("%s: one by one took %.3f to %.3f times n (w + c), %d times", label, low, high, len(ratios))
    for stage in journal.stages:
        for number, sweep in stage.sweeps:
            if sweep.error:
                logging.warning("%s on %s, round %d: %s", sweep.strategy, sweep.interpreter, number, sweep.error)


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
