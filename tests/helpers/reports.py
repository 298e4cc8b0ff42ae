"""A report as a finished run would write it, with all its pictures, and the works that there may be in one."""

import json

import pandas as pd

from concurrency.deciding import claims, scaling
from concurrency.deciding.summary import summarise
from concurrency.deciding.verdict import verdict
from concurrency.showing import comparison, cost, futures, races, report, style, switching, workers
from concurrency.showing import map as map_
from helpers import maps
from helpers.campaigns import COSTS, FREE, GIL, ONE_BY_ONE, around, campaign, ladder, table, two_pythons

PLOTS = {"comparison": comparison, "workers": workers, "cost": cost}
MANY = (
    "asyncio", "asyncio_as_completed", "asyncio_blocking", "asyncio_gather", "asyncio_session_per_request",
    "asyncio_taskgroup", "asyncio_to_thread", "asyncio_uvloop", "asyncio_wait", "curl_multi", "httpx_async", "joblib",
    "niquests", "process_pool_futures", "processes_asyncio", "threads",
)  # fmt: skip


EVIL = "http://x/<script>alert(1)</script>"
CODE = '"""A script."""\n\nITEMS = ["http://x/<b>"]\n'
LIES = "Downloads: an item waits 80 ms and computes 2 ms, one by one."
LOCATED = [
    {"workload": "download", "interpreter": "CPython 3.13.0", "waits_ms": 90.0, "computes_ms": 2.0},
    {"workload": "squares", "interpreter": "CPython 3.13.0", "waits_ms": 0.0, "computes_ms": 25.0},
    {"workload": "mine", "interpreter": "CPython 3.13.0", "waits_ms": 900.0, "computes_ms": 90.0},
]


def save(folder, draw, name):
    """A picture in both widths; the path of the one for a page."""
    style.save(draw, folder / f"{name}.svg", folder / f"{name}_narrow.svg")
    return folder / f"{name}.svg"


def write(folder, timings, plots=PLOTS, **more):
    """The report on `timings` in `folder`, with these `plots` of each workload; its path."""
    summary = summarise(timings)
    answers = json.loads(json.dumps(verdict(timings, summary)))
    drawn = [
        save(
            folder,
            lambda width, module=module, name=name: module.draw(timings, summary, name, answers[name], width),
            f"{name}_{plot}",
        )
        for name in answers
        for plot, module in plots.items()
    ]
    given = {"explanations": [], "environment": {}, "config": {}, "left_out": {}} | more
    html = report.render(timings, summary, scaling.fit(timings), answers, claims.examine(timings), plots=drawn, **given)
    file = folder / "report.html"
    file.write_text(html, encoding="utf-8")
    return file


def mapped(folder, located=(), labels=("CPython 3.13.0",), says=()):
    """The map, as `report.render` takes it."""
    of_all = maps.table(labels=labels)
    file = save(folder, lambda width: map_.draw(of_all, located, width), "map")
    file.with_suffix(".txt").write_text(map_.text(of_all), encoding="utf-8")
    return file, list(says)


def lived():
    """Futures on four workers, of which one was cancelled in time and two too late."""
    rows = []
    for job in range(1, 25):
        begin = 0.11 * ((job - 1) // 4) + 0.003 * job
        rows.append(
            {
                "job": job, "submitted_s": 0.001, "running_s": max(0.02, begin - 0.1), "started_s": begin,
                "finished_s": begin + 0.1, "worker": 1 + job % 4, "calls": (job + 3) // 4, "state": "FINISHED",
                "cancel_s": 0.07 if job in (1, 5) else None, "cancelled": False if job in (1, 5) else None,
                "callback_s": begin + 0.1005 if job % 2 == 0 else None, "callback_thread": "Thread-1",
            }
        )  # fmt: skip
    rows[19] = {"job": 20, "submitted_s": 0.001, "state": "CANCELLED", "cancel_s": 0.07, "cancelled": True}
    tasks = [
        {"api": api, "task": task, "outcome": "failed" if task == 3 else outcome}
        for api, outcome in (("TaskGroup", "cancelled"), ("gather", "left running"))
        for task in range(1, 6)
    ]
    return pd.DataFrame(rows), pd.DataFrame(tasks)


def switched():
    """What switching may cost, where the machine stops at so many threads."""
    rows = [
        {
            "kind": kind, "count": count, "reached": min(count, most), "limit": "" if count <= most else "no memory",
            "switch_ns": factor * (1 + count / 1000), "bytes_each": 10 * factor if count > 1 else 0,
        }
        for kind, factor, most in (("threads", 9000.0, 8000), ("tasks", 700.0, 10_000))
        for count in (1, 10, 100, 1000, 10_000)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def raced(labels=("CPython 3.13.0",)):
    """What may be lost; nothing by locks."""
    lost = {
        "threads": 123_456, "threads, with a lock": 0, "tasks": 0, "tasks, awaiting in between": 15_000,
        "tasks, awaiting in between, with a lock": 0,
    }  # fmt: skip
    rows = [
        {
            "interpreter": label, "workers": 4, "variant": variant, "lost": amount,
            "additions": 20_000 if "awaiting" in variant else 400_000, "ns_each": 60.0 + 40 * i,
            "gil": not label.endswith("t"),
        }
        for label in labels
        for i, (variant, amount) in enumerate(lost.items())
        if label == labels[0] or variant.startswith("threads")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def explained(folder, topics=(futures, switching, races), labels=("CPython 3.13.0",)):
    """The pictures of how it works, each with its text beside it."""
    files, shown = [], {futures: lived(), switching: (switched(),), races: (raced(labels),)}
    for topic, tables in ((topic, shown[topic]) for topic in topics):
        name = topic.__name__.rpartition(".")[2]
        files.append(save(folder, lambda width, topic=topic, tables=tables: topic.draw(*tables, width), name))
        files[-1].with_suffix(".txt").write_text(topic.describe(*tables), encoding="utf-8")
    return files


def of_everything(folder):
    """All built-in works and one of the user's own that waits and computes, with failures, a tie, a URL that would like
    to be a script, what is recommended as code, the map, and how it works."""
    arms = {
        "download": [("asyncio", 15), ("threads", 15), ("sequential", 1)],
        "squares": [("process_pool", 2), ("sequential", 1)],
    }
    fast = {"asyncio": lambda n: 0.3 + 1 / n, "threads": lambda n: 0.4 + 1 / n}
    own = {
        "asyncio_then_processes": lambda n: 0.1 + 0.8 / n, "threads": lambda n: 2 / min(n, 2),
        "process_pool": lambda n: 0.101 + 0.8 / n,
    }  # fmt: skip
    timings = pd.concat(
        [
            *(campaign(workload, chosen, rounds=10) for workload, chosen in arms.items()),
            campaign("download", [("curl_multi", 15)], rounds=10, error=f"GET {EVIL} failed"),
            ladder(fast, (4, 15), "download_fast", 6, screening=False, minimum_s=0.2, limit="the link"),
            ladder(own, (1, 2, 4, 8), "mine", 6, screening=False, setup_s=0.05),
        ]
    ).reset_index(drop=True)
    code = folder / "download.py"
    code.write_text(CODE, encoding="utf-8")
    return write(
        folder, timings, explanations=explained(folder), mapped=mapped(folder, LOCATED, says=[LIES]),
        recommended={"download": code}, left_out={"squares": {"ray": "not installed: pip install ray"}},
        environment={"Python": "3.13", "Host": EVIL}, config={"sites": [EVIL]},
        replayed={"pages": "15 pages, 1.2 MB on the wire"}, measured={"mine": "16 items of works.mine."},
    )  # fmt: skip


def of_several_interpreters(folder):
    """Two builds for one work and five for another, on a map of two."""
    own = (
        table(
            {ONE_BY_ONE: around(1 + i / 10), ("threads", 2): around(0.6, seed=i), ("process_pool", 4): around(0.7)},
            "mine", interpreter=f"CPython 3.{11 + i}.0", **COSTS,
        )
        for i in range(5)
    )  # fmt: skip
    timings = pd.concat([two_pythons(), *own]).reset_index(drop=True)
    labels = (GIL, FREE)
    return write(folder, timings, explanations=explained(folder, [races], labels), mapped=mapped(folder, labels=labels))


def of_many_strategies(folder):
    """Sixteen strategies after screening, an arm alone, and a work of which nothing succeeded."""
    many = {
        name: lambda n, i=i: 2 * (1 + 0.01 * i * (n - 1) + 0.002 * n * (n - 1)) / n for i, name in enumerate(MANY, 1)
    }
    timings = pd.concat(
        [
            ladder(many),
            ladder(many, (8, 16), rounds=6, screening=False),
            campaign("squares", [("process_pool", 2)]),
            campaign("mine", [("sequential", 1), ("threads", 4)], error="it broke"),
        ]
    ).reset_index(drop=True)
    return write(folder, timings)
