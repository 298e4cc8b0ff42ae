"""The life of a future, drawn and in words."""

from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from concurrency.showing.style import BLUE, FAILED, GREEN, GREY, INK, ON_COLOUR, PAPER, STYLE, WIDE, title

PENDING, QUEUED, RUNNING = GREY, GREEN, BLUE
BEHIND: Any = {"boxstyle": "square,pad=0.1", "facecolor": PAPER, "linewidth": 0}  # words, where lines would run


def draw(life: pd.DataFrame, failing: pd.DataFrame, width: float = WIDE) -> Figure:
    """Each job of `lessons.futures.life()` from submit to its end, with its cancel and its callback. `width` is in
    inches."""
    is_wide = width == WIDE
    with rc_context(STYLE):
        figure = Figure(figsize=(width, 6.5 if is_wide else 7.2), layout="constrained")
        title(figure, f"The life of {len(life)} futures on {life['worker'].nunique()} worker processes")
        axes = figure.subplots()
        for _, job in life.iterrows():
            y = job["job"]
            end = job["finished_s"] if job["state"] == "FINISHED" else job["cancel_s"]
            running = job["running_s"] if pd.notna(job["running_s"]) else end
            started = job["started_s"] if pd.notna(job["started_s"]) else end
            axes.barh(y, min(running, started) - job["submitted_s"], left=job["submitted_s"], color=PENDING)
            if job["state"] == "FINISHED":
                if started > running:
                    axes.barh(y, started - running, left=running, color=QUEUED, hatch="///", edgecolor=PAPER)
                axes.barh(y, end - started, left=started, color=RUNNING)
                label = f"{'worker ' if is_wide else ''}{job['worker']:.0f}"
                mark = job["cancel_s"] if started <= job["cancel_s"] <= end else started
                side = started if mark - started > end - mark else end  # of the mark on which the text has more room
                middle = (mark + side) / 2
                axes.text(middle, y, label, ha="center", va="center", color=ON_COLOUR, fontsize=7.5)
            if pd.notna(job["cancel_s"]):
                axes.plot(job["cancel_s"], y, "X", color=FAILED, markersize=8)
                answer = "cancelled" if job["cancelled"] else "too late"
                axes.annotate(
                    answer, (max(job["cancel_s"], end), y), xytext=(6, 0), textcoords="offset points", va="center",
                    fontsize=8, bbox=BEHIND,
                )  # fmt: skip
            if pd.notna(job["callback_s"]) and job["state"] == "FINISHED":
                axes.plot(job["callback_s"], y, "|", color=INK, markersize=11, markeredgewidth=2)
        axes.set_ylim(len(life) + 0.8, 0.2)
        axes.set_yticks(range(1, len(life) + 1, 2))
        axes.set_ylabel("job")
        axes.set_xlabel("seconds since the first submit")
        axes.grid(axis="y", visible=False)
        keys = [
            Patch(color=PENDING, label="PENDING"),
            Patch(facecolor=QUEUED, hatch="///", edgecolor=PAPER, label="RUNNING, says the future; waits in the queue"),
            Patch(color=RUNNING, label="RUNNING in a worker"),
            axes.plot([], [], "X", color=FAILED, linestyle="none", label="cancel() was called")[0],
            axes.plot([], [], "|", color=INK, linestyle="none", markersize=11, label="its callback ran")[0],
        ]
        figure.legend(handles=keys, loc="outside lower center", ncols=3 if is_wide else 1)
    return figure


def describe(life: pd.DataFrame, failing: pd.DataFrame) -> str:
    """What the picture shows, and what became of the tasks beside one that failed."""
    tried = life[life["cancel_s"].notna()]
    late = tried[tried["cancelled"].eq(False) & (tried["started_s"] > tried["cancel_s"])]
    threads = ", ".join(sorted(set(life.loc[life["state"] == "FINISHED", "callback_thread"].dropna())))
    sentences = [
        f"{len(life)} jobs were submitted within {life['submitted_s'].max() * 1000:.1f} ms; "
        f"{int(life['cancelled'].eq(True).sum())} of {len(tried)} cancels came in time."
    ]
    for _, job in late.iterrows():
        waited_ms = (job["started_s"] - job["cancel_s"]) * 1000
        sentences.append(
            f"Job {job['job']} could not be cancelled although no worker had begun it: the pool had already put it "
            f"into the queue to its workers, where it waited another {waited_ms:.0f} ms."
        )
    sentences.append(
        f"Callbacks of finished jobs ran in the pool's own thread ({threads}), not in the workers. "
        f"The global counter ended at {', '.join(f'{n:.0f}' for n in life.groupby('worker')['calls'].max())} in the "
        f"{life['worker'].nunique():.0f} workers: each process has one of its own."
    )
    for api, rows in failing.groupby("api", sort=False):
        others = rows.loc[rows["outcome"] != "failed", "outcome"].unique()
        sentences.append(f"When one of five asyncio tasks fails under {api}, the others: {' and '.join(others)}.")
    return " ".join(sentences)
