"""Another campaign that this one is to be compared with: where its table is, and of which works; found without pandas,
which takes long to import."""

import csv
from collections.abc import Sequence
from pathlib import Path

from concurrency.errors import UserError

TABLE = Path("tables/timings.csv")
COMMAND = "snakemake compare_with --config other=path/to/results"


def find(given: str, place: str) -> Path:
    """The timings.csv that `given` is, or that lies in it: a results/ folder, or the folder that has one."""
    path = Path(given).expanduser()
    tables = [path] if path.is_file() else [path / TABLE, path / "results" / TABLE]
    for table in tables:
        if table.is_file():
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
    if own.exists() and own.samefile(other):
        raise UserError(f"{place}: {other} is this run's own; give the results of another one")
    measured, here = _works(other, place), _works(own, place) if own.exists() else configured
    both = [work for work in here if work in measured]
    if not both:
        raise UserError(
            f"{place}: no work in common: there {' and '.join(measured) or 'nothing'} was measured, here "
            f"{' and '.join(here) or 'nothing'}; name works alike to compare them"
        )
    return sorted(both)


def _works(table: Path, place: str) -> list[str]:
    try:
        with open(table, encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            known = {"workload", "strategy", "workers", "round", "failed", "wall_s"} <= set(rows.fieldnames or ())
            works = list(dict.fromkeys(str(row["workload"]) for row in rows)) if known else []
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{place}: {table}: cannot be read as a table of timings: {error}") from error
    if not known:
        raise UserError(f"{place}: {table} is no timings.csv of this workflow; give one, or the results/ it lies in")
    return [work for work in works if work.isidentifier()]
