"""The plot `cost`: memory and CPU time against the number of workers."""

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from concurrency.showing.lines import competing, height, lines, workers_axis
from concurrency.showing.style import STYLE
from concurrency.workloads.known import kind_of


def draw(timings: pd.DataFrame, summary: pd.DataFrame, workload: str) -> Figure:
    """Peak memory and CPU time of all processes against the number of workers, a line per strategy."""
    arms = competing(summary, workload)
    arms = arms[arms["rounds"] > 0]
    with rc_context(STYLE):
        figure = Figure(figsize=(10, height(arms)), layout="constrained")
        panels = figure.subplots(1, 2)
        quantities = (("max_rss_bytes", 2**20, "peak memory, MiB"), ("cpu_s", 1, "CPU time, seconds"))
        for axes, (column, unit, label) in zip(panels, quantities, strict=True):
            for line in lines(arms):
                axes.plot(line.x, line.arms[column].astype(float) / unit, **line.style)
            workers_axis(axes, sorted({1, *arms["workers"]}), workload, arms)
            axes.set_ylim(0, 1.15 * (arms[column].max() / unit if len(arms) else 1) or 1)
            axes.set_ylabel(label)
        figure.suptitle(f"{kind_of(workload).title}: what it costs", fontsize=12)
        if len(arms):
            figure.legend(*panels[0].get_legend_handles_labels(), loc="outside right center")
    return figure
