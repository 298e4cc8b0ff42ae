"""The plot `comparison`: every arm of a workload in one sorted chart of its times."""

from collections.abc import Mapping
from textwrap import wrap
from types import MappingProxyType
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from concurrency.deciding.blocks import are_good
from concurrency.deciding.inference import WORTHWHILE, Effect
from concurrency.deciding.names import row_name
from concurrency.deciding.tables import ARM, BLOCK, effect_columns
from concurrency.deciding.words import number, percent, with_interval
from concurrency.showing.lines import competing, several_interpreters
from concurrency.showing.style import DIM, GRID, INK, STYLE, WIDE, look, title
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of

BAR_INCHES, LINE_INCHES, GAP_INCHES = 0.17, 0.165, 0.09  # of a row: its bar, each line of words above, and below
AROUND_INCHES = {True: 1.5, False: 2.2}  # of title, axis and key, by whether it is wide
LETTERS = 52  # that find room in a line above a bar
FLOOR = (0, (4, 2))
FAR = 12.0  # times as long as another: on a linear axis, the short bar could not be seen


def draw(
    timings: pd.DataFrame,
    summary: pd.DataFrame,
    workload: str,
    answer: Mapping[str, Any] = MappingProxyType({}),
    width: float = WIDE,
) -> Figure:
    """Every arm of `workload`, the fastest first: a bar to its median time, of which set-up is hatched, with a tick for
    each round, and in words what it gains over one by one.

    With what the `answer` (of verdict.json) tells: the time that nothing can beat, and within how much of the fastest
    a difference is worth nothing. `width` is in inches.
    """
    arms = competing(summary, workload).sort_values("median_s", kind="stable", na_position="last")
    arms = arms.reset_index(drop=True)
    samples = competing(timings[are_good(timings)], workload)
    samples = samples[~samples["control"].fillna(False) & ~samples["screening"].fillna(False)]
    is_wide = width == WIDE
    said = [(_name(arm, arms), _gain(arm, arms)) for _, arm in arms.iterrows()]
    lines = 0 if is_wide else max((len(_stacked(*texts)) for texts in said), default=1)
    row_inches = BAR_INCHES + LINE_INCHES * (lines or 0.5) + GAP_INCHES
    half = BAR_INCHES / 2 / row_inches  # of a bar's height, in rows
    above = half + LINE_INCHES * lines / row_inches
    with rc_context(STYLE | {"hatch.linewidth": 0.7}):
        figure = Figure(figsize=(width, AROUND_INCHES[is_wide] + row_inches * max(len(arms), 2)), layout="constrained")
        title(figure, kind_of(workload).title)
        axes = figure.subplots()
        axes.set_ylim(len(arms) - 1 + half + 0.2, -above - 0.2)
        _seconds(axes, samples["wall_s"])
        keys = _bounds(axes, arms, answer, None if is_wide else half)
        for y, arm in arms.iterrows():
            own = samples[(samples[[*BLOCK, *ARM]] == arm[[*BLOCK, *ARM]]).all(axis="columns")]
            _bar(axes, float(y), arm, own, half)
            name, gain = said[y]
            _say(axes, float(y) if is_wide else y - 1.3 * half, name, gain, _is(arm, answer), is_wide)
        axes.set_yticks([])
        axes.spines["left"].set_visible(is_wide)
        axes.grid(axis="y", visible=False)
        axes.grid(axis="x", visible=is_wide)  # where names stand between the bars, lines would run through them
        keys = [
            Line2D([], [], color=INK, marker="|", linestyle="", markersize=9, label="one round"),
            Line2D([], [], color=DIM, marker="o", linestyle="", label="median"),
            Patch(facecolor="none", edgecolor=DIM, hatch="/////", linewidth=0, label="set-up: starting workers"),
            *keys,
            Line2D([], [], linestyle="", label="bold: recommended; ◆ cannot be told from the fastest"),
        ]
        figure.legend(handles=keys, loc="outside lower center", ncols=3 if is_wide else 1, fontsize=9)
    return figure


def _bar(axes: Axes, y: float, arm: pd.Series, own: pd.DataFrame, half: float) -> None:
    if arm["rounds"] == 0:
        return
    colour, marker = look(arm["strategy"])
    median_s = float(arm["median_s"])
    setup_s = float(own["setup_s"].fillna(0).astype(float).median())
    is_log = axes.get_xscale() == "log"
    start = axes.get_xlim()[0] if is_log else 0.0
    axes.barh(
        y,
        median_s - setup_s - start,
        left=start,
        height=2 * half,
        color=colour,
        alpha=0.2 if is_log else 0.4,
        linewidth=0,
    )
    axes.barh(
        y, setup_s, left=median_s - setup_s, height=2 * half, color="none", edgecolor=colour, hatch="/////", linewidth=0
    )
    axes.vlines(own["wall_s"].astype(float), y - half, y + half, color=INK, linewidth=0.8, alpha=0.45)
    axes.plot(median_s, y, marker, color=colour, markersize=6.5, markeredgecolor=INK, markeredgewidth=0.5)


def _is(arm: pd.Series, answer: Mapping[str, Any]) -> bool:
    """Whether it is the recommended one, of its host."""
    own = answer.get("hosts", {}).get(arm["host"], answer)
    return all(own.get(name) == arm[name] for name in ("host", *ARM))


def _say(axes: Axes, y: float, name: str, gain: str, is_recommended: bool, is_wide: bool) -> None:
    """Its name and what it gains: left and right of the bar or, where it is narrow, above it."""
    how: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": 9.5 if is_wide else 9}
    bold: dict[str, Any] = {"weight": "bold" if is_recommended else "normal"}
    if is_wide:
        axes.text(-0.012, y, name, ha="right", va="center", **how, **bold)
        axes.text(1.012, y, gain, ha="left", va="center", **how)
    elif len(lines := _stacked(name, gain)) == 1:
        axes.text(0, y, name, ha="left", va="bottom", **how, **bold)
        axes.text(1, y, gain, ha="right", va="bottom", **how)
    else:
        axes.text(0, y, "\n".join(lines), ha="left", va="bottom", linespacing=1.05, **how, **bold)


def _stacked(name: str, gain: str) -> list[str]:
    """The lines above a bar, where it is narrow; one, if both find room in it."""
    return [name] if len(name) + len(gain) < LETTERS - 2 else [*wrap(name, LETTERS), gain]


def _name(arm: pd.Series, arms: pd.DataFrame) -> str:
    host = f" on {arm['host']}" if arms["host"].nunique() > 1 else ""
    failed = f" ({arm['failed']} failed)" if arm["failed"] and arm["rounds"] else ""
    return f"{row_name(arm, arms)}{host}{failed}{' ◆' if arm['best'] else ''}"


def _gain(arm: pd.Series, arms: pd.DataFrame) -> str:
    """Over one by one, with its interval; with several interpreters, over the fastest one by one of them all."""
    if arm["rounds"] == 0:
        return "failed"
    name = "versus_sequential" if several_interpreters(arms) else "speedup"
    effect = Effect(*(float(arm[column]) if pd.notna(arm[column]) else float("nan") for column in effect_columns(name)))
    is_reference = arm["strategy"] == BASELINE and (name == "speedup" or effect.ratio == 1)
    return f"{number(float(arm['median_s']))} s" if is_reference or pd.isna(effect.ratio) else with_interval(effect)


def _bounds(axes: Axes, arms: pd.DataFrame, answer: Mapping[str, Any], half: float | None) -> list[Any]:
    """The time that nothing can beat, and the band of what is as good as the fastest; the keys to them. Where names
    stand between the bars, they are only behind the bars, `half` of whose height is given."""
    keys: list[Any] = []
    known = arms["median_s"].dropna().astype(float)
    spans = [axes.get_ylim()] if half is None else [(float(y) - half, float(y) + half) for y in known.index]
    if len(known) > 1:
        share = answer.get("worthwhile", WORTHWHILE)
        fastest = float(known.min())
        for top, bottom in spans:
            axes.fill_betweenx([top, bottom], fastest, fastest * (1 + share), color=GRID, linewidth=0, zorder=0)
        keys.append(Patch(color=GRID, label=f"within {percent(share)} of the fastest: as good"))
    why = answer.get("why", {})
    baseline = arms[(arms["strategy"] == BASELINE) & (arms["interpreter"] == answer.get("interpreter"))]
    if why.get("ceiling") and baseline["median_s"].notna().any():
        least_s = float(baseline["median_s"].min()) / why["ceiling"]
        how: dict[str, Any] = {"color": INK, "linewidth": 1.2, "linestyle": FLOOR}
        axes.vlines([least_s] * len(spans), *zip(*spans, strict=True), zorder=1, **how)
        keys.append(Line2D([], [], label=f"nothing can take less than {number(least_s)} s: {why['set_by']}", **how))
    return keys


def _seconds(axes: Axes, times: pd.Series) -> None:
    """A linear axis from zero; where times span more than a decade, a log axis that says so."""
    known = times.dropna().astype(float)
    is_far = len(known) and known.min() > 0 and known.max() / known.min() > FAR
    if is_far:
        axes.set_xscale("log")
        axes.set_xlim(known.min() / 2, known.max() * 1.1)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_xlim(0, 1.04 * known.max() if len(known) else 1)
        axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("seconds (log scale)" if is_far else "seconds")
