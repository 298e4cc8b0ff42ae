"""What the pictures of a workload show, in words."""

import math

import pandas as pd

from concurrency.deciding.names import row_name
from concurrency.deciding.scaling import in_words
from concurrency.deciding.summary import effect
from concurrency.deciding.words import interval, number, times, with_interval
from concurrency.strategies._catalogue import BASELINE

LAWS_TOLD = 6  # in a caption; more of them are in the table


def how_many_workers(arms: pd.DataFrame, scaling: pd.DataFrame) -> str:
    """The finding of the workers plot: where each strategy was fastest, the law of its scaling and what limits it."""
    if len(hosts := list(arms["host"].unique())) > 1:
        parts = ((host, arms[arms["host"] == host], scaling[scaling["host"] == host]) for host in hosts)
        return " ".join(f"On {host}: {how_many_workers(own, of_host)}" for host, own, of_host in parts)
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
        found = [f"{row_name(arm)}, {with_interval(effect(arm, 'speedup'))}" for _, arm in best.iterrows()]
        return f"Each strategy where it was fastest, against one by one: {'; '.join(found)}."
    sentences = ["Each strategy where it was fastest, against one by one on the same interpreter."]
    for interpreter, own in best.groupby("interpreter", sort=True):
        found = [f"{row_name(arm)}, {with_interval(effect(arm, 'speedup'))}" for _, arm in own.iterrows()]
        baseline = arms[(arms["interpreter"] == interpreter) & (arms["strategy"] == BASELINE)]
        for _, arm in baseline[baseline["versus_sequential"].notna()].iterrows():
            against = effect(arm, "versus_sequential")
            bounds = f" ({interval(against)})" if math.isfinite(against.low) else ""
            place = f"{times(against)} as fast as the fastest{bounds}"
            found.append("one by one itself " + (place if arm["versus_sequential"] != 1 else "is the fastest of all"))
        sentences.append(f"{interpreter}: {'; '.join(found)}.")
    return " ".join(sentences)


def costs(arms: pd.DataFrame) -> str:
    """The finding of the cost plot: the arms that took least and most memory and CPU time."""
    if len(hosts := list(arms["host"].unique())) > 1:
        return " ".join(f"On {host}: {costs(arms[arms['host'] == host])}" for host in hosts)
    done = arms[arms["rounds"] > 0].astype({"max_rss_bytes": float, "cpu_s": float})
    if done.empty:
        return "Nothing succeeded."
    extremes = []
    for column, written in (("max_rss_bytes", _memory), ("cpu_s", _cpu_time)):
        if done[column].isna().all():  # an older table
            continue
        least, most = (done.loc[found] for found in (done[column].idxmin(), done[column].idxmax()))
        amounts = [written(row[column]) for row in (least, most)]
        if amounts[0] == amounts[1]:
            extremes.append(f"All: {amounts[0]}")
        else:
            extremes += [f"Least: {row_name(least, arms)}, {amounts[0]}", f"Most: {row_name(most, arms)}, {amounts[1]}"]
    return f"{'. '.join(extremes or ['What it costs is not known'])}."


def _memory(size_bytes: float) -> str:
    return f"{size_bytes / 2**20:.0f} MiB of memory"


def _cpu_time(seconds: float) -> str:
    return f"{number(seconds)} s of CPU time"
