"""What a race loses, drawn and in words."""

from collections.abc import Sequence

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from concurrency.showing.style import BLUE, FAILED, GREY, STYLE, WIDE, title


def draw(table: pd.DataFrame, width: float = WIDE) -> Figure:
    """How many additions each variant lost, and what an addition took. `width` is in inches."""
    is_wide = width == WIDE
    inches = 1.2 + (0.4 if is_wide else 0.52) * len(table)
    rows = table.iloc[::-1]
    with rc_context(STYLE):
        figure = Figure(figsize=(width, inches if is_wide else 2 * inches), layout="constrained")
        title(figure, "Adding to a shared total" + (": read, compute, write back" if is_wide else ""))
        lost, cost = figure.subplots(*((1, 2) if is_wide else (2, 1)), sharey=True)
        names = [_variant(row, table) for _, row in rows.iterrows()]
        shares = 100 * rows["lost"] / rows["additions"]
        counts = [f"{row['lost']:,} of {row['additions']:,} lost" for _, row in rows.iterrows()]
        _bars(lost, shares, counts, [FAILED if share else BLUE for share in shares], names, is_wide)
        lost.set_xlim(0, 175)
        lost.set_xticks(range(0, 101, 25))
        lost.set_xlabel("additions lost, %")
        _bars(
            cost, rows["ns_each"], [f"{each:,.0f} ns" for each in rows["ns_each"]], [GREY] * len(rows), names, is_wide
        )
        cost.set_xlim(0, 1.3 * table["ns_each"].max())
        cost.set_xlabel("nanoseconds per addition")
    return figure


def _bars(
    axes: Axes, values: pd.Series, texts: Sequence[str], colours: Sequence[str], names: Sequence[str], is_wide: bool
) -> None:
    """A bar for each value, its text beside it; its name beside the axis or, where it is narrow, above the bar."""
    height = 0.7 if is_wide else 0.4
    for y, (value, text, colour, name) in enumerate(zip(values, texts, colours, names, strict=True)):
        axes.barh(y, value, height=height, color=colour)
        axes.annotate(text, (value, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5)
        if not is_wide:
            axes.text(0, y + 0.25, name, va="bottom", fontsize=9)
    axes.set_yticks(range(len(names)) if is_wide else [], names if is_wide else [])
    axes.set_ylim(-0.5, len(names) - (0.5 if is_wide else 0.2))
    axes.grid(visible=False)  # lines would run through the names and numbers


def _variant(row: pd.Series, table: pd.DataFrame) -> str:
    where = f" on {row['interpreter']}" if table["interpreter"].nunique() > 1 else ""
    return f"{row['variant']}{where}"


def describe(table: pd.DataFrame) -> str:
    """What the picture shows."""
    several = table["interpreter"].nunique() > 1
    threads = [_threads_lost(rows, several) for _, rows in table.groupby("interpreter", sort=False)]
    rows = table[table["interpreter"] == table["interpreter"].iloc[0]].set_index("variant")
    awaiting = rows.loc["tasks, awaiting in between"]
    return (
        f"{' '.join(threads)} Tasks lost {rows.loc['tasks', 'lost']:,} as long as they did not await in between, and "
        f"{awaiting['lost']:,} of {awaiting['additions']:,} when they did. They are no more dangerous for that: tasks "
        "switch at each such await and nowhere else, always alike; threads switch anywhere, every few milliseconds, "
        "and one that comes back overwrites all that the others did meanwhile, so that what they lose is chance."
    )


def _threads_lost(of_interpreter: pd.DataFrame, several: bool) -> str:
    rows = of_interpreter.set_index("variant")
    plain, locked = rows.loc["threads"], rows.loc["threads, with a lock"]
    gil = "with the GIL" if plain["gil"] else "without a GIL"
    where = f" ({plain['interpreter']})" if several else ""
    if plain["lost"]:
        found = f"lost {plain['lost']:,} of {plain['additions']:,} additions: another thread ran between a read and its"
        locks = "write. A lock made it right"
    else:
        found = f"lost none of {plain['additions']:,} additions this time, which is luck and no promise: another thread"
        locks = "may run between a read and its write. A lock makes that impossible"
    price = _price(locked["ns_each"] / plain["ns_each"])
    return f"{plain['workers']} threads {gil}{where} {found} {locks}{price}."


def _price(times: float) -> str:
    """Of a lock; a noisy machine may hide it."""
    return f" and an addition {times:.1f} times as long" if times >= 1.05 else "; what that costs, noise hid here"
