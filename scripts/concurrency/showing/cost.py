"""The plot `cost`: memory and CPU time against the number of workers."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from concurrency.deciding.scaling import CURVE, counted
from concurrency.showing.lines import LABELLED_COUNTS, competing, lines, workers_axis
from concurrency.showing.style import STYLE, WIDE, subject, title

QUANTITIES = (("max_rss_bytes", 2**20, "peak memory, MiB"), ("cpu_s", 1, "CPU time, seconds"))


def draw(
    timings: pd.DataFrame,
    summary: pd.DataFrame,
    workload: str,
    answer: Mapping[str, Any] = MappingProxyType({}),
    width: float = WIDE,
) -> Figure:
    """Peak memory and CPU time of all processes against the number of workers, a line per strategy.

    Medians of all good samples, those of screening, too. `width` is in inches.
    """
    samples = competing(counted(timings), workload).astype({column: float for column, _, _ in QUANTITIES})
    arms = samples.groupby([*CURVE, "workers"], sort=True)[[column for column, _, _ in QUANTITIES]].median()
    arms = arms.reset_index()
    is_wide = width == WIDE
    drawn, columns = list(lines(arms)), 3 if is_wide else 1
    inches = (3.4 if is_wide else 5.6) + 0.22 * math.ceil(len(drawn) / columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(width, inches), layout="constrained")
        title(figure, f"{subject(workload)}: what it costs")
        panels = figure.subplots(*((1, 2) if is_wide else (2, 1)))
        for axes, (column, unit, label) in zip(panels, QUANTITIES, strict=True):
            for line in drawn:
                axes.plot(line.workers, line.arms[column] / unit, **line.style)
            workers_axis(
                axes,
                sorted({1, *arms["workers"]}),
                workload,
                arms,
                LABELLED_COUNTS if is_wide else LABELLED_COUNTS // 2,
            )
            most = arms[column].max() / unit
            axes.set_ylim(0, 1.15 * most if most > 0 else 1)
            axes.set_ylabel(label)
        if drawn:
            figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=columns, fontsize=9)
    return figure
