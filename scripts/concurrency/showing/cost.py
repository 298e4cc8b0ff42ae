"""The plot `cost`: memory and CPU time against the number of workers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from concurrency.deciding.scaling import CURVE, counted
from concurrency.showing.lines import competing, height, lines, workers_axis
from concurrency.showing.style import STYLE
from concurrency.workloads.known import kind_of

QUANTITIES = (("max_rss_bytes", 2**20, "peak memory, MiB"), ("cpu_s", 1, "CPU time, seconds"))


def draw(
    timings: pd.DataFrame, summary: pd.DataFrame, workload: str, answer: Mapping[str, Any] = MappingProxyType({})
) -> Figure:
    """Peak memory and CPU time of all processes against the number of workers, a line per strategy.

    Medians of all good samples, those of screening, too.
    """
    samples = competing(counted(timings), workload).astype({column: float for column, _, _ in QUANTITIES})
    arms = samples.groupby([*CURVE, "workers"], sort=True)[[column for column, _, _ in QUANTITIES]].median()
    arms = arms.reset_index()
    with rc_context(STYLE):
        figure = Figure(figsize=(10, height(arms)), layout="constrained")
        panels = figure.subplots(1, 2)
        for axes, (column, unit, label) in zip(panels, QUANTITIES, strict=True):
            for line in lines(arms):
                axes.plot(line.workers, line.arms[column] / unit, **line.style)
            workers_axis(axes, sorted({1, *arms["workers"]}), workload, arms)
            most = arms[column].max() / unit
            axes.set_ylim(0, 1.15 * most if most > 0 else 1)
            axes.set_ylabel(label)
        figure.suptitle(f"{kind_of(workload).title}: what it costs", fontsize=12)
        if len(arms):
            figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
    return figure
