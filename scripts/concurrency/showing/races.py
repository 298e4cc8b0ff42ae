"""What a race loses, drawn and in words."""

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from concurrency.showing.style import BEST, FAILED, OTHER, STYLE


def draw(table: pd.DataFrame) -> Figure:
    """How many additions each variant lost, and what an addition took."""
    with rc_context(STYLE):
        figure = Figure(figsize=(10, 1.4 + 0.45 * len(table)), layout="constrained")
        lost, cost = figure.subplots(1, 2, sharey=True)
        for y, (_, row) in enumerate(table.iloc[::-1].iterrows()):
            share = 100 * row["lost"] / row["additions"]
            lost.barh(y, share, color=FAILED if row["lost"] else BEST)
            text = f"{row['lost']:,} of {row['additions']:,} lost"
            lost.annotate(text, (share, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5)
            cost.barh(y, row["ns_each"], color=OTHER)
            text = f"{row['ns_each']:,.0f} ns"
            cost.annotate(
                text, (row["ns_each"], y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5
            )
        lost.set_yticks(range(len(table)), [_variant(row, table) for _, row in table.iloc[::-1].iterrows()])
        lost.set_xlim(0, 150)
        lost.set_xticks(range(0, 101, 25))
        lost.set_xlabel("additions lost, %")
        cost.set_xlim(0, 1.25 * table["ns_each"].max())
        cost.set_xlabel("nanoseconds per addition")
        figure.suptitle("Adding to a shared total: read, compute, write back", fontsize=12)
    return figure


def _variant(row: pd.Series, table: pd.DataFrame) -> str:
    where = f" on {row['interpreter']}" if table["interpreter"].nunique() > 1 else ""
    return f"{row['variant']}{where}"


def describe(table: pd.DataFrame) -> str:
    """What the picture shows."""
    several = table["interpreter"].nunique() > 1
    threads = [_threads_lost(rows, several) for _, rows in table.groupby("interpreter", sort=False)]
    rows = table[table["interpreter"] == table["interpreter"].iloc[0]].set_index("variant")
    return (
        f"{' '.join(threads)} Tasks lost {rows.loc['tasks', 'lost']:,} as long as they did not await in between, and "
        f"{rows.loc['tasks, awaiting in between', 'lost']:,} of "
        f"{rows.loc['tasks, awaiting in between', 'additions']:,} when they did."
    )


def _threads_lost(of_interpreter: pd.DataFrame, several: bool) -> str:
    rows = of_interpreter.set_index("variant")
    plain, locked = rows.loc["threads"], rows.loc["threads, with a lock"]
    gil = "with the GIL" if plain["gil"] else "without a GIL"
    where = f" ({plain['interpreter']})" if several else ""
    found = (
        f"lost {plain['lost']:,} of {plain['additions']:,} additions"
        if plain["lost"]
        else f"lost none of {plain['additions']:,} additions this time, which is luck and no promise"
    )
    return (
        f"{plain['workers']} threads {gil}{where} {found}: another thread ran between a read and its write. "
        f"A lock made it right and an addition {locked['ns_each'] / plain['ns_each']:.1f} times as long."
    )
