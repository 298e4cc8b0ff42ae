"""Rule survey: the map of concurrency, swept in random rounds until its minutes are used; a row per arm and place."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from concurrency.cores import usable
from concurrency.errors import UserError
from concurrency.mapping import answers, contestants
from concurrency.mapping.journal import Journal
from concurrency.mapping.survey import Survey
from concurrency.measuring import lock
from concurrency.measuring.interpreters import Interpreter
from concurrency.running import job
from concurrency.showing import terminal


def main(snakemake: Any) -> None:
    params, cores, output = snakemake.params, usable(snakemake.threads), Path(snakemake.output[0])
    competing = contestants.contestants([Interpreter(**one) for one in params.interpreters], cores)
    conditions = {name: params[name] for name in ("interpreters", "start_method", "seed", "python", "code")}
    budget_s = 60 * params.minutes * len(competing)
    folder = output.parents[1] / "rounds" / "map"
    with lock.machine_to_itself():
        journal = Journal(folder / "journal.jsonl", conditions | {"cores": cores})
        with _bar(budget_s, journal.used_s) as tell:
            Survey(competing, journal, params.seed, params.worthwhile, params.start_method, tell).run(budget_s)
    table = answers.table(journal.stages, competing, params.worthwhile)
    failed = {sweep.error: sweep for stage in journal.stages for _, sweep in stage.sweeps if sweep.error}
    for error, sweep in failed.items():
        logging.warning("%s on %s: %s", sweep.strategy, sweep.interpreter, error)
    if table.empty:
        raise UserError("map: not even one by one could be measured; the reasons are above")
    table.to_csv(output, index=False, float_format="%.6g")
    (folder / "minutes").write_text(f"{params.minutes}\n", encoding="utf-8")
    for label, ratios in answers.checked(journal.stages).items():
        low, high = min(ratios), max(ratios)
        logging.info("%s: one by one took %.3f to %.3f times n (w + c), %d times", label, low, high, len(ratios))


@contextmanager
def _bar(budget_s: float, used_s: float) -> Iterator[Callable[[float, str], None]]:
    """A bar of the time that is used; what to tell it, and what is done."""
    shown = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} s [{elapsed}<{remaining}{postfix}]"
    used = round(min(budget_s, used_s))
    with terminal.progress(
        total=round(budget_s), initial=used, desc="map", unit="second", bar_format=shown, delay=1
    ) as bar:

        def tell(used_s: float, doing: str) -> None:
            bar.set_postfix_str(doing, refresh=False)
            bar.update(round(min(budget_s, used_s)) - bar.n)

        yield tell


if __name__ == "__main__":
    with job.running(snakemake.log[0]):
        main(snakemake)
