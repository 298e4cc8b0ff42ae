"""Another campaign that this one is to be compared with: where its table is, and of which works; found without pandas,
which takes long to import."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from concurrency.errors import UserError
from concurrency.files import read_text
from concurrency.running import paths
from concurrency.workloads import rows

NEEDED = {"workload", "strategy", "workers", "round", "failed", "wall_s"}
COUNT, SECONDS = r"[1-9][0-9]{0,8}(\.0)?", r"[0-9]*\.?[0-9]+(e[-+]?[0-9]{1,2})?"
NUMBERS = {"workers": COUNT, "round": COUNT, "wall_s": f"({SECONDS})?"}  # what failed may have taken no time
TABLE = Path("tables/timings.csv")
COMMAND = "snakemake compare_with --config other=path/to/results"


def find(given: str, place: str) -> Path:
    """The timings.csv that `given` is, or that lies in it: a results/ folder, or the folder that has one."""
    path = Path(os.path.expanduser(given))  # noqa: PTH111  (of nobody's `~name`, a Path makes an error)
    for table in (path, path / TABLE, path / "results" / TABLE):
        if paths.is_file(table, place):
            return table
    if not path.exists():
        raise UserError(f"{place}: there is no folder {given}; looked in {Path().resolve()}: {COMMAND}")
    raise UserError(f"{place}: {given} has neither {TABLE} nor {'results' / TABLE}; give the results of another run")


def folder(table: Path) -> str:
    """What it is called where people read it: the folder with its tables, if it lies in one."""
    return str(table).removesuffix(f"/{TABLE}")


def works_in_both(other: Path, own: Path, configured: Sequence[str], place: str) -> list[str]:
    """By name, the works that the table `other` has and the table `own`, too, or where that is not there yet, those
    that are configured.

    Raises UserError where there are none, and where both tables are the same.
    """
    check_is_another(other, own, place)
    measured, here = _works(other, place), _works(own, place) if own.exists() else configured
    both = [work for work in here if work in measured]
    if not both:
        raise UserError(
            f"{place}: no work in common: there {' and '.join(measured) or 'nothing'} was measured, here "
            f"{' and '.join(here) or 'nothing'}; name works alike to compare them"
        )
    return sorted(both)


def check_is_another(table: Path, own: Path, place: str) -> None:
    """Raises UserError where `table` is the one that this run writes."""
    if own.exists() and own.samefile(table):
        raise UserError(f"{place}: {table} is this run's own; give the results of another one")


def check(table: Path, place: str) -> None:
    """Raises UserError (starting with `place`) where `table` is no table of timings."""
    for _ in _samples(table, place):
        pass


def _works(table: Path, place: str) -> list[str]:
    works = dict.fromkeys(row["workload"] for row in _samples(table, place))
    return [work for work in works if work.isidentifier()]


def _samples(table: Path, place: str) -> Iterator[dict[str, str]]:
    try:
        columns, samples = rows.read(read_text(table), table, divides=",")
        if not set(columns) >= NEEDED:
            raise UserError(f"{table} is no timings.csv of this workflow; give one, or the results/ it lies in")
        for line, row in samples:
            for column, form in NUMBERS.items():
                if not re.fullmatch(form, row[column]):
                    raise UserError(f"{table}: line {line}: {column}: {rows.shown(row[column])} is no number such as 3")
            yield row
    except UserError as error:
        raise UserError(f"{place}: {error}") from error
