"""Timelines in a page of their own."""

import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from concurrency.measuring import tracing
from concurrency.showing import style
from concurrency.showing.timeline import page, still

ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(page.__file__).parents[1]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGE = """{% import "timeline/timeline.html.j2" as timelines %}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Timelines</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark; --ink: #1a1a1a; --dim: #555; --paper: #fff; --line: #ccc; --mark: #005a8c; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #eee; --dim: #b5b5b5; --paper: #16181a; --line: #484848; --mark: #7cc4f0; }
  }
  * { box-sizing: border-box; }
  body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 70rem; }
  body { margin: 0 auto; padding: 0 1rem; }
  a { color: var(--mark); }
  .wide { overflow-x: auto; }
  table { border-collapse: collapse; font-size: .85rem; }
  th, td { padding: .2rem .5rem; text-align: right; border-bottom: 1px solid var(--line); }
  th:first-child { text-align: left; white-space: nowrap; }
</style>
{{ timelines.style(assets) }}
</head>
<body>
<main>
<h1>Timelines</h1>
{% for item in items %}
{{ timelines.figure(item) }}
{% endfor %}
</main>
{{ timelines.script(items, assets) }}
</body>
</html>
"""


def trace(folder: Path) -> dict[str, Any]:
    """Four items of 10 ms each, done in every way: times are whole milliseconds, and nothing depends on a machine."""
    arms = {
        "one by one": _Notes("thread").turns([(0, 10), (10, 20), (20, 30), (30, 200)]),
        "threads with 2 workers": _Notes("gil").turns([(0, 20), (20, 40)], [(0, 20), (20, 40)], takes_turns=True),
        "asyncio with 2 in flight": _Notes("loop").turns([(0, 20), (20, 40)], [(0, 20), (20, 40)], is_loop=True),
        "process_pool with 2 workers": _Notes("").turns([(0, 10), (10, 20)], [(0, 10), (10, 20)]),
        "process_pool with 1 worker": _Notes("").turns([(0, 10), (10, 20), (20, 30), (30, 40)]),
    }
    return tracing.chrome_trace({name: notes.written(folder / f"{name}.jsonl") for name, notes in arms.items()})


class _Notes:
    """What would be noted of an arm."""

    def __init__(self, shares: str) -> None:
        self.shares, self.lines = shares, [{"what": "arm", "shares": shares, "rank": 1, "gil": True}]

    def turns(self, *workers: list[tuple[int, int]], takes_turns: bool = False, is_loop: bool = False) -> "_Notes":
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


def picture(trace: Mapping[str, Any], title: str, width: float) -> str:
    """A still picture as SVG."""
    from matplotlib import rc_context  # noqa: PLC0415

    file = StringIO()
    with rc_context(style.STYLE):
        still.draw(trace, title, width).savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def html(traces: Mapping[str, Mapping[str, Any]]) -> str:
    """A page of the timelines of `traces`."""
    items = [
        page.item(
            name, trace, picture(trace, name, still.WIDE), picture(trace, name, still.NARROW), f"traces/{name}.json"
        )
        for name, trace in traces.items()
    ]
    return ENVIRONMENT.from_string(PAGE.lstrip()).render(items=items, assets=page.assets())


if __name__ == "__main__":
    import sys

    print(html({Path(file).stem: json.loads(Path(file).read_text()) for file in sys.argv[1:]}))
