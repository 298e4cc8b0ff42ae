"""Arms: a strategy with a worker count and its options; which of them a config asks for, and in what order they run."""

import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from concurrency.errors import UserError, meant
from concurrency.measuring.interpreters import RUNNING, Interpreter
from concurrency.strategies._catalogue import BASELINE, Strategy
from concurrency.workloads.workload import Workload

RULE_OF_THUMB = ("threads", "asyncio", "asyncio_session_per_request")
AUTO, MOST = "auto", "most"
MOST_WAITING = 256  # workers that only wait, at most
MOST_GIVEN = 10_000  # workers that a configuration may ask for
MOST_VARIANTS = 1_000  # of a strategy, likewise
MOST_PROCESSES = 32  # … that are processes or interpreters, at most, unless there are more cores than half of that


@dataclass(frozen=True)
class Arm:
    """One thing to measure. `workers` may be a word until it is known how many that are: `cores` there are, `auto` as
    many as screening finds best, `most` as any other arm has; `control` marks the A/A duplicate.

    `interpreter` is the label of the Python to run under, `executable` its path; empty: the one that measures.
    """

    strategy: str
    workers: int | str = 1
    options: Mapping[str, Any] = field(default_factory=dict)
    control: bool = False
    interpreter: str = ""
    executable: str = ""

    @property
    def options_text(self) -> str:
        """The options as they stand in tables: `chunksize=2`, empty for none."""
        return " ".join(f"{key}={value}" for key, value in sorted(self.options.items()))


def expand(
    workload: Workload, entries: Sequence[str | Mapping[str, Any]], place: str, besides: Sequence[str] = ()
) -> list[Arm]:
    """The arms that the `strategies` list of a config asks for, the baseline first, none twice.

    A list of values for `workers` or an option means an arm each; no `workers`, that these are to be found. Raises
    UserError (starting with `place`) for unknown names, unknown options and bad values; `besides` are the other words
    that are understood there.
    """
    found: list[Arm] = [Arm(BASELINE)] if entries else []
    known = workload.strategies()
    for entry in entries:
        [(name, given)] = entry.items() if isinstance(entry, Mapping) else [(entry, {})]
        if name not in known:
            raise UserError(f"{place}: there is no strategy {name!r}; {meant(name, [*known, *besides], 'there are ')}")
        if not isinstance(given, Mapping):
            raise UserError(f"{place}: {name}: expected a mapping such as {{workers: [4]}}, not {given!r}")
        choices = {key: value if isinstance(value, list) else [value] for key, value in given.items()}
        if empty := next((key for key, values in choices.items() if not values), None):
            raise UserError(f"{place}: {name}: {empty}: give at least one value")
        apart = known[name].is_baseline or known[name].is_algorithm
        workers = choices.pop("workers", [1 if apart else AUTO])
        for value in workers:
            _check_workers(workload, known[name], value, f"{place}: {name}: workers")
        _check_options(known[name], choices, f"{place}: {name}")
        if (variants := len(workers) * math.prod(map(len, choices.values()))) > MOST_VARIANTS:
            raise UserError(f"{place}: {name}: asks for {variants:,} variants; at most {MOST_VARIANTS:,} are compared")
        for count, *values in itertools.product(workers, *choices.values()):
            arm = Arm(name, count, dict(zip(choices, values, strict=True)))
            if arm not in found:
                found.append(arm)
    if all(arm.workers != AUTO or workload.has_one_worker(known[arm.strategy]) for arm in found):
        return [replace(arm, workers=1) if arm.workers == AUTO else arm for arm in found]  # nothing is to be found
    return found


def runnable(
    workload: Workload,
    arms: Sequence[Arm],
    asked: Sequence[str | Mapping[str, Any]],
    place: str,
    interpreters: Sequence[Interpreter] = (RUNNING,),
) -> tuple[list[Arm], dict[str, str]]:
    """`arms` under each of `interpreters`, as far as they can run there, and why each other strategy cannot.

    Raises UserError (starting with `place`) if that leaves nothing of what was `asked` for.
    """
    known = workload.strategies()
    kept: list[Arm] = []
    left_out: dict[str, str] = {}
    wanted = {entry if isinstance(entry, str) else next(iter(entry)) for entry in asked}
    for interpreter in interpreters:
        lacking = {}
        for name in {arm.strategy: None for arm in arms}:
            if (reason := interpreter.lacks(known[name])) or (reason := workload.excludes(known[name])):
                lacking[name] = reason
        where = f" on {interpreter.label}" if len(interpreters) > 1 or interpreter.executable else ""
        left_out |= {name + where: reason for name, reason in lacking.items()}
        label = interpreter.label if interpreter.executable else ""
        kept += [
            replace(arm, interpreter=label, executable=interpreter.executable)
            for arm in arms
            if arm.strategy not in lacking
        ]
    if asked and not wanted & {arm.strategy for arm in kept}:
        raise UserError(f"{place}: " + "; ".join(f"{name}: {reason}" for name, reason in left_out.items()))
    # the last one gets the A/A duplicate, which an algorithm is too short for
    kept.sort(key=lambda arm: (arm.strategy != BASELINE, not known[arm.strategy].is_algorithm))
    return kept, left_out


def _check_options(strategy: Strategy, choices: Mapping[str, Sequence[Any]], place: str) -> None:
    from concurrency.schemas import errors  # noqa: PLC0415  (takes long to import, and no measuring job needs it)

    for key, values in choices.items():
        if key not in strategy.options:
            takes = ["workers", *strategy.options]
            raise UserError(f"{place}: unknown option {key!r}; {meant(key, takes, 'it takes ')}")
        for value in values:
            for error in errors(value, strategy.options[key]):
                raise UserError(f"{place}: {key}: {error.message}")


def _check_workers(workload: Workload, strategy: Strategy, value: Any, place: str) -> None:
    if workload.has_one_worker(strategy):
        if value != AUTO and (type(value) is not int or value != 1):
            raise UserError(f"{place}: {strategy.name} has one worker, not {value}")
        return
    computes = workload.bound != "io"  # as many waiting as there are cores would be an odd thing to ask for
    if value == AUTO or (value == "cores" and computes):
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        allowed = "a whole number of at least 1" + (", `cores`" if computes else "") + " or `auto`"
        raise UserError(f"{place}: must be {allowed}, not {value!r}")
    if value > MOST_GIVEN:
        raise UserError(f"{place}: must be at most {MOST_GIVEN:,}, not {value}")


def rungs(workload: Workload, strategy: Strategy, cores: int) -> list[int]:
    """The ladder of worker counts on which to look for the best: 1, 2, 4, … to the most that make sense, that and
    `cores` included.

    Those that compute go up to twice the cores; those that may wait up to one for each item, if that are not too many
    for threads and tasks, or for processes.
    """
    if workload.has_one_worker(strategy):
        return [1]
    if workload.bound == "cpu":
        most = 2 * cores
    else:
        waits_here = strategy.shares or strategy.runs == "coroutine" or strategy.then
        most = min(workload.count, MOST_WAITING if waits_here else max(MOST_PROCESSES, 2 * cores))
    doubled = itertools.takewhile(lambda count: count < most, (2**power for power in itertools.count()))
    return sorted({*doubled, max(1, most), min(cores, max(1, most))})


def resolved(arms: Sequence[Arm], cores: int, most: int = 1) -> list[Arm]:
    """`arms` with `cores` and `most` replaced by their numbers; arms that become equal by that are kept once."""
    found: list[Arm] = []
    for arm in arms:
        known = replace(arm, workers={"cores": cores, MOST: most}.get(str(arm.workers), arm.workers))
        if known not in found:
            found.append(known)
    return found


def with_control(arms: Sequence[Arm]) -> list[Arm]:
    """`arms` and a duplicate of the last one: two equal arms that come out different show that something is wrong."""
    return [*arms, *(replace(arm, control=True) for arm in arms[-1:])]


def for_rule_of_thumb(arms: Sequence[Arm]) -> list[Arm]:
    """The arms of the fast downloads: what the rule of thumb is about, with as much in flight as any of `arms` has.

    All run under this interpreter. None where nothing in `arms` is concurrent.
    """
    most: int | str = MOST
    if not any(arm.workers == AUTO for arm in arms):
        most = max((int(arm.workers) for arm in arms), default=1)
    return [] if most == 1 else [Arm(BASELINE), *(Arm(name, most) for name in RULE_OF_THUMB)]


def in_order(arms: Sequence[Arm], seed: int, workload: str, number: int) -> list[Arm]:
    """`arms` in the order of round `number`, which is random and depends on (seed, workload, number) alone.

    Over a cycle of rounds (as many as arms, for an odd number twice as many) every arm comes right after every other
    equally often, and equally often in each place, so that what an arm leaves behind (heat, caches, closing
    connections) falls on all alike (E. J. Williams, Aust. J. Sci. Res. A 2, 1949). Arms are dealt to the square's
    letters, and its rows to the rounds, at random in each cycle. Two arms get cycles of ten rounds: were their order
    turned round in every other one, noise that lasts for some samples would pass for a difference too often.
    """
    square = _williams(len(arms)) * (5 if len(arms) == 2 else 1)
    cycle, row = divmod(number - 1, len(square))
    chance = random.Random(f"{seed} {workload} {cycle}")
    letters, rows = chance.sample(list(arms), len(arms)), chance.sample(square, len(square))
    return [letters[letter] for letter in rows[row]]


def _williams(n: int) -> list[list[int]]:
    """Rows of n letters in which each follows each other equally often: n rows, for odd n with their mirror images."""
    zigzag = [i // 2 if i % 2 == 0 else n - (i + 1) // 2 for i in range(n)]
    rows = [[(letter + shift) % n for letter in zigzag] for shift in range(n)]
    return rows if n % 2 == 0 else rows + [row[::-1] for row in rows]
