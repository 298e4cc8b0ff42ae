"""Timings as a campaign would bring them, and the verdict on them."""

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


def answer(timings: pd.DataFrame, workload: str = "download", **options) -> dict:
    summary = summarise(timings, **options)
    return verdict(timings, summary, **options)[workload]


def around(seconds: float, rounds: int = 10, seed: int = 0, noise: float = 0.005) -> list[float]:
    return list(seconds * np.exp(np.random.default_rng([seed, rounds]).normal(0, noise, rounds)))


def campaign(workload, arms, rounds=6, error=""):
    """Timings in which arm i takes (1 + i) tenths of a second, give or take a hair."""
    return tables.timings(
        {
            "workload": workload,
            "strategy": strategy,
            "workers": workers,
            "options": "",
            "control": False,
            "round": number,
            "position": i + 1,
            "interpreter": "CPython 3.13.0",
            "host": "here",
            "cores": 4,
            "items": 4,
            "failed": 4 if error else 0,
            "wall_s": None if error else (0.1 + 0.1 * i) * (1 + 0.01 * ((number * 7 + i * 3) % 5)),
            "cpu_s": 0.1,
            "max_rss_bytes": 10**7,
            "error": error,
        }
        for number in range(1, rounds + 1)
        for i, (strategy, workers) in enumerate(arms)
    )


GIL, FREE = "CPython 3.14.2", "CPython 3.14.2t"
COSTS = {"cpu_s": 1.0, "max_rss_bytes": 10**7}
TWO_THREADS, SUBINTERPRETERS = ("threads", 2), ("interpreter_pool", 2)


def two_pythons():
    """The free-threaded build is a tenth slower one by one, and twice as fast with threads."""
    with_gil = {ONE_BY_ONE: around(1.0), TWO_THREADS: around(1.02, seed=1), SUBINTERPRETERS: around(0.7, seed=2)}
    without = {ONE_BY_ONE: around(1.1, seed=3), TWO_THREADS: around(0.56, seed=4)}
    return pd.concat(
        [
            table(with_gil, "squares", interpreter=GIL, gil=True, python="3.14.2 (main) [GCC 14]", **COSTS),
            table(
                without,
                "squares",
                interpreter=FREE,
                gil=False,
                python="3.14.2 free-threading build (main) [GCC 14]",
                **COSTS,
            ),
        ]
    )


def ladder(strategies, counts=(1, 2, 4, 8, 16, 32), workload="download", rounds=2, noise=0.01, **more):
    """Timings of screening: one by one (2 s), and each strategy with every one of `counts` of workers, about as many
    seconds as its function of that count says."""
    cells = {(strategy, workers): seconds for strategy, seconds in strategies.items() for workers in counts}
    times = {ONE_BY_ONE: around(2.0, rounds, noise=noise)}
    times |= {
        (strategy, workers): around(seconds(workers), rounds, seed, noise)
        for seed, ((strategy, workers), seconds) in enumerate(cells.items(), 1)
    }
    return table(times, workload, **{"screening": True, "cores": 4, **COSTS, **more})
