"""Pictures of how concurrency works, drawn from the tables of real runs, and what is seen in each, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from concurrency.deciding.words import ONE_BY_ONE
from concurrency.showing.plots import BEST, FAILED, OTHER, SERIES, STYLE

PENDING, QUEUED, RUNNING = "#E0E0E0", "#56B4E9", "#0072B2"


STATE_COLOURS = {
    "connecting": ("#CC79A7", "..."),
    "waiting for the first byte": ("#E0E0E0", ""),
    "receiving": ("#009E73", ""),
    "computing": ("#0072B2", ""),
}
LANE_INCHES = 0.11
NOTHING_TRACED = "No arm could be traced; the log of the rule timeline says why."


def timeline(trace: Mapping[str, Any], title: str) -> Figure:
    """Small multiples on one time axis, one for each arm of a Chrome trace: a lane a worker, a bar a state of an item.

    Below each stands how many items were queued and, where an asyncio event loop was watched, its ready and waiting
    tasks; what the loop ran is its last lane.
    """
    arms = _by_arm(trace)
    if not arms:
        nothing = Figure(figsize=(10, 1))
        nothing.text(0.5, 0.5, NOTHING_TRACED, ha="center", va="center")
        return nothing
    heights = []
    for events in arms.values():
        heights += [0.35 + LANE_INCHES * max(3, len(_lanes(events))), 0.45]
    with rc_context(STYLE):
        figure = Figure(figsize=(10, sum(heights) + 0.5 * len(arms) + 0.9), layout="constrained")
        panels = iter(figure.subplots(len(heights), 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0])
        seen: set[str] = set()
        for events in arms.values():
            seen |= _draw_arm(next(panels), events)
            _draw_counts(next(panels), events)
        figure.axes[-1].set_xlabel("seconds since the work began")
        keys: list[Any] = [
            Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=state)
            for state, (colour, hatch) in STATE_COLOURS.items()
            if state in seen
        ]
        keys.append(Patch(color="#E69F00", alpha=0.35, label="starting workers"))
        if "started" in seen:
            keys += figure.axes[0].plot([], [], ">", color="#E69F00", linestyle="none", label="a worker process starts")
        if "sent" in seen:
            keys += figure.axes[0].plot([], [], "v", color="#D55E00", linestyle="none", label="pickled for a worker")
        if "running" in seen:
            keys.append(Patch(color="#000000", label="the event loop runs something"))
        figure.legend(handles=keys, loc="outside lower center", ncols=min(len(keys), 4))
        figure.suptitle(title, fontsize=12)
    return figure


def timeline_text(trace: Mapping[str, Any]) -> str:
    """What `timeline` shows: for each arm how many items were under way at once, how busy an event loop was, and how
    long all computing took together, against one by one.
    """
    sentences = []
    one_by_one: dict[str, float] = {}  # of each interpreter, whose baseline comes before its other arms
    for events in _by_arm(trace).values():
        [name] = [event["args"]["name"] for event in events if event["name"] == "process_name"]
        [work] = [event["dur"] for event in events if event["ph"] == "X" and event["name"] == "work"]
        bars = [event for event in events if event["ph"] == "X" and "item" in event.get("args", {})]
        lanes = len({event["tid"] for event in bars})
        under_way = sum(event["dur"] for event in bars) / work
        text = f"{name}: {lanes} lane{'s' if lanes > 1 else ''}, on average {under_way:.1f} items under way"
        computing = sum(event["dur"] for event in bars if event["name"] == "computing")
        arm, _, where = name.partition(" on ")
        if arm == ONE_BY_ONE:
            one_by_one[where] = computing
        elif computing and where in one_by_one:
            times = computing / one_by_one[where]
            text += f", and all of them together computed {times:.1f} times as long as one by one"
        loop = [tid for tid, lane in _lanes(events).items() if lane == "event loop"]
        if loop and _counts(events):
            running = sum(event["dur"] for event in events if event["ph"] == "X" and event["tid"] in loop) / work
            most = max(event["args"]["waiting"] for event in _counts(events))
            text += f"; its event loop ran something {running:.0%} of the time, while up to {most} tasks waited"
        sentences.append(text + ".")
    return " ".join(sentences) or NOTHING_TRACED


def _by_arm(trace: Mapping[str, Any]) -> dict[int, list[Mapping[str, Any]]]:
    arms: dict[int, list[Mapping[str, Any]]] = {}
    for event in trace["traceEvents"]:
        arms.setdefault(event["pid"], []).append(event)
    return arms


def _lanes(events: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    return {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}


def _counts(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [event for event in events if event["ph"] == "C"]


def _draw_arm(axes: Axes, events: Sequence[Mapping[str, Any]]) -> set[str]:
    """Draw an arm's lanes; the kinds of bars that there are."""
    order = {tid: y for y, tid in enumerate(sorted(_lanes(events)))}
    loop = {tid for tid, name in _lanes(events).items() if name == "event loop"}
    seen = set()
    for event in events:
        if event["name"] == "worker started":
            seen.add("started")
            axes.plot(event["ts"] / 1e6, order[event["tid"]], ">", color="#E69F00", markersize=5)
        elif event["ph"] == "i":
            seen.add("sent")
            axes.plot(event["ts"] / 1e6, -0.75, "v", color="#D55E00", markersize=4, clip_on=False)
        if event["ph"] != "X" or event["tid"] == 0:
            continue
        start, length, y = event["ts"] / 1e6, event["dur"] / 1e6, order[event["tid"]]
        if event["tid"] in loop:
            seen.add("running")
            axes.barh(y, length, left=start, height=0.9, color="#000000")
        else:
            seen.add(event["name"])
            colour, hatch = STATE_COLOURS[event["name"]]
            edge = 0.4 if event["name"] != "receiving" else 0  # which on one machine is over in no time
            axes.barh(y, length, left=start, height=0.85, color=colour, hatch=hatch, edgecolor="white", linewidth=edge)
    [name] = [event["args"]["name"] for event in events if event["name"] == "process_name"]
    setup, work = (event["dur"] / 1e6 for event in events if event["ph"] == "X" and event["tid"] == 0)
    axes.axvspan(-setup, 0, color="#E69F00", alpha=0.35, linewidth=0)
    axes.axvline(work, color="#000000", linewidth=1, linestyle=":")
    axes.set_title(f"{name}: {work:.2f} s (traced)", fontsize=9.5, loc="left", pad=9)
    lanes = len(order) - len(loop)
    axes.set_ylabel(f"{lanes} lane{'' if lanes == 1 else 's'}", fontsize=8)
    axes.set_yticks([])
    axes.set_ylim(max(3, len(order)) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    return seen


def _draw_counts(axes: Axes, events: Sequence[Mapping[str, Any]]) -> None:
    """How many items are queued and, for an event loop, how many tasks wait and are ready, over time."""
    begun = sorted(event["ts"] / 1e6 for event in events if event["ph"] == "e")
    axes.step(
        [0.0, *begun], range(len(begun), -1, -1), where="post", color="#0072B2", label="items queued", linewidth=1
    )
    at = [event["ts"] / 1e6 for event in _counts(events)]
    for kind, colour in (("waiting", "#555555"), ("ready", "#D55E00")) if at else ():
        counts = [event["args"][kind] for event in _counts(events)]
        axes.step(at, counts, where="post", color=colour, label=f"tasks {kind}", linewidth=1)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)


def futures(life: pd.DataFrame, failing: pd.DataFrame) -> Figure:
    """Each job of `futures.life()` from submit to its end, with its cancel and its callback."""
    with rc_context(STYLE):
        figure = Figure(figsize=(10, 6.5), layout="constrained")
        axes = figure.subplots()
        for _, job in life.iterrows():
            y = job["job"]
            end = job["finished_s"] if job["state"] == "FINISHED" else job["cancel_s"]
            running = job["running_s"] if pd.notna(job["running_s"]) else end
            started = job["started_s"] if pd.notna(job["started_s"]) else end
            axes.barh(y, min(running, started) - job["submitted_s"], left=job["submitted_s"], color=PENDING)
            if job["state"] == "FINISHED":
                if started > running:
                    axes.barh(y, started - running, left=running, color=QUEUED, hatch="///", edgecolor="white")
                axes.barh(y, end - started, left=started, color=RUNNING)
                label = f"worker {job['worker']:.0f}"
                axes.text((started + end) / 2, y, label, ha="center", va="center", color="white", fontsize=7)
            if pd.notna(job["cancel_s"]):
                axes.plot(job["cancel_s"], y, "X", color=FAILED, markersize=8)
                answer = "cancelled" if job["cancelled"] else "too late"
                axes.annotate(
                    answer, (max(job["cancel_s"], end), y), xytext=(6, 0), textcoords="offset points", va="center",
                    fontsize=8, color=FAILED,
                )  # fmt: skip
            if pd.notna(job["callback_s"]) and job["state"] == "FINISHED":
                axes.plot(job["callback_s"], y, "|", color="#000000", markersize=11, markeredgewidth=2)
        axes.set_ylim(len(life) + 0.8, 0.2)
        axes.set_yticks(range(1, len(life) + 1, 2))
        axes.set_ylabel("job")
        axes.set_xlabel("seconds since the first submit")
        axes.grid(axis="y", visible=False)
        keys = [
            Patch(color=PENDING, label="PENDING"),
            Patch(
                facecolor=QUEUED, hatch="///", edgecolor="white", label="RUNNING, says the future; waits in the queue"
            ),
            Patch(color=RUNNING, label="RUNNING in a worker"),
            axes.plot([], [], "X", color=FAILED, linestyle="none", label="cancel() was called")[0],
            axes.plot([], [], "|", color="#000000", linestyle="none", markersize=11, label="its callback ran")[0],
        ]
        figure.legend(handles=keys, loc="outside lower center", ncols=3)
        axes.set_title("The life of 24 futures on 4 worker processes", fontsize=12)
    return figure


def futures_text(life: pd.DataFrame, failing: pd.DataFrame) -> str:
    """What `futures` shows, and what became of the tasks beside one that failed."""
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


def switching(table: pd.DataFrame) -> Figure:
    """Time a switch and memory each, against how many threads or tasks there are."""
    with rc_context(STYLE):
        figure = Figure(figsize=(10, 4), layout="constrained")
        for axes, column, unit, label in zip(
            figure.subplots(1, 2),
            ("switch_ns", "bytes_each"),
            (1000, 1024),
            ("microseconds a switch", "KiB of memory each"),
            strict=True,
        ):
            for (kind, rows), marker, colour in zip(table.groupby("kind"), "os", SERIES, strict=False):
                known = rows[rows[column] > 0]
                axes.plot(known["reached"], known[column] / unit, marker=marker, color=colour, label=kind)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel("how many there are (log scale)")
            axes.set_ylabel(f"{label} (log scale)")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
                axis.set_minor_formatter(NullFormatter())
            axes.legend()
        figure.suptitle("What it costs to have many", fontsize=12)
    return figure


def switching_text(table: pd.DataFrame) -> str:
    """What `switching` shows, at the largest count that both kinds reached."""
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


def races(table: pd.DataFrame) -> Figure:
    """How many additions each variant lost, and what an addition took."""
    with rc_context(STYLE):
        figure = Figure(figsize=(10, 1.4 + 0.45 * len(table)), layout="constrained")
        lost, cost = figure.subplots(1, 2, sharey=True)
        for y, (_, row) in enumerate(table.iloc[::-1].iterrows()):
            share = 100 * row["lost"] / row["additions"]
            lost.barh(y, share, color=FAILED if row["lost"] else BEST)
            text = f"{row['lost']:,} of {row['additions']:,} lost"
            lost.annotate(text, (share, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5)
            cost.barh(y, row["ns_each"], color=OTHER)
            text = f"{row['ns_each']:,.0f} ns"
            cost.annotate(
                text, (row["ns_each"], y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8.5
            )
        lost.set_yticks(range(len(table)), [_variant(row, table) for _, row in table.iloc[::-1].iterrows()])
        lost.set_xlim(0, 150)
        lost.set_xticks(range(0, 101, 25))
        lost.set_xlabel("additions lost, %")
        cost.set_xlim(0, 1.25 * table["ns_each"].max())
        cost.set_xlabel("nanoseconds an addition")
        figure.suptitle("Adding to a shared total: read, compute, write back", fontsize=12)
    return figure


def _variant(row: pd.Series, table: pd.DataFrame) -> str:
    where = f" on {row['interpreter']}" if table["interpreter"].nunique() > 1 else ""
    return f"{row['variant']}{where}"


def races_text(table: pd.DataFrame) -> str:
    """What `races` shows."""
    several = table["interpreter"].nunique() > 1
    threads = [_threads_lost(rows, several) for _, rows in table.groupby("interpreter", sort=False)]
    rows = table[table["interpreter"] == table["interpreter"].iloc[0]].set_index("variant")
    return (
        f"{' '.join(threads)} Tasks lost {rows.loc['tasks', 'lost']:,} as long as they did not await in between, and "
        f"{rows.loc['tasks, awaiting in between', 'lost']:,} of "
        f"{rows.loc['tasks, awaiting in between', 'additions']:,} when they did."
    )


def _threads_lost(of_interpreter: pd.DataFrame, several: bool) -> str:
    rows = of_interpreter.set_index("variant")
    plain, locked = rows.loc["threads"], rows.loc["threads, with a lock"]
    gil = "with the GIL" if plain["gil"] else "without a GIL"
    where = f" ({plain['interpreter']})" if several else ""
    found = (
        f"lost {plain['lost']:,} of {plain['additions']:,} additions"
        if plain["lost"]
        else f"lost none of {plain['additions']:,} additions this time, which is luck and no promise"
    )
    return (
        f"{plain['workers']} threads {gil}{where} {found}: another thread ran between a read and its write. "
        f"A lock made it right and an addition {locked['ns_each'] / plain['ns_each']:.1f} times as long."
    )
