"""Workloads on items of a test's own."""

from concurrency.measuring import sampling
from concurrency.workloads.download.workload import Download
from concurrency.workloads.known import WORKLOADS
from concurrency.workloads.squares.sums import closed_form
from concurrency.workloads.squares.workload import OwnFunction, Squares
from concurrency.workloads.workload import Workload


def workload(name: str, items: list, function: str | None = None, split: str | None = None) -> Workload:
    """The workload of a name, or the user's own function in place of the sum of squares, with `items`."""
    if function:
        return OwnFunction(items, function=function, split=split)
    return {"download": Download, "squares": Squares}[name](items)


def strategies(name: str) -> dict:
    """Every strategy for the workload of a name."""
    return WORKLOADS[name].strategies()


def sums(numbers: list[int]) -> list[int]:
    """The right answers of squares."""
    return [closed_form(number) for number in numbers]


def measure(name: str, arms: list, items: list, expected: list | None, **conditions) -> list[dict]:
    """One round, as rows; with `conditions`, and a `function` and `split` of the user's own among them."""
    own = {key: conditions.pop(key, None) for key in ("function", "split")}
    return sampling.measure_round(
        workload(name, items, **own), arms, items, expected,
        number=1, cores=2, conditions=sampling.Conditions(**conditions),
    )  # fmt: skip
