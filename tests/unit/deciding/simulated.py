"""Timings in which the truth is known, and what the verdict makes of them."""

import numpy as np
import pandas as pd

from concurrency.deciding import tables
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict

ONE_BY_ONE, THREADS, ASYNCIO = ("sequential", 1), ("threads", 15), ("asyncio", 15)


def table(times: dict, workload: str = "download", **more) -> pd.DataFrame:
    """Timings from {(strategy, workers): [seconds per round]}; None is a failed sample, a missing round is `...`."""
    rows = []
    for (strategy, workers), seconds in times.items():
        for number, wall in enumerate(seconds, 1):
            if wall is not ...:
                row = {"workload": workload, "strategy": strategy, "workers": workers, "round": number, "cores": 2}
                row |= {"interpreter": "CPython 3.13", "host": "here", "items": 15, "failed": 0, "control": False}
                row |= {"wall_s": wall} if wall is not None else {"failed": 15, "error": "it broke"}
                rows.append(row | more)
    return tables.timings(rows)


def around(seconds: float, rounds: int = 10, seed: int = 0, noise: float = 0.005) -> list[float]:
    return list(seconds * np.exp(np.random.default_rng([seed, rounds]).normal(0, noise, rounds)))


def answer(timings: pd.DataFrame, workload: str = "download", **options) -> dict:
    summary = summarise(timings, **options)
    return verdict(timings, summary, **options)[workload]
