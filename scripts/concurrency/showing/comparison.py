"""The plot `comparison`: every arm of a workload, its times and its speed-up."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from concurrency.deciding.blocks import are_good
from concurrency.deciding.names import row_name
from concurrency.deciding.tables import ARM, BLOCK
from concurrency.showing.lines import competing, several_interpreters
from concurrency.showing.style import BEST, FAILED, OTHER, SAMPLE, STYLE
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of


def draw(
    timings: pd.DataFrame, summary: pd.DataFrame, workload: str, answer: Mapping[str, Any] = MappingProxyType({})
) -> Figure:
    """Every arm of `workload`: its samples and their median in seconds, and its speed-up with its interval."""
    arms = competing(summary, workload).iloc[::-1].reset_index(drop=True)
    samples = competing(timings[are_good(timings)], workload)
    samples = samples[~samples["control"].fillna(False) & ~samples["screening"].fillna(False)]
    with rc_context(STYLE):
        figure = Figure(figsize=(10, 1.7 + 0.42 * max(len(arms), 2)), layout="constrained")
        times, ratios = figure.subplots(1, 2, sharey=True)
        for y, arm in arms.iterrows():
            colour = BEST if arm["best"] else OTHER
            if arm["rounds"] == 0:
                times.text(
                    0.5, y, "failed", color=FAILED, ha="center", va="center", transform=times.get_yaxis_transform()
                )
                continue
            own = samples[(samples[[*BLOCK, *ARM]] == arm[[*BLOCK, *ARM]]).all(axis="columns")]["wall_s"].astype(float)
            times.plot(own, [y] * len(own), "|", color=SAMPLE, markersize=9)
            times.plot(float(arm["median_s"]), y, "D" if arm["best"] else "o", color=colour, markersize=6)
            if pd.notna(arm["speedup"]):
                _speedup_bar(ratios, y, arm, colour)
            if pd.notna(arm["versus_sequential"]):
                ratios.plot(float(arm["versus_sequential"]), y, "s", color=colour, markerfacecolor="none", markersize=5)
        times.set_yticks(range(len(arms)), [_label(arm, arms) for _, arm in arms.iterrows()])
        times.set_ylim(-0.6, len(arms) - 0.4)
        times.set_xlabel("seconds")
        _from_zero_or_log(times, samples["wall_s"])
        ratios.axvline(1, color="#000000", linewidth=1, linestyle=":")
        ratios.set_xlabel("times as fast as one by one")
        bounds = ["speedup_low", "speedup_high", "speedup", "versus_sequential"]
        _from_zero_or_log(ratios, pd.concat([arms[bound] for bound in bounds]))
        figure.suptitle(kind_of(workload).title, fontsize=12)
        figure.supxlabel(
            "left: | one round, marker: median; right: with the 95 % interval that holds for all at once; "
            "◆ cannot be told from the fastest"
            + (
                "\nright: against one by one on the same interpreter, and □ against the fastest one by one of all"
                if several_interpreters(arms)
                else ""
            ),
            fontsize=8.5,
            color=OTHER,
        )
    return figure


def _speedup_bar(axes: Axes, y: int, arm: pd.Series, colour: str) -> None:
    if pd.notna(arm["speedup_low"]):
        axes.hlines(y, arm["speedup_low"], arm["speedup_high"], color=colour, linewidth=2.5)
    ratio = float(arm["speedup"])
    axes.plot(ratio, y, "D" if arm["best"] else "o", color=colour, markersize=6)
    if arm["strategy"] != BASELINE:
        axes.annotate(f"{ratio:.3g}×", (ratio, y), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=8.5)


def _label(arm: pd.Series, arms: pd.DataFrame) -> str:
    host = f" on {arm['host']}" if arms["host"].nunique() > 1 else ""
    return row_name(arm, arms) + host + (f"\n{arm['failed']} failed" if arm["failed"] else "")


def _from_zero_or_log(axes: Axes, values: pd.Series) -> None:
    """A linear axis from zero; where values span more than a decade, a log axis that says so."""
    known = values.dropna().astype(float)
    if len(known) and known.min() > 0 and known.max() / known.min() > 10:
        axes.set_xscale("log")
        axes.set_xlabel(axes.get_xlabel() + ", log scale")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_xlim(left=0)
        axes.xaxis.set_major_locator(MaxNLocator(6))
