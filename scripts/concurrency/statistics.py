"""Which arm is fastest, by how much, and which are as good: the only place that decides.

The round is the unit of replication. Within a round every arm ran once, in random order, so that the logarithm of the
ratio of two arms' times in one round is free of whatever slows a whole round down. An arm's speed-up is the geometric
mean of its ratios to `sequential`; intervals are Student's t on the log-ratios, widened by Bonferroni's inequality to
hold for all arms of a workload at once (O. J. Dunn, "Multiple Comparisons Among Means", JASA 56, 1961).
Times are `wall_s`: set-up included, as a user would wait for it.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from concurrency.arms import BASELINE
from concurrency.strategies import catalogue
from concurrency.tables import SUMMARY

LEVEL = 0.95
ROUNDS_TO_TELL = 5
BLOCK = ["workload", "interpreter", "host"]
ARM = ["strategy", "workers", "options"]


def summarise(timings: pd.DataFrame) -> pd.DataFrame:
    """One row an arm, with the columns of summary.csv; the fastest of each workload first, failed arms last.

    `timings` has the columns of timings.csv. A sample with an error or with failed items is counted in `failed` and
    used for nothing else. Speed-ups and intervals are empty where the baseline or the arm leaves too few rounds.
    """
    timings = timings.reset_index(drop=True)
    rows = [row for _, block in timings.groupby(BLOCK, sort=True) for row in _summarise_block(block)]
    table = pd.DataFrame(rows, columns=list(SUMMARY))
    table = table.sort_values([*BLOCK, "speedup"], ascending=[True, True, True, False], kind="stable")
    return table.astype(SUMMARY).reset_index(drop=True)


def _summarise_block(block: pd.DataFrame) -> Iterator[dict[str, Any]]:
    good = block[block["failed"].eq(0) & block["error"].eq("") & ~block["control"].fillna(False)]
    logs = _log_times(good)
    baseline = next((arm for arm in logs if arm[0] == BASELINE), None)
    complete = [arm for arm in logs if logs[arm].notna().sum() == block["round"].nunique()]
    best = _best_set(logs[complete])
    for arm, samples in block[~block["control"].fillna(False)].groupby(ARM, sort=True):
        succeeded = samples[samples.index.isin(good.index)]
        row = dict(zip([*BLOCK, *ARM], [*samples[BLOCK].iloc[0], *arm], strict=True))
        row |= {"rounds": len(succeeded), "failed": len(samples) - len(succeeded), "best": arm in best}
        if len(succeeded):
            row |= {
                "median_s": succeeded["wall_s"].median(),
                "cpu_s": succeeded["cpu_s"].median(),
                "max_rss_bytes": succeeded["max_rss_bytes"].max(),
            }
        if len(succeeded) and baseline is not None and arm in logs:
            ratio, low, high = _speedup(logs[baseline] - logs[arm], family=len(logs.columns) - 1)
            row |= {"speedup": ratio, "speedup_low": low, "speedup_high": high}
            if row["workload"] == "squares":
                row["efficiency"] = ratio / min(arm[1], samples["cores"].max())
        yield row


def _log_times(good: pd.DataFrame) -> pd.DataFrame:
    """Log seconds, a row a round and a column an arm; a column is missing where an arm never succeeded."""
    times = good.pivot_table(index="round", columns=ARM, values="wall_s", aggfunc="mean", sort=True)
    logs: pd.DataFrame = np.log(times.astype(float))
    return logs


def _speedup(log_ratios: pd.Series, family: int) -> tuple[float, float, float]:
    """The geometric mean of paired ratios and its interval, one of `family` that hold at once."""
    mean, half = _mean_and_half_width(log_ratios, family)
    return float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half))


def _mean_and_half_width(values: pd.Series, family: int) -> tuple[float, float]:
    known = values.dropna()
    n = len(known)
    if n < 2:
        return (float(known.mean()) if n else np.nan), np.nan
    quantile = stats.t.ppf(1 - (1 - LEVEL) / (2 * max(family, 1)), n - 1)
    return float(known.mean()), float(quantile * known.std(ddof=1) / np.sqrt(n))


def _best_set(logs: pd.DataFrame) -> set[Any]:
    """The arms whose time cannot be told from that of the fastest on average."""
    if logs.empty:
        return set()
    fastest = logs.mean().idxmin()
    best = set()
    for arm in logs:
        mean, half = _mean_and_half_width(logs[arm] - logs[fastest], family=len(logs.columns) - 1)
        if not mean - half > 0:
            best.add(arm)
    return best


def verdict(timings: pd.DataFrame, summary: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Per workload the answer as data and as one sentence.

    Keys: `sentence`; `strategy`, `workers`, `options` of the recommended arm (the simplest of the best: fewest
    workers, then the strategy of lowest rank) with its `speedup`, `speedup_low` and `speedup_high`; `ties`, the names
    of the other arms of the best set; `rounds`. A workload in which nothing succeeded has only a sentence.
    """
    return {str(workload): _verdict(str(workload), arms) for workload, arms in summary.groupby("workload", sort=True)}


def _verdict(workload: str, arms: pd.DataFrame) -> dict[str, Any]:
    best = arms[arms["best"]]
    if best.empty:
        failed = "every strategy failed" if arms["rounds"].eq(0).all() else "no strategy succeeded in every round"
        return {"sentence": f"No answer: {failed}; the tables say why.", "rounds": 0, "ties": []}
    ranks = [catalogue(workload)[name].rank for name in best["strategy"]]
    chosen = best.assign(rank=ranks).sort_values(["workers", "rank"], kind="stable").iloc[0]
    ties = [arm_name(tie) for _, tie in best.iterrows() if tie.name != chosen.name]
    answer = {
        "strategy": chosen["strategy"],
        "workers": int(chosen["workers"]),
        "options": chosen["options"],
        "rounds": int(chosen["rounds"]),
        "ties": ties,
    }
    for key in ("speedup", "speedup_low", "speedup_high"):
        answer[key] = None if pd.isna(chosen[key]) else round(float(chosen[key]), 4)
    return {"sentence": _sentence(chosen, ties, len(arms)), **answer}


def _sentence(chosen: pd.Series, ties: list[str], arms: int) -> str:
    if chosen["rounds"] < ROUNDS_TO_TELL:
        return (
            f"Too few rounds to tell: {chosen['rounds']}, and it takes at least {ROUNDS_TO_TELL}. "
            f"So far nothing is shown to be faster than {arm_name(chosen)}."
        )
    if arms == 1:
        return f"Only {arm_name(chosen)} was measured: {chosen['median_s']:.3g} s."
    if ties and len(ties) == arms - 1:
        return (
            f"No clear winner: none of the {arms} arms can be told from the others. The simplest is {arm_name(chosen)}."
        )
    if chosen["strategy"] == BASELINE:
        gain = "one by one is as fast as anything"
    elif pd.isna(chosen["speedup"]):
        gain = f"{arm_name(chosen)} is fastest; one by one failed, so there is no speed-up to tell"
    else:
        low, high = chosen["speedup_low"], chosen["speedup_high"]
        gain = f"{arm_name(chosen)}: {chosen['speedup']:.3g}× as fast as one by one (95 %: {low:.3g}–{high:.3g})"
    if ties:
        gain += f". {', '.join(ties)} cannot be told from it"
    return gain[0].upper() + gain[1:] + "." if chosen["strategy"] == BASELINE else gain + "."


def arm_name(arm: pd.Series) -> str:
    """An arm as people say it: `asyncio with 15 in flight`, `process_pool with 2 workers (chunksize=2)`."""
    if arm["strategy"] == BASELINE:
        return "sequential"
    unit = "in flight" if arm["workload"] == "download" else "worker" if arm["workers"] == 1 else "workers"
    options = f" ({arm['options']})" if arm["options"] else ""
    return f"{arm['strategy']} with {arm['workers']} {unit}{options}"
