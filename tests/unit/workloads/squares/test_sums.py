"""The sums: exact at any size."""

import pytest

from concurrency.workloads.squares.sums import closed_form, sum_of_squares


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 1000, 3_000_001])
def test_the_sum_is_the_closed_form(n):
    assert sum_of_squares(n) == closed_form(n)


def test_nothing_and_one_give_nothing():
    assert sum_of_squares(0) == sum_of_squares(1) == 0


def test_beyond_64_bits():
    assert closed_form(10_000_019) == sum(i * i for i in range(10_000_019)) > 2**64
