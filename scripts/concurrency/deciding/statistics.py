"""Which arm is fastest, by how much, and which are as good: the only place that decides.

The round is the unit of replication: on one host, in one round, every arm ran once, in random order, so that the
ratio of two arms' times in one round is free of whatever slows the whole round down. Speed-ups are geometric means of
such ratios, and their intervals hold for all arms of a workload on a host at once. `inference` has the mathematics and
its sources, `noise` judges the machine, `make validate` shows that the promises are kept. No outlier is dropped.
Times are `wall_s`: set-up included, as a user would wait for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from concurrency.deciding import inference, noise
from concurrency.deciding.tables import ARM, BLOCK, SUMMARY, as_timings
from concurrency.measuring.arms import BASELINE
from concurrency.measuring.interpreters import GIL_IS_BACK
from concurrency.strategies import algorithms, catalogue

ROUNDS_TO_TELL = 5
ONE_BY_ONE = "one by one"  # as people say `sequential`
NAMED = 4  # at most, in a sentence; the picture and the table have them all
CONTROL_FAMILY = 5  # a 99 % interval: one campaign in a hundred is called noisy for nothing

ArmKey = tuple[str, int, str, str]
Interval = tuple[float, float, float]
UNKNOWN: Interval = (np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Block:
    """What was measured of a workload on a host, warm-up rounds left out.

    `logs` are the logarithms of the times, a row a round and a column an arm, simplest arm first, empty where there is
    no good sample; `complete` are the arms that succeeded in every round, without algorithms, which do other work;
    `mixed` says that rounds were measured with different arms, so that none counts as complete; `control` is the A/A
    duplicate.
    """

    workload: str
    host: str
    samples: pd.DataFrame
    good: pd.Series
    logs: pd.DataFrame
    complete: list[ArmKey]
    mixed: bool
    control: pd.DataFrame
    warm_up: int
    robust: bool
    own_function: bool

    @property
    def rounds(self) -> int:
        return len(self.logs)

    @property
    def form(self) -> inference.Form:
        return inference.form(self.rounds, len(self.complete), self.robust)

    def array(self, arms: Sequence[ArmKey]) -> inference.Array:
        """The log times of complete `arms` as one campaign of `inference`."""
        campaign: inference.Array = self.logs[list(arms)].to_numpy(dtype=float)[None]
        return campaign

    def baseline_of(self, arm: ArmKey) -> ArmKey | None:
        return next((other for other in self.logs if other[0] == BASELINE and other[3] == arm[3]), None)

    @property
    def interpreters(self) -> list[str]:
        """Those that brought any good sample."""
        return sorted({arm[3] for arm in self.logs})

    def has_gil(self, interpreter: str) -> bool:
        """Whether it ran with the GIL; where that is not known, as nearly all do."""
        known = self.samples.loc[self.samples["interpreter"] == interpreter, "gil"].dropna()
        return bool(known.empty or known.any())

    @property
    def fastest_baseline(self) -> ArmKey | None:
        """Of the interpreters' baselines the fastest, as far as they are complete."""
        baselines = [arm for arm in self.complete if arm[0] == BASELINE]
        return min(baselines, key=lambda arm: float(self.logs[arm].mean()), default=None)


def summarise(timings: pd.DataFrame, robust: bool = False, own_function: bool = False) -> pd.DataFrame:
    """One row an arm and host, with the columns of summary.csv; the fastest of each workload first, failed arms last.

    `timings` has the columns of timings.csv, in any order of rows. A sample with an error, with failed items or
    without a positive time counts in `failed` and for nothing else; an arm that misses a round cannot be `best`,
    and none can where rounds were measured with different arms.
    Speed-ups are against `sequential` of the same interpreter and host, empty where that leaves no common round;
    `versus_sequential`, with several interpreters, is against the fastest `sequential` of them all; `versus_best` is
    the fastest arm's time over the arm's. `robust` asks for the trimmed form (see `inference.form`). With
    `own_function`, the squares are a function of the user's, of which less can be said to be impossible.
    """
    rows = [row for block in blocks(timings, robust, own_function) for row in _summary_rows(block)]
    table = pd.DataFrame(rows, columns=list(SUMMARY))
    table["gain"] = table["versus_sequential"].where(table["versus_sequential"].notna(), table["speedup"])
    table = table.sort_values([*BLOCK, "gain", *ARM], ascending=[True, True, False] + [True] * len(ARM))
    return table[list(SUMMARY)].astype(SUMMARY).reset_index(drop=True)


def verdict(
    timings: pd.DataFrame, summary: pd.DataFrame, robust: bool = False, own_function: bool = False
) -> dict[str, dict[str, Any]]:
    """Per workload the answer as data and as sentences; `robust` and `own_function` as for `summarise`.

    Keys: `sentence`; `strategy`, `workers`, `options`, `interpreter`, `host` of the recommended arm (the simplest of
    the best: fewest workers, then the strategy of lowest rank); its `speedup` (each round judged by the arm that the
    other rounds recommend, so that it is not inflated), `speedup_low`, `speedup_high`; with several interpreters the
    same as `versus_sequential`, and whose `sequential` is the fastest, `sequential_interpreter`; `ties`, the names of
    the other arms of the best set; `rounds`, `warm_up` (rounds left out), `form` (of `inference`); `noise` (`quiet`,
    `noisy` or `unusable`), `reasons`, `advice`; `control`, the time of the A/A duplicate over its twin's, with a 99 %
    interval. Where nothing can be recommended, those of the arm are missing. With several hosts, these are of the first
    one in `timings`, and `hosts` has the answer of each.
    """
    answers: dict[str, dict[str, dict[str, Any]]] = {}
    for block in blocks(timings, robust, own_function):
        rows = summary[(summary["workload"] == block.workload) & (summary["host"] == block.host)]
        rows = rows[~rows["strategy"].isin(algorithms(noise.kind(block.workload)))]
        answers.setdefault(block.workload, {})[block.host] = _answer(block, rows)
    return {workload: _over_hosts(answers[workload], timings) for workload in sorted(answers)}


def half_width(timings: pd.DataFrame, workload: str, robust: bool = False) -> float:
    """Half the width of the interval of the recommended arm's log speed-up, on the first host of `timings`.

    Infinite after a single round; 0 where no speed-up can be told however many rounds there are.
    """
    own = timings[timings["workload"] == workload]
    for block in blocks(own[own["host"] == own["host"].iloc[0]], robust):
        baseline = block.fastest_baseline
        if baseline is not None and len(block.complete) > 1:
            logs, reference = block.array(block.complete), block.complete.index(baseline)
            return float(inference.imprecision(logs, reference, block.form)[0]) if block.rounds > 1 else np.inf
    return 0.0


def blocks(timings: pd.DataFrame, robust: bool, own_function: bool = False) -> Iterator[Block]:
    timings = as_timings(timings)
    timed = timings["wall_s"].to_numpy(dtype=float, na_value=np.nan)
    good = timings["failed"].eq(0).fillna(False) & timings["error"].eq("") & np.isfinite(timed) & (timed > 0)
    control, warm_up = timings["control"].fillna(False), timings["warm_up"].fillna(False)
    for (workload, host), samples in timings[~warm_up & ~control].groupby(BLOCK, sort=True):
        usable = good[samples.index].astype(bool)
        logs = _log_times(samples[usable], ARM).reindex(sorted(samples["round"].unique()))
        logs = logs[sorted(logs, key=partial(_simplicity, workload))]
        failed = {tuple(arm) for arm in samples.loc[~usable, ARM].itertuples(index=False)}
        apart = algorithms(noise.kind(workload))
        complete = [arm for arm in logs if logs[arm].notna().all() and arm not in failed and arm[0] not in apart]
        if mixed := _is_mixed(samples[~samples["strategy"].isin(apart)], len(logs)):
            complete = []
        here = (timings[BLOCK] == [workload, host]).all(axis="columns")
        duplicate = timings[here & ~warm_up & control & good]
        left_out = timings.loc[here & warm_up, "round"].nunique()
        yield Block(workload, host, samples, usable, logs, complete, mixed, duplicate, left_out, robust, own_function)


def _is_mixed(samples: pd.DataFrame, rounds: int) -> bool:
    """Whether arms came, or took the place of others: not all are in all rounds, and the cores changed, or one is in at
    most half of the rounds. An arm that otherwise misses fewer is only out of the running."""
    # a sample that failed is in its round, too, but could not see that the GIL was back
    asked = samples.assign(interpreter=samples["interpreter"].str.removesuffix(GIL_IS_BACK))
    measured = asked.groupby(ARM)["round"].nunique()
    return bool(((measured < rounds).any() and samples["cores"].nunique() > 1) or (2 * measured <= rounds).any())


def _log_times(samples: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    times = samples.astype({"wall_s": float}).pivot_table(index="round", columns=columns, values="wall_s", sort=True)
    logs: pd.DataFrame = np.log(times)
    return logs


def _simplicity(workload: str, arm: ArmKey) -> tuple[Any, ...]:
    """Few workers before many, then a simple strategy before others; one that is unknown here comes last."""
    known = catalogue(noise.kind(workload)).get(arm[0])
    return (arm[1], known.rank if known else np.inf, *arm)


def _summary_rows(block: Block) -> Iterator[dict[str, Any]]:
    speedups, versus, best = _speedups(block), _versus_best(block), _best_set(block)
    overall = _versus_sequential(block)
    for arm, samples in block.samples.groupby(ARM, sort=True):
        succeeded = samples[block.good[samples.index]]
        row = {"workload": block.workload, "host": block.host, **dict(zip(ARM, arm, strict=True))}
        row |= {"rounds": len(succeeded), "failed": len(samples) - len(succeeded), "best": arm in best}
        if len(succeeded):
            row |= {
                "median_s": succeeded["wall_s"].median(),
                "cpu_s": succeeded["cpu_s"].median(),
                "max_rss_bytes": succeeded["max_rss_bytes"].max(),
            }
        for name, intervals in (("speedup", speedups), ("versus_sequential", overall), ("versus_best", versus)):
            row |= dict(zip(_bounds(name), intervals.get(arm, UNKNOWN), strict=True))
        cores = samples["cores"].max()
        if noise.kind(block.workload) == "squares" and pd.notna(cores):
            row["efficiency"] = row["speedup"] / min(arm[1], cores)
        same_work = arm[0] not in algorithms(noise.kind(block.workload))
        flags = noise.impossible(block.workload, row, succeeded, block.own_function) if same_work else []
        yield row | {"flags": "; ".join(flags)}


def _bounds(name: str) -> tuple[str, str, str]:
    """The columns of a ratio and of its interval."""
    return name, f"{name}_low", f"{name}_high"


def _speedups(block: Block) -> dict[ArmKey, Interval]:
    """Of every arm against the baseline of its interpreter; of arms with gaps from the rounds they share with it."""
    baselines = {arm: block.baseline_of(arm) for arm in block.logs}
    family = len(baselines) - len(set(baselines.values()) - {None})
    found: dict[ArmKey, Interval] = {}
    for baseline in {baseline for baseline in baselines.values() if baseline is not None}:
        arms = [arm for arm in baselines if baselines[arm] == baseline]
        whole = [arm for arm in arms if arm in block.complete]
        if baseline in whole and block.rounds > 1:
            compared = inference.against(block.array(whole), whole.index(baseline), block.form)
            found |= dict(zip(whole, _intervals(compared.mean[0], compared.half_width(family)[0]), strict=True))
        for arm in arms:
            if arm not in found:
                found[arm] = paired(block.logs[baseline] - block.logs[arm], family)
    return found


def _versus_sequential(block: Block) -> dict[ArmKey, Interval]:
    """Of every arm against the fastest baseline of all interpreters, where there are several.

    The intervals hold whichever baseline that is, as all pairs of a baseline and another arm are in the family.
    """
    reference = block.fastest_baseline
    if reference is None or len(block.interpreters) < 2:
        return {}
    baselines = sum(arm[0] == BASELINE for arm in block.logs)
    family = baselines * (len(block.logs.columns) - baselines) + baselines * (baselines - 1) // 2
    found: dict[ArmKey, Interval] = {}
    if block.rounds > 1:
        compared = inference.against(block.array(block.complete), block.complete.index(reference), block.form)
        found |= dict(zip(block.complete, _intervals(compared.mean[0], compared.half_width(family)[0]), strict=True))
    for arm in block.logs:
        if arm not in found:
            found[arm] = paired(block.logs[reference] - block.logs[arm], family)
    return found


def paired(differences: pd.Series, family: int) -> Interval:
    known = differences.dropna().to_numpy(dtype=float)
    if len(known) < 2:
        return (float(np.exp(known[0])), np.nan, np.nan) if len(known) else UNKNOWN
    found = inference.estimate(known[None, :, None], 2, "paired")
    [interval] = _intervals(found.mean[0], found.half_width(family)[0])
    return interval


def _intervals(means: inference.Array, halves: inference.Array) -> list[Interval]:
    """Ratios and their bounds from means and half-widths of logarithms."""
    return [
        (float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half)))
        for mean, half in zip(means, halves, strict=True)
    ]


def _versus_best(block: Block) -> dict[ArmKey, Interval]:
    """Every complete arm against the fastest; they hold at once whichever that is, as all pairs are in the family."""
    arms = block.complete
    if not arms or block.rounds < 2:
        return {}
    logs = block.array(arms)
    fastest = int(inference.fastest(logs, block.form)[0])
    found = {arms[fastest]: (1.0, 1.0, 1.0)}
    if len(arms) > 1:
        pairs = inference.pairwise(logs, block.form)
        intervals = _intervals(pairs.mean[0], pairs.half_width(pairs.mean.shape[1])[0])
        for first, second, (ratio, low, high) in zip(*np.triu_indices(len(arms), 1), intervals, strict=True):
            if first == fastest:
                found[arms[second]] = (ratio, low, high)
            elif second == fastest:
                found[arms[first]] = (1 / ratio, 1 / high, 1 / low)
    return found


def _best_set(block: Block) -> set[ArmKey]:
    """The complete arms that cannot be told from the fastest; after a single round, all."""
    if not block.complete or block.rounds < 2:
        return set(block.complete)
    kept = inference.best_set(block.array(block.complete), block.form)[0]
    return {arm for arm, best in zip(block.complete, kept, strict=True) if best}


def _control(block: Block) -> Interval:
    """The A/A duplicate's time over its twin's, with its interval; UNKNOWN without one."""
    if block.control.empty:
        return UNKNOWN
    twin = tuple(block.control[ARM].iloc[0])
    if twin not in block.logs:
        return UNKNOWN
    return paired(_log_times(block.control, ARM)[twin] - block.logs[twin], CONTROL_FAMILY)


def _answer(block: Block, rows: pd.DataFrame) -> dict[str, Any]:
    control = _control(block)
    logs = block.logs[block.complete]
    scatter = logs.sub(logs.mean(axis="columns"), axis="index").std().median()
    machine = noise.judge(block.workload, block.samples[block.good], scatter, control, block.own_function)
    answer: dict[str, Any] = {
        "host": block.host,
        "rounds": block.rounds,
        "warm_up": block.warm_up,
        "form": block.form,
        "ties": [],
        "noise": machine.word,
        "reasons": machine.reasons,
        "advice": machine.advice,
        "control": _rounded(dict(zip(["ratio", "low", "high"], control, strict=True))),
    }
    if block.mixed:
        return {"sentence": _what_is_mixed(block, rows)} | answer
    best = rows[rows["best"]].astype(dict.fromkeys([*_bounds("speedup"), *_bounds("versus_sequential")], float))
    row_of = dict(zip(best[ARM].itertuples(index=False, name=None), best.index, strict=True))
    ordered = [best.loc[row_of[arm]] for arm in block.complete if arm in row_of]
    if not ordered:
        failed = "every arm failed" if rows["rounds"].eq(0).all() else "no arm succeeded in every round"
        return {"sentence": f"No answer: {failed}; the tables say why."} | answer
    chosen, ties = ordered[0], ordered[1:]
    answer |= {name: chosen[name] for name in ("strategy", "options", "interpreter")}
    answer |= {"workers": int(chosen["workers"]), "ties": [arm_name(tie, rows) for tie in ties]}
    ratios = _fair(block, chosen, "speedup", block.baseline_of(tuple(chosen[ARM])))
    fastest = block.fastest_baseline
    if fastest is not None and len(block.interpreters) > 1:
        answer["sequential_interpreter"] = fastest[3]
        ratios |= _fair(block, chosen, "versus_sequential", fastest)
    answer |= _rounded(ratios)
    left_out = "The first round was a warm-up and counts for nothing." if block.warm_up else ""
    sentences = [
        _what_is_best(block, rows, chosen, ties, ratios),
        _what_is_out(block, rows),
        left_out,
        machine.sentence,
    ]
    if chosen["flags"]:
        sentences.insert(1, f"Beware: {chosen['flags']}.")
    return {"sentence": " ".join(filter(None, sentences))} | answer


def _fair(block: Block, chosen: pd.Series, name: str, baseline: ArmKey | None) -> dict[str, float]:
    """The recommended arm's `speedup` or `versus_sequential` against `baseline`, with its interval, each round judged
    by the arm that the other rounds recommend: of the same interpreter, or of all.

    As the summary has it where there are too few rounds to leave one out, or where the baseline failed.
    """
    found = {bound: float(chosen[bound]) for bound in _bounds(name)}
    arm = tuple(chosen[ARM])
    rivals = [other for other in block.complete if name != "speedup" or other[3] == arm[3]]
    if baseline in rivals and block.rounds >= ROUNDS_TO_TELL and arm != baseline:
        how = inference.form(block.rounds, len(rivals), block.robust)
        gain = inference.fair_gain(block.array(rivals), rivals.index(baseline), how)
        found[name] = float(np.clip(np.exp(gain[0]), found[f"{name}_low"], found[f"{name}_high"]))
    return found


def _what_is_best(
    block: Block, rows: pd.DataFrame, chosen: pd.Series, ties: list[pd.Series], ratios: Mapping[str, float]
) -> str:
    name, others = arm_name(chosen, rows), [arm_name(tie, rows) for tie in ties]
    if block.rounds < ROUNDS_TO_TELL:
        ahead = rows[rows["best"]].iloc[0]
        over, gain = ("the fastest one by one", ahead["versus_sequential"])
        if pd.isna(gain):
            over, gain = "one by one", ahead["speedup"]
        known = pd.notna(gain) and ahead["strategy"] != BASELINE
        so_far = f", {_times(gain)} faster than {over}" if known else ""
        plural = "s" if block.rounds > 1 else ""
        return (
            f"Too few rounds to tell ({block.rounds} round{plural}, and it takes at least {ROUNDS_TO_TELL}): "
            f"so far {arm_name(ahead, rows)} is ahead{so_far}."
        )
    if len(rows) == 1:
        return f"Only {name} was measured: {chosen['median_s']:.3g} s."
    if len(ties) == len(rows) - 1:
        told = f"{name} and {others[0]}" if len(ties) == 1 else f"the {len(rows)} arms"
        return f"No clear winner: {told} cannot be told apart; {name} is the simplest."
    if chosen["strategy"] == BASELINE:
        one_by_one = name[0].upper() + name[1:]
        sentence = f"{one_by_one} is the fastest." if not ties else f"No clear winner: nothing is faster than {name}."
    else:
        sentence = f"{name}{_how_much_faster(block, chosen, ratios)}."
    if others:
        it = "it" if chosen["strategy"] != BASELINE else "that"
        sentence += f" {_listed(others, NAMED)} cannot be told from {it}."
    return sentence


def _how_much_faster(block: Block, chosen: pd.Series, ratios: Mapping[str, float]) -> str:
    """… than one by one and, with several interpreters, than the fastest one by one of them all."""
    own = f"{_times(ratios['speedup'])} faster than"
    if "versus_sequential" not in ratios:
        if pd.isna(ratios["speedup"]):
            return " is the fastest; one by one failed, so there is no speed-up to tell"
        return f": {own} one by one (95 %: {_interval(ratios, 'speedup')})"
    assert block.fastest_baseline is not None
    where = block.fastest_baseline[3]
    found = (
        f": {_times(ratios['versus_sequential'])} faster than the fastest one by one, on {where} "
        f"(95 %: {_interval(ratios, 'versus_sequential')})"
    )
    return found if where == chosen["interpreter"] or pd.isna(ratios["speedup"]) else f"{found}, {own} its own"


def _interval(ratios: Mapping[str, float], name: str) -> str:
    return f"{number(ratios[f'{name}_low'])}–{number(ratios[f'{name}_high'])}"


def _what_is_mixed(block: Block, rows: pd.DataFrame) -> str:
    """Which arms are in how many rounds, and what to do."""
    parts = [
        f"{arm_name(arm, rows)} in {arm['rounds'] + arm['failed']} of {block.rounds} rounds"
        for _, arm in rows.sort_values(ARM).iterrows()
        if arm["rounds"] + arm["failed"] < block.rounds
    ]
    return (
        f"No answer: the rounds were measured with different arms ({_listed(parts, NAMED)}). Measure all of them with "
        "the same number of cores and the same Python: snakemake --forcerun measure."
    )


def _what_is_out(block: Block, rows: pd.DataFrame) -> str:
    """Which arms are out of the running, if any."""
    out = []
    for _, arm in rows.sort_values(ARM).iterrows():
        measured = arm["rounds"] + arm["failed"]
        if arm["failed"]:
            out.append(f"{arm_name(arm, rows)} failed in {arm['failed']} of {measured} rounds")
        elif measured < block.rounds:
            out.append(f"{arm_name(arm, rows)} was measured in {measured} of {block.rounds} rounds only")
    return f"Out of the running: {_listed(out)}." if out else ""


def _over_hosts(answers: dict[str, dict[str, Any]], timings: pd.DataFrame) -> dict[str, Any]:
    """The answer of the first host in `timings`; where there are several, with a sentence on each."""
    hosts = [host for host in dict.fromkeys(timings["host"]) if host in answers]
    if len(hosts) == 1:
        return answers[hosts[0]]
    sentence = " ".join(f"On {host}: {answers[host]['sentence']}" for host in hosts)
    return answers[hosts[0]] | {"sentence": sentence, "hosts": {host: answers[host] for host in hosts}}


def _rounded(values: Mapping[str, Any]) -> dict[str, float | None]:
    return {key: None if pd.isna(value) else round(float(value), 4) for key, value in values.items()}


def _times(ratio: float) -> str:
    return f"{number(ratio)}×"


def number(value: float) -> str:
    """Three significant digits, and no powers of ten."""
    return f"{value:#.3g}".rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"


def _listed(names: Sequence[str], most: int | None = None) -> str:
    """… with more than `most` of them, the last ones are counted."""
    if most and len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} others"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def arm_name(arm: pd.Series, among: pd.DataFrame | None = None) -> str:
    """An arm as people say it: `asyncio with 15 in flight`, `process_pool with 2 workers (chunksize=2)`.

    With its interpreter where the arms that it stands `among` have several.
    """
    several = among is not None and among["interpreter"].nunique() > 1
    where = f" on {arm['interpreter']}" if several else ""
    if arm["strategy"] == BASELINE:
        return ONE_BY_ONE + where
    unit = "in flight" if noise.kind(arm["workload"]) == "download" else "worker" if arm["workers"] == 1 else "workers"
    options = f" ({arm['options']})" if arm["options"] else ""
    return f"{arm['strategy']} with {arm['workers']} {unit}{options}{where}"
