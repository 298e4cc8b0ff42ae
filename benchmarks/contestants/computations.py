"""Who computes sums of squares; processes start in the interpreter's own way in all of them."""

from concurrency.workloads.squares.sums import closed_form

from . import Contestant
from .strategies import plain, strategy


def strategies(numbers: list[int], cores: int) -> list[Contestant]:
    return [
        strategy(name, "squares", cores, numbers, _sums(numbers))
        for name in ("process_pool", "multiprocessing_pool", "process_pool_ranges")
    ]


def sequential(numbers: list[int]) -> Contestant:
    return strategy("sequential", "squares", 1, numbers, _sums(numbers))


def peers(numbers: list[int], cores: int) -> list[Contestant]:
    right = _sums(numbers)
    return [
        plain("executor_map", "squares", cores, numbers, right),
        plain("pool_map", "squares", cores, numbers, right),
        plain("joblib_parallel", "squares", cores, numbers, right, needs="joblib"),
        plain("mpire_map", "squares", cores, numbers, right, needs="mpire"),
    ]


def limit(numbers: list[int], cores: int) -> Contestant:
    return plain("independent", "squares", cores, numbers, _sums(numbers), is_limit=True)


def _sums(numbers: list[int]) -> list[int]:
    return [closed_form(n) for n in numbers]
