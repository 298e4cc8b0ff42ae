"""The report: one HTML file that opens offline, the answer first; it only shows what the tables and plots say."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import yaml

from concurrency.deciding.inference import ROUNDS_TO_DECIDE
from concurrency.deciding.names import ONE_BY_ONE, row_name
from concurrency.deciding.summary import effect
from concurrency.deciding.tables import ARM
from concurrency.deciding.words import doing_the_job, number, on_one_line, with_interval
from concurrency.errors import shown
from concurrency.showing.captions import costs, how_many_workers
from concurrency.showing.glossary import GLOSSARY, Linked, anchor
from concurrency.showing.page import ENVIRONMENT, picture
from concurrency.showing.style import subject
from concurrency.showing.timeline import page
from concurrency.strategies._catalogue import BASELINE
from concurrency.workloads.known import kind_of

READS = ("report.html.j2",)
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
    traces: Mapping[str, Path] = MappingProxyType({}),
) -> str:
    """The report as HTML.

    `plots` are the SVG files named `<workload>_<plot>.svg`; `explanations` SVG files named as in EXPLAINED, each with a
    text beside it; beside each SVG lies the one for a phone, `…_narrow.svg`. `config` is shown as it was used;
    `left_out` says for each workload why a strategy that was asked for could not be run; `replayed` tells of the path
    to the sites, as `path.facts` has it, `measured` what each of the user's own works is; `mapped` are the picture of
    the map, beside it what it shows in words, and a sentence on each measured work; `recommended` has the script of
    what is recommended for a workload, `traces` what was traced of it, of which `<workload>_timeline.svg` is a picture.
    """
    drawn = {path.stem: path for path in [*plots, *explanations]}
    screened = timings["screening"].fillna(False)
    linked = Linked()
    works = [
        _work(name, timings, summary, scaling, verdict[name], drawn)
        | {
            "left_out": left_out.get(name, {}),
            "measured": measured.get(name, ""),
            "script": _script(name, recommended[name], config) if name in recommended else None,
            "timeline": _timeline(name, traces[name], drawn) if name in traces else None,
        }
        for name in sorted(verdict, key=lambda name: (kind_of(name).is_fast, name))
    ]
    return ENVIRONMENT.get_template("report.html.j2").render(
        works=works,
        basis=_basis(int(timings.loc[~screened, "round"].nunique()), int((~screened).sum()), int(screened.sum())),
        claims=claims.to_dict("records") if claims["case"].ne("").any() else [],
        explanations=[
            {"title": EXPLAINED[path.stem]} | _explained(path) for path in explanations if path.stem in EXPLAINED
        ],
        where={f"{work['title']}, how quiet": work["quiet"] for work in works}
        | dict(environment)
        | _interpreters(timings),
        replayed=replayed,
        mapped=mapped and {"picture": _explained(mapped[0]), "works": mapped[1]},
        again=_again(config, timings["cores"].max()),
        config=shown(yaml.safe_dump(dict(config), sort_keys=False, allow_unicode=True)),
        files=FILES,
        glossary=GLOSSARY,
        anchor=anchor,
        linked=linked,
        assets=page.assets(),
    )


def _basis(rounds: int, samples: int, screened: int) -> str:
    """What all of it rests on."""
    before = f", after {screened:,} of screening, which chose the worker counts and count for nothing else"
    return (
        f"From {samples:,} sample{'s' * (samples != 1)} in {rounds} round{'s' * (rounds != 1)}"
        f"{before if screened else ''}. In each round every arm ran once, in random order, each in a fresh "
        "interpreter; speed-ups compare times of the same round, and their 95 % intervals hold for all arms of a work "
        "at once."
    )


def _again(config: Mapping[str, Any], cores: Any) -> str:
    """The command that does the same again; on all cores, where it is not known on how many."""
    cores = "all" if pd.isna(cores) else int(cores)
    if "items" not in config:
        return f"snakemake --cores {cores}"
    return f"snakemake --cores {cores} --config {on_one_line(config)}"


def _script(name: str, path: Path, config: Mapping[str, Any]) -> dict[str, str]:
    """What is recommended, as code, and the command by which the job itself is done so."""
    job = doing_the_job(name, config) if kind_of(name).setting != "download" else ""
    return {"code": shown(path.read_text(encoding="utf-8")), "file": f"recommended/{path.name}", "job": job}


def _timeline(name: str, trace: Path, drawn: Mapping[str, Path]) -> dict[str, Any]:
    """What was traced, to explore, and its still picture."""
    events = json.loads(trace.read_text(encoding="utf-8"))
    return page.item(name, events, drawn[f"{name}_timeline"], f"traces/{trace.name}")


def _explained(path: Path) -> dict[str, Any]:
    """A picture with the text that lies beside it."""
    return picture(path, path.with_suffix(".txt").read_text(encoding="utf-8"))


def _work(
    name: str,
    timings: pd.DataFrame,
    summary: pd.DataFrame,
    scaling: pd.DataFrame,
    answer: Mapping[str, Any],
    drawn: Mapping[str, Path],
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
    says = {
        "comparison": answer["sentence"],
        "workers": how_many_workers(arms[~apart], scaling[scaling["workload"] == name]),
        "cost": f"Of those measured in the rounds that count: {costs(arms[~apart])}",
    }
    of_hosts = answer.get("hosts") or {"": answer}
    return {
        "name": name,
        "title": kind_of(name).title,
        "subject": subject(name),
        "answers": [
            {part: one[part] for part in ("answer", "enough_too", "workers_said", "warnings")}
            | {"where": f"On {host}: " if host else "", "why": one.get("why", {}).get("sentence", "")}
            for host, one in of_hosts.items()
        ],
        "is_quiet": all(one["noise"] == "quiet" for one in of_hosts.values()),
        "quiet": " ".join(f"{f'On {host}: ' if host else ''}{_quiet(one)}" for host, one in of_hosts.items()),
        "pictures": {
            plot: picture(drawn[f"{name}_{plot}"], text, has_caption=plot != "comparison")
            for plot, text in says.items()
            if f"{name}_{plot}" in drawn
        },
        "columns": [column.title for column in shown],
        "rows": list(_rows(arms[~apart], shown)),
        "algorithms": list(_rows(arms[apart], shown)),
        "errors": list(_errors(timings[timings["workload"] == name])),
    }


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
        if self.source in GAINS:
            gain = effect(arm, self.source)
            is_reference = gain.low == gain.high == 1  # what all others are held against
            return {"text": "1" if is_reference else with_interval(gain), "sort": float(value), "hint": ""}
        if not self.form:
            return {"text": str(value), "sort": None, "hint": ""}
        amount = float(value) / self.unit
        text = self.form(amount) if callable(self.form) else format(amount, self.form)
        return {"text": text, "sort": float(value), "hint": ""}


GAINS = ("speedup", "versus_sequential")
COLUMNS = (
    Column("workers", "workers", ".0f"),
    Column("options", "options"),
    Column("host", "host"),
    Column("interpreter", "interpreter"),
    Column("median, s", "median_s", ".3f"),
    Column("times as fast (95 %)", "speedup"),
    Column("times as fast as the fastest one by one", "versus_sequential"),
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
        name = (ONE_BY_ONE if arm["strategy"] == BASELINE else arm["strategy"]) + (" ◆" if arm["best"] else "")
        first = {"text": name, "sort": None, "hint": known.summary if known else ""}
        yield {"best": bool(arm["best"]), "cells": [first, *(column.cell(arm) for column in columns)]}


def _quiet(answer: Mapping[str, Any]) -> str:
    """How quiet it was where it was measured."""
    control = _control(answer["control"]) if answer["rounds"] >= ROUNDS_TO_DECIDE else ""
    reasons = f": {'; '.join(answer['reasons'])}" if answer["reasons"] else ""
    return " ".join(filter(None, [f"{answer['noise']}{reasons}.", control]))


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
