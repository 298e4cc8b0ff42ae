"""What switching costs, drawn and in words."""

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from concurrency.showing.style import STYLE, WIDE, look, title

LOOKS = {"threads": look("threads"), "tasks": look("asyncio")}


def draw(table: pd.DataFrame, width: float = WIDE) -> Figure:
    """Time per switch and memory of each, against how many threads or tasks there are. `width` is in inches."""
    is_wide = width == WIDE
    with rc_context(STYLE):
        figure = Figure(figsize=(width, 3.8 if is_wide else 6.6), layout="constrained")
        title(figure, "What it costs to have many")
        panels = figure.subplots(*((1, 2) if is_wide else (2, 1)))
        for axes, column, unit, label in zip(
            panels,
            ("switch_ns", "bytes_each"),
            (1000, 1024),
            ("microseconds per switch", "KiB of memory each"),
            strict=True,
        ):
            for kind, rows in table.groupby("kind"):
                colour, marker = LOOKS[str(kind)]
                known = rows[rows[column] > 0]
                axes.plot(known["reached"], known[column] / unit, marker=marker, color=colour, label=kind)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel("how many there are (log scale)")
            axes.set_ylabel(f"{label} (log scale)")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
                axis.set_minor_formatter(NullFormatter())
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def describe(table: pd.DataFrame) -> str:
    """What the picture shows, at the largest count that both kinds reached."""
    full = table[table["reached"] == table["count"]]
    reached = full.groupby("kind")["count"].max().min()
    at = full[full["count"] == reached].set_index("kind")
    switch_us, kib = at["switch_ns"] / 1000, at["bytes_each"] / 1024
    sentences = [
        f"With {reached:,} of each, going from one thread to the next took {switch_us['threads']:.1f} µs and from one "
        f"task to the next {switch_us['tasks']:.1f} µs; a waiting thread took {kib['threads']:.1f} KiB of memory and a "
        f"waiting task {kib['tasks']:.1f} KiB."
    ]
    for _, row in table[table["limit"].fillna("") != ""].iterrows():
        sentences.append(f"{row['count']:,} {row['kind']}: the machine stopped at {row['reached']:,} ({row['limit']}).")
    return " ".join(sentences)
