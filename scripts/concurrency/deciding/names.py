"""Arms as people say them: `asyncio with 15 in flight`, `one by one`."""

import pandas as pd

from concurrency.deciding.tables import ARM, ArmKey
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of

ONE_BY_ONE = "one by one"  # as people say `sequential`


def arm_name(workload: str, arm: ArmKey, with_interpreter: bool = False, with_workers: bool = True) -> str:
    """An arm as people say it: `asyncio with 15 in flight`, `process_pool with 2 workers (chunksize=2)`."""
    where = f" on {arm.interpreter}" if with_interpreter else ""
    if arm.strategy == BASELINE:
        return ONE_BY_ONE + where
    one, several = kind_of(workload).units_of(arm.strategy)
    options = f" ({arm.options})" if arm.options else ""
    workers = f" with {arm.workers} {one if arm.workers == 1 else several}" if with_workers else ""
    return f"{arm.strategy}{workers}{options}{where}"


def row_name(row: pd.Series, among: pd.DataFrame | None = None) -> str:
    """The name of the arm in a row of a table, with its interpreter where the rows `among` it have several."""
    several = among is not None and among["interpreter"].nunique() > 1
    return arm_name(row["workload"], ArmKey(*row[ARM]), several)
