"""What else is good enough beside the recommended arm, and what that does not need."""

from collections.abc import Iterator, Mapping

from concurrency.deciding import estimates
from concurrency.deciding.answer import Alternative, ArmResult
from concurrency.deciding.blocks import Block
from concurrency.deciding.tables import ArmKey
from concurrency.strategies._catalogue import Strategy

IN_ONE_PROCESS = ("interpreter_pool",)  # whose workers share nothing all the same


def good_enough(
    block: Block, known: Mapping[ArmKey, ArmResult], chosen: ArmKey, worthwhile: float
) -> tuple[Alternative, ...]:
    """The arms of other strategies than the `chosen` one's that are shown to be enough, simplest first: each with the
    fewest workers that are."""
    against, strategies = estimates.versus(block, chosen), block.kind.strategies()
    simplest: dict[ArmKey, ArmKey] = {}
    for arm in estimates.enough(block, worthwhile):
        simplest.setdefault(arm._replace(workers=0), arm)
    simplest.pop(chosen._replace(workers=0), None)
    recommended = strategies.get(chosen.strategy)
    return tuple(
        Alternative(known[arm], against[arm].inverse, tuple(_spares(recommended, strategies.get(arm.strategy))))
        for arm in simplest.values()
    )


def _spares(recommended: Strategy | None, other: Strategy | None) -> Iterator[str]:
    """What the other one does not need and the recommended one does, as far as both are known here."""
    if recommended is None or other is None:
        return
    if recommended.runs == "coroutine" and other.runs == "function":
        yield "no async code"
    if _has_processes(recommended) and not _has_processes(other):
        yield "no processes"
    if recommended.needs and not other.needs:
        yield "no package beyond the standard library"


def _has_processes(strategy: Strategy) -> bool:
    shares_nothing = not strategy.shares and strategy.name not in IN_ONE_PROCESS
    return shares_nothing or strategy.then == "processes"
