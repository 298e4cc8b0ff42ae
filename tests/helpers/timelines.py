"""Timelines in a page of their own."""

import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

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
