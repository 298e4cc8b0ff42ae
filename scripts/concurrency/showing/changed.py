"""The page on what changed from one campaign to another: one HTML file that opens offline, the answer first."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from concurrency.deciding import changes
from concurrency.deciding.campaigns import Compared
from concurrency.deciding.words import number, with_interval
from concurrency.showing.page import ENVIRONMENT, picture
from concurrency.showing.style import subject
from concurrency.workloads.known import kind_of

READS = ("compared.html.j2",)
COLUMNS = ["arm", "before", "now", "change", "before, s*", "now, s*", "times as fast*"]


def render(
    every: Sequence[Compared],
    drawn: Mapping[str, Path],
    before: Mapping[str, str],
    now: Mapping[str, str],
    folders: tuple[str, str],
) -> str:
    """`drawn` has the picture of each workload, beside which lies the one for a phone; `before` and `now` are the facts
    of the machines, `folders` where the two campaigns lie."""
    return ENVIRONMENT.get_template("compared.html.j2").render(
        works=[_work(one, every, drawn) for one in every],
        folders=folders,
        differing={**changes.of_works(every), **changes.differing(before, now)},
        drift=changes.DRIFT,
        columns=COLUMNS,
    )


def _work(compared: Compared, every: Sequence[Compared], drawn: Mapping[str, Path]) -> dict[str, Any]:
    own = [one for one in every if one.workload == compared.workload]
    where = f" on {compared.now.host}" if len(own) > 1 else ""
    data = changes.as_data(compared)
    has_picture = compared.workload in drawn and compared is own[0]  # one for all hosts
    return data | {
        "id": f"{compared.workload}-{own.index(compared)}",
        "title": kind_of(compared.workload).title + where,
        "subject": subject(compared.workload) + where,
        "picture": picture(drawn[compared.workload], data["sentence"], has_caption=False) if has_picture else None,
        "rows": list(_rows(compared)),
    }


def _rows(compared: Compared) -> Iterator[dict[str, Any]]:
    for one in compared.changes:
        is_told = one in compared.told
        cells = [
            {"text": changes.name(one, compared), "sort": None, "hint": ""},
            *(
                _cell("1" if one.is_baseline else with_interval(arm.speedup), arm.speedup.ratio)
                for arm in (one.before, one.now)
            ),
            _cell("" if one.is_baseline else changes.became(one, is_told), one.gains.ratio),
            *(_cell(number(amount), amount) for amount in (one.before.median_s, one.now.median_s, one.times_as_fast)),
        ]
        yield {"best": is_told, "cells": cells}


def _cell(text: str, amount: float) -> dict[str, Any]:
    return {"text": text, "sort": amount, "hint": ""}
