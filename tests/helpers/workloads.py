"""Workloads on items of a test's own."""

from concurrency.measuring import sampling
from concurrency.workloads.download.workload import Download
from concurrency.workloads.known import kind_of
from concurrency.workloads.own.workload import Own
from concurrency.workloads.squares.sums import closed_form
from concurrency.workloads.squares.workload import Squares
from concurrency.workloads.workload import Workload


def workload(name: str, items: list, **own) -> Workload:
    """The workload of a name with `items`; one that is not built in is of the user's `own` functions."""
    kinds = {"download": Download, "squares": Squares}
    return kinds[name](items) if name in kinds else Own(items, name=name, **{"check": {}, **own})


def strategies(name: str) -> dict:
    """Every strategy for the workload of a name."""
    return kind_of(name).strategies()


def sums(numbers: list[int]) -> list[int]:
    """The right answers of squares."""
    return [closed_form(number) for number in numbers]


def measure(name: str, arms: list, items: list, expected: list | None, own: dict | None = None, **conditions) -> list:
    """One round, as rows; under `conditions`, with what is the user's `own`."""
    return sampling.measure_round(
        workload(name, items, **(own or {})), arms, items, expected,
        number=1, cores=2, conditions=sampling.Conditions(**conditions),
    )  # fmt: skip
