"""What a trace shows as a small table, a row for each arm, and its finding in a sentence or two."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from concurrency.measuring.on_cores import NO_CORE
from concurrency.measuring.tracing import INTERPRETERS, PROCESSES, UNDER_GIL, WAITS_FOR_GIL, WITHOUT_GIL
from concurrency.showing.timeline.reading import Arm, Lane, arms, telling

CROWDED = 0.2  # of the time that they compute, workers waited for a core: there were not enough of them
NOTHING_TRACED = "No arm could be traced; the log of the rule timeline says why."


class Table(NamedTuple):
    """Columns that say something of some arm, each with a hint at what it means, and a row of cells for each arm."""

    columns: list[tuple[str, str]]
    rows: list[list[str]]


def table(trace: Mapping[str, Any]) -> Table:
    """Each arm in figures; "–" where there is nothing to tell."""
    every = arms(trace)
    rows = [[arm.name, *(_cell(column, arm, every) for column in COLUMNS)] for arm in every]
    used = [0, *(place for place in range(1, len(COLUMNS) + 1) if any(row[place] != "–" for row in rows))]
    heads = [("strategy", "as it was traced, which takes a little longer"), *((one.title, one.hint) for one in COLUMNS)]
    return Table([heads[place] for place in used], [[row[place] for place in used] for row in rows])


def describe(trace: Mapping[str, Any]) -> str:
    """The finding: what the fastest arm does otherwise than one by one, and how many threads were on a core at once."""
    every = arms(trace)
    if not every:
        return NOTHING_TRACED
    return " ".join(filter(None, (_gain(telling(every)), _computing(telling(every))))) or f"{every[0].name} only."


def _gain(few: Sequence[Arm]) -> str:
    one = next((arm for arm in few if arm.is_one_by_one), None)
    best = min((arm for arm in few if arm is not one), key=lambda arm: arm.work_s, default=None)
    if one is None or best is None:
        return ""
    text = (
        f"One by one has {_under_way(one):.1f} items under way on average, {best.name} {_under_way(best):.1f}: "
        f"{best.work_s:.2f} s instead of {one.work_s:.2f} s."
    )
    if loop := _loop_busy(best):
        text += f" Its event loop runs something {_percent(loop)} of the time"
        link = _busy(best, "link")
        text += f", the link is busy {_percent(link)} (one by one: {_percent(_busy(one, 'link'))})." if link else "."
    return text


def _computing(few: Sequence[Arm]) -> str:
    """Whether threads under the GIL, and what else there is, were on a core at once; where they could not well be, as
    none was free, that is said."""
    at_once = {
        arm.kind: (several, _share_of_bars(arm, NO_CORE) or 0.0)
        for arm in few
        if arm.kind in (UNDER_GIL, WITHOUT_GIL, INTERPRETERS, PROCESSES)
        and (several := _several(arm)) is not None
        and any(bar.state in ("computing", "working") for lane in arm.of_role("worker") for bar in lane.bars)
    }
    told = [
        f"{_percent(several)}{'' if place else ' of the time'} as {kind}"
        + (f" (which waited for a core {_percent(waited)})" if waited > CROWDED else "")
        for place, (kind, (several, waited)) in enumerate(at_once.items())
    ]
    return f"Two or more workers were on a core at once: {', '.join(told)}." if told else ""


def _under_way(arm: Arm) -> float:
    return sum(bar.end - bar.begin for lane in arm.of_role("worker") for bar in lane.bars) / arm.work_s


def _busy(arm: Arm, role: str) -> float:
    """The share of the work in which something happened on lanes of that role, each on average."""
    lanes = arm.of_role(role)
    return sum(bar.end - bar.begin for lane in lanes for bar in lane.bars) / arm.work_s / max(1, len(lanes))


def _loop_busy(arm: Arm) -> float:
    return _busy(arm, "loop")


def _several(arm: Arm) -> float | None:
    """The share of the work in which two or more threads were on a core; None where that is not known, or cannot be."""
    return sum(arm.at_once()[2:]) / arm.work_s if len(arm.computing) > 1 else None


def several_at_once(arm: Arm) -> str | None:
    """The same in words."""
    return None if (share := _several(arm)) is None else _percent(share)


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _share_of_bars(arm: Arm, state: str) -> float | None:
    """The share of the workers' bars in which a thread was in that state; None where nobody looked."""
    lanes = [lane for lane in arm.of_role("worker") if lane.on_core]
    spent = sum(_seconds(lane, state) for lane in lanes)
    return spent / all_ if (all_ := sum(bar.end - bar.begin for lane in lanes for bar in lane.bars)) else None


def _seconds(lane: Lane, state: str) -> float:
    return sum(bar.end - bar.begin for bar in lane.on_core if bar.state == state)


def _computed(arm: Arm) -> float:
    return sum(bar.end - bar.begin for lane in arm.of_role("worker") for bar in lane.bars if bar.state == "computing")


def _against_one_by_one(arm: Arm, every: Sequence[Arm]) -> float | None:
    """How many times as long all computing took together as one by one, on the same interpreter."""
    where = arm.name.partition(" on ")[2]
    one = next((other for other in every if other.is_one_by_one and other.name.partition(" on ")[2] == where), None)
    if one is None or one is arm or not _computed(one) or not _computed(arm):
        return None
    return _computed(arm) / _computed(one)


class Column(NamedTuple):
    """A column of the table: its title, what that means, and the figure for an arm among all, None if there is none."""

    title: str
    hint: str
    form: str
    figure: Callable[[Arm, Sequence[Arm]], float | None]


COLUMNS = (
    Column("work, s", "traced; the comparison times it without", ".2f", lambda arm, _: arm.work_s),
    Column("set-up, ms", "starting the workers", ".1f", lambda arm, _: arm.setup_s * 1000),
    Column("lanes", "threads, processes, tasks or connections", "d", lambda arm, _: len(arm.of_role("worker")) or None),
    Column("items under way", "on average", ".1f", lambda arm, _: _under_way(arm) or None),
    Column(
        "computing, × one by one",
        "how long all items together say that they compute: longer where they wait for the GIL or a core meanwhile",
        ".2f",
        _against_one_by_one,
    ),
    Column(
        "on a core, on average",
        "how many threads, as the kernel counts it",
        ".2f",
        lambda arm, _: sum(n * s for n, s in enumerate(arm.at_once())) / arm.work_s if arm.computing else None,
    ),
    Column("two or more at once", "share of the time", ".0%", lambda arm, _: _several(arm)),
    Column(
        "waiting for the GIL",
        "share of the time that items are said to compute: on no core, though none was asked for",
        ".0%",
        lambda arm, _: _share_of_bars(arm, WAITS_FOR_GIL) if arm.kind == UNDER_GIL and _computed(arm) else None,
    ),
    Column(
        "waiting for a core",
        "share of the time that items are said to compute",
        ".0%",
        lambda arm, _: _share_of_bars(arm, NO_CORE),
    ),
    Column("loop busy", "share of the time", ".0%", lambda arm, _: _loop_busy(arm) or None),
    Column(
        "most tasks waiting",
        "at once, on all event loops",
        "d",
        lambda arm, _: max((one.waiting for one in arm.tasks), default=None),
    ),
    Column("link busy", "share of the time", ".0%", lambda arm, _: _busy(arm, "link") or None),
)


def _cell(column: Column, arm: Arm, every: Sequence[Arm]) -> str:
    figure = column.figure(arm, every)
    return "–" if figure is None else format(figure, column.form).replace("%", " %")
