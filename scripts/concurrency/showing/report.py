"""The report: one HTML file that opens offline, the answer first; it only shows what the tables and plots say."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from concurrency.deciding.answer import ROUNDS_TO_DECIDE
from concurrency.deciding.names import row_name
from concurrency.deciding.scaling import in_words
from concurrency.deciding.tables import ARM
from concurrency.deciding.words import doing_the_job, number
from concurrency.errors import shown
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of

READS = ("report.html.j2",)
ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
PLOTS = ("comparison", "workers", "cost")
LAWS_TOLD = 6  # in a caption; more of them are in the table
FILES = ["tables/timings.csv", "tables/summary.csv", "tables/scaling.csv", "tables/claims.csv", "tables/verdict.json"]
EXPLAINED = {
    "futures": "The life of a future",
    "switching": "What switching costs",
    "races": "What a race loses",
}


def render(
    timings: pd.DataFrame,
    summary: pd.DataFrame,
    scaling: pd.DataFrame,
    verdict: Mapping[str, Mapping[str, Any]],
    claims: pd.DataFrame,
    plots: Sequence[Path],
    explanations: Sequence[Path],
    environment: Mapping[str, str],
    config: Mapping[str, Any],
    left_out: Mapping[str, Mapping[str, str]],
    replayed: Mapping[str, str] = MappingProxyType({}),
    measured: Mapping[str, str] = MappingProxyType({}),
    mapped: tuple[Path, Sequence[str]] | None = None,
    recommended: Mapping[str, Path] = MappingProxyType({}),
) -> str:
    """The report as HTML.

    `plots` are the SVG files named `<workload>_<plot>.svg`; `explanations` SVG files named as in EXPLAINED, each with a
    text beside it; `config` is shown as it was used; `left_out` says for each workload why a strategy that was asked
    for could not be run; `replayed` tells of the path to the sites, as `path.facts` has it, `measured` what each of
    the user's own works is; `mapped` are the picture of the map, beside it what it shows in words, and a sentence on
    each measured work; `recommended` has the script of what is recommended for a workload.
    """
    drawn = {path.stem: path for path in plots}
    screened = timings["screening"].fillna(False)
    workloads = [
        _workload(name, timings, summary, scaling, verdict[name], drawn, left_out.get(name, {}))
        for name in sorted(verdict, key=lambda name: (kind_of(name).is_fast, name))
    ]
    return ENVIRONMENT.get_template("report.html.j2").render(
        workloads=workloads,
        claims=claims.to_dict("records") if claims["case"].ne("").any() else [],
        explanations=[{"title": _explained(path.stem)} | _explained_picture(path) for path in explanations],
        environment={**environment, **_interpreters(timings)},
        replayed=replayed,
        measured=measured,
        mapped=mapped and {"picture": _explained_picture(mapped[0]), "works": mapped[1]},
        scripts=[
            {
                "title": kind_of(name).title,
                "code": shown(path.read_text(encoding="utf-8")),
                "file": f"recommended/{path.name}",
            }
            | {"job": doing_the_job(name, config) if kind_of(name).setting != "download" else ""}
            for name, path in recommended.items()
        ],
        config=shown(yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)),
        cores=timings["cores"].max(),
        files=FILES,
        rounds=int(timings.loc[~screened, "round"].nunique()),
        samples=int((~screened).sum()),
        screened=int(screened.sum()),
    )


def _explained_picture(path: Path) -> dict[str, Any]:
    """A picture with the text that lies beside it."""
    return _picture(path, path.with_suffix(".txt").read_text(encoding="utf-8"))


def _explained(topic: str) -> str:
    """The title of an explanation."""
    return (
        EXPLAINED.get(topic)
        or f"{kind_of(topic.removesuffix('_timeline')).title.partition(' (')[0]}: who did what when"
    )


def _workload(
    name: str,
    timings: pd.DataFrame,
    summary: pd.DataFrame,
    scaling: pd.DataFrame,
    answer: Mapping[str, Any],
    drawn: Mapping[str, Path],
    left_out: Mapping[str, str],
) -> dict[str, Any]:
    arms = summary[summary["workload"] == name]
    apart = arms["strategy"].isin(kind_of(name).algorithms())
    differing = {column for column in ("interpreter", "host") if arms[column].nunique() > 1}
    shown = [
        column
        for column in COLUMNS
        if not (arms[column.source].isna() | arms[column.source].eq("")).all()
        and (column.source not in ("interpreter", "host") or column.source in differing)
    ]
    alts = {
        "comparison": answer["sentence"],
        "workers": _best_workers(arms[~apart], scaling[scaling["workload"] == name]),
        "cost": _costs(arms[~apart]),
    }
    return {
        "name": name,
        "title": kind_of(name).title,
        "sentence": answer["sentence"],
        "noise": answer["noise"],
        "reasons": answer["reasons"],
        "control": _control(answer["control"]) if answer["rounds"] >= ROUNDS_TO_DECIDE else "",
        "pictures": {
            plot: _picture(drawn[f"{name}_{plot}"], alts[plot], caption=plot != "comparison")
            for plot in PLOTS
            if f"{name}_{plot}" in drawn
        },
        "columns": [column.title for column in shown],
        "rows": list(_rows(arms[~apart], shown)),
        "algorithms": list(_rows(arms[apart], shown)),
        "left_out": left_out,
        "errors": list(_errors(timings[timings["workload"] == name])),
    }


def _picture(path: Path, says: str, caption: bool = True) -> dict[str, Any]:
    """An SVG file to stand in the page: its ids made its own, and what it shows in words, for those who cannot see it
    and, as its `caption`, for all.
    """
    svg = path.read_text(encoding="utf-8")
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{path.stem}-", svg)
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{escape(says)}"', 1)
    return {"svg": Markup(svg), "text": says if caption else ""}  # noqa: S704  (drawn by us; matplotlib escapes the text in it)


@dataclass(frozen=True)
class Column:
    """A column of the table of arms: where it comes from, and how a value is written."""

    title: str
    source: str
    form: str | Callable[[float], str] = ""
    unit: float = 1.0

    def cell(self, arm: pd.Series) -> dict[str, Any]:
        value = arm[self.source]
        if pd.isna(value) or str(value) == "":
            return {"text": "–" if pd.isna(value) else "", "sort": "", "hint": ""}
        if not self.form:
            return {"text": str(value), "sort": None, "hint": ""}
        amount = float(value) / self.unit
        text = self.form(amount) if callable(self.form) else format(amount, self.form)
        return {"text": text, "sort": float(value), "hint": ""}


COLUMNS = (
    Column("workers", "workers", ".0f"),
    Column("options", "options"),
    Column("host", "host"),
    Column("interpreter", "interpreter"),
    Column("median, s", "median_s", ".3f"),
    Column("times as fast", "speedup", ".3g"),
    Column("from (95 %)", "speedup_low", ".3g"),
    Column("to", "speedup_high", ".3g"),
    Column("times as fast as the fastest one by one", "versus_sequential", ".3g"),
    Column("efficiency, %", "efficiency", ".0f", 0.01),
    Column("CPU, s", "cpu_s", number),
    Column("peak memory, MiB", "max_rss_bytes", ".0f", 2**20),
    Column("rounds", "rounds", ".0f"),
    Column("failed", "failed", ".0f"),
    Column("beware", "flags"),
)


def _rows(arms: pd.DataFrame, columns: Sequence[Column]) -> Iterator[dict[str, Any]]:
    for _, arm in arms.iterrows():
        known = kind_of(arm["workload"]).strategies().get(arm["strategy"])
        name = arm["strategy"] + (" ◆" if arm["best"] else "")
        first = {"text": name, "sort": None, "hint": known.summary if known else ""}
        yield {"best": bool(arm["best"]), "cells": [first, *(column.cell(arm) for column in columns)]}


def _best_workers(arms: pd.DataFrame, scaling: pd.DataFrame) -> str:
    """The finding of the workers plot: where each strategy was fastest, the law of its scaling and what limits it."""
    laws = (in_words(row, scaling["interpreter"].nunique() > 1) for _, row in scaling.iterrows())
    told = list(filter(None, laws))
    more = f"; {len(told) - LAWS_TOLD} others in scaling.csv" if len(told) > LAWS_TOLD else ""
    return _fastest(arms) + (f" How they scale: {'; '.join(told[:LAWS_TOLD])}{more}." if told else "")


def _fastest(arms: pd.DataFrame) -> str:
    """Each strategy with the worker count at which it was fastest."""
    best = arms[arms["speedup"].notna() & (arms["strategy"] != BASELINE)].drop_duplicates(["strategy", "interpreter"])
    if best.empty:
        return "No speed-ups."
    if arms["versus_sequential"].isna().all():
        found = [f"{row_name(arm)} {arm['speedup']:.3g} times" for _, arm in best.iterrows()]
        return f"Each strategy where it was fastest, against one by one: {'; '.join(found)}."
    sentences = ["Each strategy where it was fastest, against one by one on the same interpreter."]
    for interpreter, own in best.groupby("interpreter", sort=True):
        found = [
            f"{row_name(arm)} {arm['speedup']:.3g} times ({_interval(arm, 'speedup')})" for _, arm in own.iterrows()
        ]
        baseline = arms[(arms["interpreter"] == interpreter) & (arms["strategy"] == BASELINE)]
        for _, arm in baseline[baseline["versus_sequential"].notna()].iterrows():
            place = (
                f"{arm['versus_sequential']:.3g} times as fast as the fastest ({_interval(arm, 'versus_sequential')})"
            )
            found.append("one by one itself " + (place if arm["versus_sequential"] != 1 else "is the fastest of all"))
        sentences.append(f"{interpreter}: {'; '.join(found)}.")
    return " ".join(sentences)


def _interval(arm: pd.Series, name: str) -> str:
    low, high = arm[f"{name}_low"], arm[f"{name}_high"]
    return f"95 %: {low:.3g}–{high:.3g}" if pd.notna(low) else "one round"


def _costs(arms: pd.DataFrame) -> str:
    """The finding of the cost plot: the arms that took least and most memory and CPU time."""
    done = arms[arms["rounds"] > 0].astype({"max_rss_bytes": float, "cpu_s": float})
    if done.empty:
        return "Nothing succeeded."
    extremes = []
    for column, written in (("max_rss_bytes", _memory), ("cpu_s", _cpu_time)):
        least, most = (done.loc[found] for found in (done[column].idxmin(), done[column].idxmax()))
        amounts = [written(row[column]) for row in (least, most)]
        if amounts[0] == amounts[1]:
            extremes.append(f"All: {amounts[0]}")
        else:
            extremes += [f"Least: {row_name(least, arms)}, {amounts[0]}", f"Most: {row_name(most, arms)}, {amounts[1]}"]
    return f"{'. '.join(extremes)}."


def _memory(size_bytes: float) -> str:
    return f"{size_bytes / 2**20:.0f} MiB of memory"


def _cpu_time(seconds: float) -> str:
    return f"{number(seconds)} s of CPU time"


def _control(ratio: Mapping[str, float | None]) -> str:
    """What the A/A control says, empty without one."""
    if ratio["low"] is None or ratio["high"] is None:
        return ""
    low, high = (f"{(bound - 1) * 100:+.1f}" for bound in (ratio["low"], ratio["high"]))
    return f"One arm was measured twice in every round: the two differ by {low} to {high} % (99 % interval)."


def _interpreters(timings: pd.DataFrame) -> dict[str, str]:
    """Version, build and compiler of each interpreter, as its workers saw them, where there are several."""
    known = timings[timings["python"] != ""].drop_duplicates(["interpreter", "python"])
    if known["interpreter"].nunique() < 2:
        return {}
    return {name: " | ".join(own["python"]) for name, own in known.groupby("interpreter", sort=True)}


def _errors(timings: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Each different error of each arm, once, with how often it happened."""
    failed = timings[timings["error"] != ""]
    for _, same in failed.groupby([*ARM, "error"], sort=True):
        yield {"arm": row_name(same.iloc[0], timings), "error": same["error"].iloc[0], "n": len(same)}
