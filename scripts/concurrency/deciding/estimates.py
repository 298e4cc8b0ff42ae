"""Effects between the arms of a block: geometric means of ratios within rounds, with simultaneous intervals.

`inference` has the mathematics and its sources, and `make validate` shows that the promises are kept.
"""

import numpy as np
import pandas as pd

from concurrency.deciding import inference
from concurrency.deciding.blocks import Block, blocks, log_times
from concurrency.deciding.inference import UNKNOWN, Effect
from concurrency.deciding.tables import ARM, ArmKey
from concurrency.strategies._catalogue import BASELINE

CONTROL_FAMILY = 5  # a 99 % interval: one campaign in a hundred is called noisy for nothing


def speedups(block: Block) -> dict[ArmKey, Effect]:
    """Of every arm against the baseline of its interpreter; of arms with gaps from the rounds they share with it."""
    baselines = {arm: block.baseline_of(arm) for arm in block.arms}
    family = _family(block)
    found: dict[ArmKey, Effect] = {}
    for baseline in {baseline for baseline in baselines.values() if baseline is not None}:
        arms = [arm for arm in baselines if baselines[arm] == baseline]
        found |= _against(block, baseline, arms, family)
    return found


def versus_sequential(block: Block) -> dict[ArmKey, Effect]:
    """Of every arm against the fastest baseline of all interpreters, where there are several.

    The intervals hold whichever baseline that is, as all pairs of a baseline and another arm are in the family.
    """
    reference = block.fastest_baseline
    if reference is None or len(block.interpreters) < 2:
        return {}
    return _against(block, reference, block.arms, _family_of_all(block))


def _family(block: Block) -> int:
    """How many arms are held against the baseline of their interpreter."""
    baselines = {block.baseline_of(arm) for arm in block.arms} - {None}
    return len(block.arms) - len(baselines)


def _family_of_all(block: Block) -> int:
    """How many pairs there are of a baseline and another arm."""
    baselines = sum(arm.strategy == BASELINE for arm in block.arms)
    return baselines * (len(block.arms) - baselines) + baselines * (baselines - 1) // 2


def _against(block: Block, baseline: ArmKey, arms: list[ArmKey], family: int) -> dict[ArmKey, Effect]:
    """Of complete arms together, if the baseline is one of them; of others in pairs."""
    found: dict[ArmKey, Effect] = {}
    whole = [arm for arm in arms if arm in block.complete]
    if baseline in whole and block.rounds > 1:
        compared = inference.against(block.array(whole), whole.index(baseline), block.form, block.left_open(whole))
        found |= dict(zip(whole, compared.effects(family), strict=True))
    for arm in arms:
        if arm not in found:
            found[arm] = paired(block, baseline, arm, family)
    return found


def paired(block: Block, slow: ArmKey, quick: ArmKey, family: int) -> Effect:
    """How many times as fast `quick` is as `slow` in the rounds that have both; an interval takes two rounds."""
    [left_open] = np.diff(block.left_open([slow, quick]))
    return _effect(block.logs[slow] - block.logs[quick], family, left_open**2)


def _effect(differences: pd.Series, family: int, left_open2: float = 0.0) -> Effect:
    """The effect in `differences` of log times, one per round."""
    known = differences.dropna().to_numpy(dtype=float)
    if len(known) < 2:
        return Effect(float(np.exp(known[0])), np.nan, np.nan) if len(known) else UNKNOWN
    [effect] = inference.estimate(known[None, :, None], 2, "paired", left_open2).effects(family)
    return effect


def versus_best(block: Block) -> dict[ArmKey, Effect]:
    """Every complete arm against the fastest; they hold at once whichever that is, as all pairs are in the family."""
    if not block.complete or block.rounds < 2:
        return {}
    return versus(block, block.complete[int(inference.fastest(block.array(block.complete), block.form)[0])])


def versus(block: Block, reference: ArmKey) -> dict[ArmKey, Effect]:
    """Every complete arm against one of them, which may be chosen by what the data say, as all pairs are in the
    family; it takes two rounds."""
    arms = block.complete
    if len(arms) < 2 or block.rounds < 2:
        return dict.fromkeys(arms, Effect(1.0, 1.0, 1.0))
    pairs = inference.pairwise(block.array(arms), block.form, block.left_open(arms))
    found, its = {reference: Effect(1.0, 1.0, 1.0)}, arms.index(reference)
    effects = pairs.effects(pairs.mean.shape[1])
    for first, second, effect in zip(*np.triu_indices(len(arms), 1), effects, strict=True):
        if first == its:
            found[arms[second]] = effect
        elif second == its:
            found[arms[first]] = effect.inverse
    return found


def best_set(block: Block) -> set[ArmKey]:
    """The complete arms that cannot be told from the fastest; after a single round, all."""
    if not block.complete or block.rounds < 2:
        return set(block.complete)
    kept = inference.best_set(block.array(block.complete), block.form, block.left_open(block.complete))[0]
    return {arm for arm, best in zip(block.complete, kept, strict=True) if best}


def enough(block: Block, worthwhile: float) -> list[ArmKey]:
    """The complete arms that are shown to be enough, simplest first: `inference.enough`; after a single round, none."""
    if block.rounds < 2:
        return []
    logs, left_open = block.array(block.complete), block.left_open(block.complete)
    shown = inference.enough(logs, block.form, worthwhile, left_open)[0]
    return [arm for arm, is_enough in zip(block.complete, shown, strict=True) if is_enough]


def recommended(block: Block, worthwhile: float) -> tuple[ArmKey, bool]:
    """Which of the complete arms to use, and whether it is shown to be enough: `inference.recommended`; after a single
    round, the simplest."""
    if block.rounds < 2:
        return block.complete[0], False
    logs, left_open = block.array(block.complete), block.left_open(block.complete)
    choice = block.complete[int(inference.recommended(logs, block.form, worthwhile, left_open)[0])]
    return choice, choice in enough(block, worthwhile)


def cross_validated(block: Block, effect: Effect, baseline: ArmKey, rivals: list[ArmKey], worthwhile: float) -> Effect:
    """`effect`, that of the recommended one of `rivals` over the `baseline` among them, not inflated by the choice:
    each round is scored by the arm that the other rounds recommend. Its interval has that of the `effect` in it."""
    how = inference.form(block.rounds, len(rivals), block.robust)
    logs, left_open = block.array(rivals), block.left_open(rivals)
    gain = inference.cross_validated_gain(logs, rivals.index(baseline), how, worthwhile, left_open)
    mean, half_width = np.log(effect.ratio), np.log(effect.high / effect.low) / 2
    [half] = inference.half_width_around(gain, mean, half_width)
    return Effect(*(float(np.exp(gain[0] + way * half)) for way in (0, -1, 1)))


def control(block: Block) -> Effect:
    """The A/A duplicate's time over its twin's, with a 99 % interval; UNKNOWN without one."""
    if block.control.empty:
        return UNKNOWN
    twin = ArmKey(*block.control[ARM].iloc[0])
    if twin not in block.arms:
        return UNKNOWN
    return _effect(log_times(block.control)[twin] - block.logs[twin], CONTROL_FAMILY)


def is_left_open(block: Block, arm: ArmKey) -> bool:
    """Whether the recording leaves more of the arm's speed-up open than the rounds do, so that more would not help."""
    baseline = block.baseline_of(arm)
    if baseline is None or block.rounds < 2 or not block.left_open([arm])[0]:
        return False
    differences = (block.logs[baseline] - block.logs[arm]).dropna()
    return bool(block.left_open([arm])[0] ** 2 > differences.var() / len(differences))


def scatter(block: Block) -> float:
    """The typical standard deviation of an arm's log times within rounds.

    Where each round draws what its pages take, and arms answer to that in ways of their own, that is no noise of the
    machine. An arm's least possible time in the round tells what was drawn. An arm may follow it, or spend its time on
    something else: the smaller of the deviations with and without it counts.
    """
    logs = block.logs[block.complete]
    deviations = _within_rounds(logs).std()
    if (block.samples.groupby(ARM)["minimum_s"].nunique() > 1).any():
        least = log_times(block.samples[block.good], "minimum_s").reindex_like(logs)
        deviations = np.fmin(deviations, _within_rounds(logs - least).std())
    return float(deviations.median())


def _within_rounds(logs: pd.DataFrame) -> pd.DataFrame:
    return logs.sub(logs.mean(axis="columns"), axis="index")


def half_width(
    timings: pd.DataFrame, workload: str, robust: bool = False, worthwhile: float = inference.WORTHWHILE
) -> float:
    """Half the width of the interval of the recommended arm's log speed-up, on the first host of `timings`, as far as
    rounds can narrow it: what the recording leaves open is not in it, so that no precision asks for rounds in vain.

    Infinite after a single round; 0 where no speed-up can be told however many rounds there are.
    """
    own = timings[timings["workload"] == workload]
    for block in blocks(own[own["host"] == own["host"].iloc[0]], robust):
        baseline = block.fastest_baseline
        if baseline is not None and len(block.complete) > 1:
            logs, reference = block.array(block.complete), block.complete.index(baseline)
            if block.rounds < 2:
                return np.inf
            family = _family(block) if len(block.interpreters) < 2 else _family_of_all(block)
            left_open = block.left_open(block.complete)
            return float(inference.imprecision(logs, reference, block.form, family, worthwhile, left_open)[0])
    return 0.0
