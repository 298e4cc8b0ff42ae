"""The tables between the steps: their columns, and reading and writing them as CSV."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

# An arm, and the samples of a block that are compared with each other.
ARM = ["workload", "strategy", "workers", "options", "interpreter", "host"]

TIMINGS = {
    "workload": "str",
    "strategy": "str",
    "workers": "Int64",
    "options": "str",
    "control": "boolean",
    "round": "Int64",
    "position": "Int64",
    "interpreter": "str",
    "host": "str",
    "cores": "Int64",
    "items": "Int64",
    "failed": "Int64",
    "setup_s": "Float64",
    "work_s": "Float64",
    "wall_s": "Float64",
    "cpu_s": "Float64",
    "max_rss_bytes": "Int64",
    "gil": "boolean",
    "steal_s": "Float64",
    "pressure_s": "Float64",
    "involuntary_switches": "Int64",
    "load": "Float64",
    "error": "str",
}

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
    "cpu_s": "Float64",
    "max_rss_bytes": "Int64",
    "best": "boolean",
}


def timings(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """A timings table from one mapping a sample; columns that a sample lacks are empty."""
    return _typed(pd.DataFrame(list(rows)), TIMINGS)


def read_timings(paths: Iterable[str | Path]) -> pd.DataFrame:
    """The timings of several files, in their order, as one table."""
    return _typed(pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths]), TIMINGS)


def read_summary(path: str | Path) -> pd.DataFrame:
    """A summary table as `write` left it."""
    return _typed(pd.read_csv(path, dtype=str, keep_default_na=False), SUMMARY)


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
