"""The report: one HTML file that opens offline, the answer first; it only shows what the tables and plots say."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from concurrency.arms import BASELINE
from concurrency.noise import kind
from concurrency.plots import TITLES
from concurrency.strategies import catalogue

ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(
    timings: pd.DataFrame,
    summary: pd.DataFrame,
    verdict: Mapping[str, Mapping[str, Any]],
    claims: pd.DataFrame,
    plots: Mapping[str, Sequence[Path]],
    environment: Mapping[str, str],
    config: Mapping[str, Any],
    left_out: Mapping[str, Mapping[str, str]],
) -> str:
    """The report as HTML. `plots` names the SVG files of each workload, in order; `config` is shown as it was used.

    `left_out` says for each workload why a strategy that was asked for could not be run.
    """
    rows = {
        workload: [_row(arm) for _, arm in summary[summary["workload"] == workload].iterrows()] for workload in verdict
    }
    workloads = [
        {
            "name": workload,
            "title": TITLES[workload],
            "sentence": verdict[workload]["sentence"],
            "plots": [_inline(path) for path in plots.get(workload, [])],
            "several_hosts": "hosts" in verdict[workload],
            "control": _control(verdict[workload]["control"]),
            "rows": [row for row in rows[workload] if not row["is_algorithm"]],
            "algorithms": [row for row in rows[workload] if row["is_algorithm"]],
            "left_out": left_out.get(workload, {}),
            "errors": _errors(timings[timings["workload"] == workload]),
        }
        for workload in verdict
    ]
    template = ENVIRONMENT.get_template("report.html.j2")
    return template.render(
        workloads=workloads,
        claims=claims.to_dict("records"),
        environment=environment,
        config=yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True),
        rounds=int(timings["round"].nunique()),
        samples=len(timings),
    )


def _inline(path: Path) -> Markup:
    svg = path.read_text(encoding="utf-8")
    return Markup(svg[svg.index("<svg") :])  # noqa: S704  (drawn by us; matplotlib escapes the text in it)


def _row(arm: pd.Series) -> dict[str, Any]:
    def number(value: Any, form: str) -> str:
        return "–" if pd.isna(value) else format(float(value), form)

    known = catalogue(kind(arm["workload"])).get(arm["strategy"])
    interval = "–"
    if pd.notna(arm["speedup_low"]) and arm["strategy"] != BASELINE:
        interval = f"{arm['speedup_low']:.3g} – {arm['speedup_high']:.3g}"
    return {
        "strategy": arm["strategy"],
        "summary": known.summary if known else "",
        "is_algorithm": bool(known and known.is_algorithm),
        "workers": arm["workers"],
        "options": arm["options"],
        "median_s": number(arm["median_s"], ".3f"),
        "speedup": number(arm["speedup"], ".3g"),
        "interval": interval,
        "efficiency": number(arm["efficiency"] * 100, ".0f"),
        "cpu_s": number(arm["cpu_s"], ".2f"),
        "memory": number(arm["max_rss_bytes"] / 2**20, ".0f"),
        "rounds": arm["rounds"],
        "failed": arm["failed"],
        "best": bool(arm["best"]),
        "host": arm["host"],
        "flags": arm["flags"],
    }


def _control(ratio: Mapping[str, float | None]) -> str:
    """What the A/A control says, empty without one."""
    if ratio["low"] is None or ratio["high"] is None:
        return ""
    low, high = (f"{(bound - 1) * 100:+.1f}" for bound in (ratio["low"], ratio["high"]))
    return f"One arm was measured twice in every round: the two differ by {low} to {high} % (99 % interval)."


def _errors(timings: pd.DataFrame) -> list[dict[str, Any]]:
    """Each different error of each arm, once, with how often it happened."""
    failed = timings[timings["error"] != ""]
    grouped = failed.groupby(["strategy", "workers", "options", "error"], sort=True).size()
    return [
        dict(zip(["strategy", "workers", "options", "error"], key, strict=True)) | {"n": n}
        for key, n in grouped.items()
    ]
