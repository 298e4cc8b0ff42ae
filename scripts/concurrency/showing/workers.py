"""The plot `workers`: speed-up against the number of workers, beside the ideal."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from concurrency.showing.lines import competing, height, lines, several_interpreters, workers_axis
from concurrency.showing.style import STYLE
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of

PANELS_ABREAST = 3


def draw(timings: pd.DataFrame, summary: pd.DataFrame, workload: str) -> Figure:
    """Speed-up against the number of workers, a line per strategy, with the ideal: twice the workers, twice the speed.

    Several interpreters get a panel each, all against the fastest one by one of them all, so that panels compare.
    """
    cores = int(timings["cores"].max())
    bound = next(filter(None, timings.loc[timings["workload"] == workload, "bound"]), kind_of(workload).bound)
    arms = competing(summary, workload)
    several = several_interpreters(arms)
    gain = "versus_sequential" if several else "speedup"
    arms = arms[arms[gain].notna()]
    fast = arms[arms["strategy"] != BASELINE]
    shown = sorted(arms["interpreter"].unique()) if several else [""]
    across = min(len(shown), PANELS_ABREAST)
    down = math.ceil(len(shown) / across)
    with rc_context(STYLE):
        figure = Figure(figsize=(10, max(height(fast), 3.3 * down + 0.8 if several else 0)), layout="constrained")
        panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False).ravel()
        counts = sorted({1, *fast["workers"]})
        for axes, interpreter in zip(panels, shown, strict=False):
            own = arms[arms["interpreter"] == interpreter] if several else arms
            one_by_one = own.loc[own["strategy"] == BASELINE, gain].max() if several else 1
            if pd.notna(one_by_one):
                _one_by_one(axes, float(one_by_one), counts[-1], cores if bound == "cpu" else None)
            for line in lines(fast, in_panels=several):
                if not several or line.interpreter == interpreter:
                    middle, low, high = (line.arms[gain + end].astype(float) for end in ("", "_low", "_high"))
                    axes.errorbar(line.x, middle, yerr=[middle - low, high - middle], capsize=3, **line.style)
            workers_axis(axes, counts, workload, fast)
        highest = fast[[gain, f"{gain}_high"]].max(axis=None)  # the ideal may go far beyond: it is cut off
        panels[0].set_ylim(0, 1.3 * max(1.0, float(highest) if pd.notna(highest) else 1.0))
        title = f"{kind_of(workload).title}: how many workers?"
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
