"""Timelines in a page of their own."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from concurrency.measuring import tracing
from concurrency.measuring.on_cores import ON_A_CORE
from concurrency.showing import style
from concurrency.showing.page import ENVIRONMENT
from concurrency.showing.timeline import page, still

PAGE = """
{% extends "page.html.j2" %}
{% import "timeline/timeline.html.j2" as timelines %}
{% block title %}Timelines{% endblock %}
{% block head %}{{ timelines.style(assets) }}{% endblock %}
{% block content %}
<h1>Timelines</h1>
{% for item in items %}{{ timelines.figure(item) }}{% endfor %}
{% endblock %}
{% block script %}{{ timelines.script(items, assets) }}{% endblock %}
"""


def trace(folder: Path) -> dict[str, Any]:
    """Four items of 10 ms each, done in every way: times are whole milliseconds, and nothing depends on a machine."""
    arms = {
        "one by one": Notes("thread").turns([(0, 10), (10, 20), (20, 30), (30, 200)]),
        "threads with 2 workers": Notes("gil").turns([(0, 20), (20, 40)], [(0, 20), (20, 40)], takes_turns=True),
        "asyncio with 2 in flight": Notes("loop").turns([(0, 20), (20, 40)], [(0, 20), (20, 40)], is_loop=True),
        "process_pool with 2 workers": Notes("").turns([(0, 10), (10, 20)], [(0, 10), (10, 20)]),
        "process_pool with 1 worker": Notes("").turns([(0, 10), (10, 20), (20, 30), (30, 40)]),
    }
    return tracing.chrome_trace({name: notes.written(folder / f"{name}.jsonl") for name, notes in arms.items()})


class Notes:
    """What would be noted of an arm."""

    def __init__(self, shares: str) -> None:
        self.shares, self.lines = shares, [{"what": "arm", "shares": shares, "rank": 1, "gil": True}]

    def turns(self, *workers: list[tuple[int, int]], takes_turns: bool = False, is_loop: bool = False) -> "Notes":
        """Items from when to when, of each worker; in turns of 5 ms, each on a core while the other is not."""
        item = 0
        for place, spans in enumerate(workers):
            in_processes = not self.shares and len(workers) > 1
            process, thread = (100 + place if in_processes else 100), 100 + place
            held: list[list[Any]] = [["on a core", begin / 1000, end / 1000] for begin, end in spans]
            if takes_turns:
                held = [["on a core", at / 1000, (at + 5) / 1000] for at in range(5 * place, 40, 10)]
            if not is_loop:
                self.lines.append({"what": "thread", "process": process, "thread": thread, "slices": held})
            for begin, end in spans:
                item += 1
                lane = f"process {process}, {'Task-' if is_loop else 'thread '}{thread}"
                state = ["working" if is_loop else "computing", begin / 1000, end / 1000]
                self.lines.append({"what": "computing", "item": [item], "lane": lane, "spans": [state]})
        if is_loop:
            for at in range(40):
                self.lines.append(
                    {"what": "ran", "name": "step", "process": 100, "thread": 100, "begin": at / 1000,
                     "end": at / 1000 + 1e-6, "before": [1, 1], "after": [0, 2] if at < 39 else [0, 0]}
                )  # fmt: skip
        end = max(end for spans in workers for _, end in spans) / 1000
        self.lines.append({"what": "work", "begin": -0.002, "ready": 0.0, "end": end})
        return self

    def written(self, file: Path) -> Path:
        file.write_text("\n".join(json.dumps(line) for line in self.lines))
        return file


def alternating(lanes: int, bars: int, items: int) -> dict[str, Any]:
    """Threads that are on a core in turns of a millisecond, as many milliseconds as `bars`; `items` of a millisecond on
    the first of them, one long one on each other."""
    named: list[tuple[str, int, dict[str, Any]]] = [
        ("process_name", 0, {"name": "busy", "kind": tracing.UNDER_GIL, "rank": 1})
    ]
    named += [("thread_name", lane, {"name": f"{lane} process 1, thread {lane}"}) for lane in range(1, lanes + 1)]
    events: list[dict[str, Any]] = [
        {"ph": "M", "pid": 1, "tid": lane, "name": name, "args": args} for name, lane, args in named
    ]

    def add(name: str, lane: int, begin: int, milliseconds: int = 1, **more: Any) -> None:
        when = {"ts": begin * 1000.0, "dur": milliseconds * 1000.0}
        events.append({"ph": "X", "pid": 1, "tid": lane, "name": name, **when, **more})

    add("work", 0, 0, max(bars, items))
    for i in range(items):
        events.append({"ph": "e", "pid": 1, "tid": 0, "name": "queued", "id": i, "ts": i * 1000.0})
        add("computing", 1, i, args={"item": f"{i} {'x' * 90}", "number": i})
    for lane in range(1, lanes + 1):
        if lane > 1:
            add("computing", lane, 0, bars, args={"item": "long", "number": -lane})
        for i in range(bars):
            is_its_turn = i % 2 == lane % 2
            add(ON_A_CORE if is_its_turn else tracing.WAITS_FOR_GIL, lane, i, cat="core")
    return {"traceEvents": events}


def html(traces: Mapping[str, Mapping[str, Any]], folder: Path) -> str:
    """A page of the timelines of `traces`, whose pictures are drawn in `folder`."""
    items = []
    for name, trace in traces.items():
        picture = folder / f"{name}_timeline.svg"
        style.save(partial(still.draw, trace, name), picture, picture.with_stem(f"{picture.stem}_narrow"))
        items.append(page.item(name, trace, picture, f"traces/{name}.json"))
    return ENVIRONMENT.from_string(PAGE.lstrip()).render(items=items, assets=page.assets())
