"""The plots: they only draw what the tables say."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from concurrency.deciding.noise import kind
from concurrency.deciding.tables import ARM, BLOCK
from concurrency.deciding.words import row_name
from concurrency.measuring.arms import BASELINE, FAST
from concurrency.strategies import algorithms

# Okabe and Ito's palette, told apart by colour-blind readers; shape and text always say the same as colour.
BEST, OTHER, FAILED, SAMPLE = "#0072B2", "#555555", "#D55E00", "#999999"
SERIES = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKERS = "osD^vP*X<>"
TITLES = {
    "download": "Downloads (waiting for others)",
    FAST: "Fast downloads (the same sites at 1 ms)",
    "squares": "Sums of squares (computing)",
}
WORKERS = {"download": "requests in flight", "squares": "workers (threads or processes)"}
LINES = ["-", "--", ":", "-."]
PANELS_ABREAST = 3
LABELLED_COUNTS = 12  # as many numbers fit side by side below half a figure
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "concurrency",  # the same data gives the same file
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "legend.frameon": False,
}


def save(figure: Figure, *paths: str | Path) -> None:
    """Write `figure` to each path, in the format of its suffix, byte-identical for identical figures."""
    with matplotlib.rc_context(STYLE):
        for path in paths:
            svg = str(path).endswith(".svg")
            figure.savefig(path, dpi=150, metadata={"Date": None} if svg else {"Software": None})


def comparison(timings: pd.DataFrame, summary: pd.DataFrame, workload: str) -> Figure:
    """Every arm of `workload`: its samples and their median in seconds, and its speed-up with its interval."""
    arms = _strategies(summary, workload).iloc[::-1].reset_index(drop=True)
    samples = _strategies(timings, workload)
    samples = samples[samples["failed"].eq(0) & samples["error"].eq("") & ~samples["control"].fillna(False)]
    with matplotlib.rc_context(STYLE):
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
        figure.suptitle(TITLES[workload], fontsize=12)
        figure.supxlabel(
            "left: | one round, marker: median; right: with the 95 % interval that holds for all at once; "
            "◆ cannot be told from the fastest"
            + (
                "\nright: against one by one on the same interpreter, and □ against the fastest one by one of all"
                if _are_several(arms)
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


def workers(summary: pd.DataFrame, workload: str, cores: int) -> Figure:
    """Speed-up against the number of workers, a line a strategy, with the ideal: twice the workers, twice the speed.

    Several interpreters get a panel each, all against the fastest one by one of them all, so that panels compare.
    """
    arms = _strategies(summary, workload)
    several = _are_several(arms)
    gain = "versus_sequential" if several else "speedup"
    arms = arms[arms[gain].notna()]
    fast = arms[arms["strategy"] != BASELINE]
    shown = sorted(arms["interpreter"].unique()) if several else [""]
    across = min(len(shown), PANELS_ABREAST)
    down = math.ceil(len(shown) / across)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(10, max(_height(fast), 3.3 * down + 0.8 if several else 0)), layout="constrained")
        panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
        counts = sorted({1, *fast["workers"]})
        for axes, interpreter in zip(panels, shown, strict=False):
            own = arms[arms["interpreter"] == interpreter] if several else arms
            one_by_one = own.loc[own["strategy"] == BASELINE, gain].max() if several else 1
            if pd.notna(one_by_one):
                _one_by_one(axes, float(one_by_one), counts[-1], cores if workload == "squares" else None)
            for series in _series(fast, in_panels=several):
                if not several or series.interpreter == interpreter:
                    middle, low, high = (series.arms[gain + end].astype(float) for end in ("", "_low", "_high"))
                    axes.errorbar(series.x, middle, yerr=[middle - low, high - middle], capsize=3, **series.style)
            _workers_axis(axes, counts, workload)
        highest = fast[[gain, f"{gain}_high"]].max(axis=None)  # the ideal may go far beyond: it is cut off
        panels[0].set_ylim(0, 1.3 * max(1.0, float(highest) if pd.notna(highest) else 1.0))
        title = f"{TITLES[workload]}: how many workers?"
        if several:
            _name_panels(figure, list(panels), shown, title)
        else:
            panels[0].set_ylabel("times as fast as one by one")
            panels[0].set_title(title, fontsize=12)
            panels[0].legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def _one_by_one(axes: Axes, level: float, most: int, cores: int | None) -> None:
    """The level of one by one, and the ideal, which is a multiple of it."""
    every = np.geomspace(1, most, 200)
    ideal = level * np.minimum(every, cores or most)
    axes.plot(every, ideal, color="#000000", linestyle="--", linewidth=1, label="ideal")
    axes.axhline(level, color="#000000", linewidth=1, linestyle=":", label="one by one")


def _name_panels(figure: Figure, panels: list[Axes], interpreters: list[str], title: str) -> None:
    """One title, one key and one pair of labels for all panels; those that are left over are taken away."""
    for axes in panels[len(interpreters) :]:
        axes.set_visible(False)
    figure.suptitle(title, fontsize=12)
    figure.supxlabel(panels[0].get_xlabel(), fontsize=10)
    figure.supylabel("times as fast as the fastest one by one", fontsize=10)
    keys: dict[str, Any] = {}
    for axes, interpreter in zip(panels, interpreters, strict=False):
        axes.set_title(interpreter, fontsize=10.5)
        axes.set_xlabel("")
        handles, labels = axes.get_legend_handles_labels()
        keys |= dict(zip(labels, handles, strict=True))
    figure.legend(keys.values(), keys.keys(), loc="outside right center")


def cost(summary: pd.DataFrame, workload: str) -> Figure:
    """Peak memory and CPU time of all processes against the number of workers, a line a strategy."""
    arms = _strategies(summary, workload)
    arms = arms[arms["rounds"] > 0]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(10, _height(arms)), layout="constrained")
        panels = figure.subplots(1, 2)
        quantities = (("max_rss_bytes", 2**20, "peak memory, MiB"), ("cpu_s", 1, "CPU time, seconds"))
        for axes, (column, unit, label) in zip(panels, quantities, strict=True):
            for series in _series(arms):
                axes.plot(series.x, series.arms[column].astype(float) / unit, **series.style)
            _workers_axis(axes, sorted({1, *arms["workers"]}), workload)
            axes.set_ylim(0, 1.15 * (arms[column].max() / unit if len(arms) else 1) or 1)
            axes.set_ylabel(label)
        figure.suptitle(f"{TITLES[workload]}: what it costs", fontsize=12)
        if len(arms):
            figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
    return figure


def _height(arms: pd.DataFrame) -> float:
    """Inches that leave room for a key with a line a strategy."""
    return max(4.4, 1.2 + 0.22 * len(list(_series(arms))))


@dataclass(frozen=True)
class _Series:
    """The arms of a strategy by their workers: where they stand on the x axis, and how their line looks."""

    arms: pd.DataFrame
    interpreter: str
    x: pd.Series
    style: dict[str, Any]


def _series(arms: pd.DataFrame, in_panels: bool = False) -> Iterator[_Series]:
    """A strategy looks the same under every interpreter; `in_panels`, where the panel names it, its key does not."""
    lines = list(arms.sort_values("workers").groupby(["strategy", "options", "host", "interpreter"], sort=True))
    names = list(dict.fromkeys(name[:3] for name, _ in lines))
    interpreters = sorted(arms["interpreter"].unique()) if _are_several(arms) and not in_panels else []
    for (strategy, options, host, interpreter), line in lines:
        i = names.index((strategy, options, host))
        # arms with the same worker count stand side by side, not on top of each other, and all inside the axis
        shift = 1 + min(0.03, 0.24 / len(names)) * (i - (len(names) - 1) / 2)
        label = f"{strategy} {options}".strip() + (f" on {host}" if arms["host"].nunique() > 1 else "")
        style = {"marker": MARKERS[i % len(MARKERS)], "color": SERIES[i % len(SERIES)], "label": label}
        if interpreters:
            style["label"] += f" on {interpreter}"
            style["linestyle"] = LINES[interpreters.index(interpreter) % len(LINES)]
        yield _Series(line, interpreter, line["workers"].astype(float) * shift, style)


def _workers_axis(axes: Axes, counts: list[int], workload: str) -> None:
    axes.set_xscale("log", base=2)
    gap = math.log2(counts[-1] / counts[0]) / LABELLED_COUNTS
    labelled = [counts[-1]]
    for count in reversed(counts[:-1]):  # those too close to the next one above get no label
        if math.log2(labelled[-1] / count) >= gap:
            labelled.append(count)
    axes.set_xticks(labelled, [str(n) for n in labelled])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(counts[0] / 1.15, counts[-1] * 1.15)
    axes.set_xlabel(f"{WORKERS[workload]} (log scale)")


def _are_several(arms: pd.DataFrame) -> bool:
    """Whether arms of several interpreters are compared with each other."""
    return bool(arms["versus_sequential"].notna().any())


def _strategies(table: pd.DataFrame, workload: str) -> pd.DataFrame:
    """The rows of `workload` whose arms compete; algorithms are shown apart, in the report."""
    return table[(table["workload"] == workload) & ~table["strategy"].isin(algorithms(kind(workload)))]


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
