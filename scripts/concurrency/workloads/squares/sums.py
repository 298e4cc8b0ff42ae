"""The sum of i*i for i below n, whole or in pieces: the CPU-bound work of the benchmark."""

import itertools


def sum_of_squares(n: int) -> int:
    """The sum of i*i for i = 0 … n-1, term by term in pure Python."""
    return sum(i * i for i in range(n))


def sum_of_squares_between(start: int, stop: int) -> int:
    """The sum of i*i for i = start … stop-1, term by term: a share of `sum_of_squares(n)` for stop <= n."""
    return sum(i * i for i in range(start, stop))


def cut_range(n: int, size: float) -> list[tuple[int, int]]:
    """0 … n as ranges (start, stop) whose lengths differ by at most 1, none longer than `size` rounded up."""
    pieces = max(1, -int(-n // max(size, 1)))
    bounds = [n * i // pieces for i in range(pieces + 1)]
    return list(itertools.pairwise(bounds))


def closed_form(n: int) -> int:
    """What `sum_of_squares(n)` must return: (n-1)n(2n-1)/6, for n >= 0."""
    return (n - 1) * n * (2 * n - 1) // 6
