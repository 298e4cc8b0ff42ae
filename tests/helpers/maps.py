"""A table of the map, as a survey would have brought it."""

from collections.abc import Callable

import pandas as pd

from concurrency.mapping import grid
from concurrency.mapping.answers import COLUMNS
from concurrency.mapping.contestants import ITEMS
from concurrency.mapping.grid import Place

STRATEGIES = {"sequential": 1, "threads": 16, "asyncio": 16, "process_pool": 2, "processes_asyncio": 16}


def by_the_rule(place: Place) -> str:
    """What the rule of thumb says, and one by one where there is next to nothing to do."""
    if ITEMS * (place.waits_s + place.computes_s) < 0.002:
        return "sequential"
    if place.waits_s <= place.computes_s:
        return "process_pool"
    return "asyncio" if place.waits_s >= 0.01 else "threads"


def table(
    best: Callable[[Place], str] = by_the_rule, labels: tuple[str, ...] = ("CPython 3.13.0",), step: int = 2
) -> pd.DataFrame:
    """One on which `best` says what is recommended at each place of a lattice."""
    rows = [
        {
            "interpreter": label, "waits_ms": 1000 * place.waits_s, "computes_ms": 1000 * place.computes_s,
            "waiting": place.waiting, "computing": place.computing, "strategy": name, "workers": workers,
            "how": "measured", "rounds": 10, "setup_s": 0.0, "median_s": 1.0,
            "gain": (1.0 if name == "sequential" else 1.5 + 0.5 * place.waiting) * (1 if name == best(place) else 0.5),
            "gain_low": 1.0, "gain_high": 1.0,
            "best": name == best(place), "recommended": name == best(place), "clear": place.waiting < 14,
        }
        for label in labels
        for place in grid.lattice(step)
        for name, workers in STRATEGIES.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
