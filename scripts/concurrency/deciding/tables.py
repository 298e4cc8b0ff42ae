"""The tables between the steps: their columns, and reading and writing them as CSV."""

from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from concurrency.errors import UserError


class ArmKey(NamedTuple):
    """What tells an arm from the others of its block; pandas takes it as the key of a group or a column."""

    strategy: str
    workers: int
    options: str
    interpreter: str


BLOCK = ["workload", "host"]  # of a block of samples, whose arms are compared with each other
ARM = list(ArmKey._fields)  # the columns that tell an arm

TIMINGS = {
    "workload": "str",
    "strategy": "str",
    "workers": "Int64",
    "options": "str",
    "control": "boolean",
    "warm_up": "boolean",
    "screening": "boolean",
    "round": "Int64",
    "position": "Int64",
    "interpreter": "str",
    "host": "str",
    "node": "str",
    "cores": "Int64",
    "items": "Int64",
    "failed": "Int64",
    "bound": "str",
    "minimum_s": "Float64",
    "limit": "str",
    "recording_sd": "Float64",
    "known_in_flight": "Int64",
    "setup_s": "Float64",
    "work_s": "Float64",
    "wall_s": "Float64",
    "cpu_s": "Float64",
    "max_rss_bytes": "Int64",
    "gil": "boolean",
    "python": "str",
    "steal_s": "Float64",
    "pressure_s": "Float64",
    "involuntary_switches": "Int64",
    "load": "Float64",
    "cpu_mhz": "Float64",
    "error": "str",
}

NEEDED = ("workload", "strategy", "workers", "round", "failed", "wall_s")  # without which a table is no timings table

SUMMARY = {
    "workload": "str",
    "strategy": "str",
    "workers": "Int64",
    "options": "str",
    "interpreter": "str",
    "host": "str",
    "rounds": "Int64",
    "failed": "Int64",
    "median_s": "Float64",
    "speedup": "Float64",
    "speedup_low": "Float64",
    "speedup_high": "Float64",
    "efficiency": "Float64",
    "versus_sequential": "Float64",
    "versus_sequential_low": "Float64",
    "versus_sequential_high": "Float64",
    "cpu_s": "Float64",
    "max_rss_bytes": "Int64",
    "versus_best": "Float64",
    "versus_best_low": "Float64",
    "versus_best_high": "Float64",
    "best": "boolean",
    "flags": "str",
}

SCALING = {
    "workload": "str",
    "host": "str",
    "strategy": "str",
    "options": "str",
    "interpreter": "str",
    "rungs": "Int64",
    "law": "str",
    "items_per_s": "Float64",
    "contention": "Float64",
    "contention_low": "Float64",
    "contention_high": "Float64",
    "coherence": "Float64",
    "coherence_low": "Float64",
    "coherence_high": "Float64",
    "cap_items_per_s": "Float64",
    "knee": "Float64",
    "serial": "Float64",
    "serial_low": "Float64",
    "serial_high": "Float64",
    "residual": "Float64",
    "limit": "str",
}

CLAIMS = {
    "claim": "str",
    "workload": "str",
    "case": "str",
    "answer": "str",
    "ratio": "Float64",
    "ratio_low": "Float64",
    "ratio_high": "Float64",
    "figures": "str",
}


def effect_columns(name: str) -> tuple[str, str, str]:
    """The columns with the effect `name` (a ratio, or a share) and the bounds of its interval."""
    return name, f"{name}_low", f"{name}_high"


def as_timings(table: pd.DataFrame) -> pd.DataFrame:
    """`table` with exactly the columns of timings.csv and their types; columns that it lacks are empty."""
    return _typed(table, TIMINGS)


def timings(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A timings table from one mapping per sample; columns that a sample lacks are empty."""
    return _typed(pd.DataFrame(list(rows)), TIMINGS)


def read_timings(paths: Iterable[str | Path]) -> pd.DataFrame:
    """The timings of several files, in their order, as one table."""
    return _typed(pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths]), TIMINGS)


def read_extra(path: str | Path, hosts: Set[str]) -> pd.DataFrame:
    """The timings of a campaign measured elsewhere.

    Its rounds must not be paired with those of `hosts`: where its host is unnamed or one of them, the file's name tells
    it apart, or else its path. Raises UserError naming the file where it is no table of timings.
    """
    path = Path(path)
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        missing = [column for column in NEEDED if column not in table]
        extra = _typed(table, TIMINGS)
    except (OSError, ValueError) as error:  # pandas' parsing errors are ValueErrors
        raise UserError(f"extra_timings: {path}: cannot be read as a table of timings: {error}") from error
    if missing:
        raise UserError(f"extra_timings: {path}: no column {', '.join(missing)}; give a timings.csv of this workflow")
    extra["host"] = extra["host"].map({host: _distinct(host, path, hosts) for host in set(extra["host"])})
    return extra


def _distinct(host: str, path: Path, hosts: Set[str]) -> str:
    """A name for `host` that none of `hosts` has."""
    if host and host not in hosts:
        return host
    for name in (path.stem, path.with_suffix("").as_posix()):
        distinct = f"{host} ({name})" if host else name
        if distinct not in hosts:
            break
    return distinct


def read_summary(path: str | Path) -> pd.DataFrame:
    """A summary table as `write` left it."""
    return _typed(pd.read_csv(path, dtype=str, keep_default_na=False), SUMMARY)


def read_scaling(path: str | Path) -> pd.DataFrame:
    """A table of scaling as `write` left it."""
    return _typed(pd.read_csv(path, dtype=str, keep_default_na=False), SCALING)


def read_claims(path: str | Path) -> pd.DataFrame:
    """A table of claims as `write` left it."""
    return _typed(pd.read_csv(path, dtype=str, keep_default_na=False), CLAIMS)


def write(table: pd.DataFrame, path: str | Path) -> None:
    """Write `table` as CSV; numbers keep six significant digits, which is finer than any clock here."""
    table.to_csv(path, index=False, float_format="%.6g")


def _typed(table: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    table = table.reindex(columns=list(columns)).reset_index(drop=True)
    for column, kind in columns.items():
        if kind == "str":
            table[column] = table[column].astype(object).where(table[column].notna(), "").astype(str)
        elif kind == "boolean":
            table[column] = (
                table[column].map({"True": True, "False": False, True: True, False: False}).astype("boolean")
            )
        else:
            table[column] = pd.to_numeric(table[column].replace("", None)).astype(kind)
    return table
