"""The sums: exact at any size; the numbers: read, or refused with the line they stand on."""

import pytest

from concurrency.errors import UserError
from concurrency.workloads.squares import squares


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 1000, 3_000_001])
def test_the_sum_is_the_closed_form(n):
    assert squares.sum_of_squares(n) == squares.closed_form(n)


def test_nothing_and_one_give_nothing():
    assert squares.sum_of_squares(0) == squares.sum_of_squares(1) == 0


def test_beyond_64_bits():
    assert squares.closed_form(10_000_019) == sum(i * i for i in range(10_000_019)) > 2**64


def test_numbers_of_a_file(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_text("\ufeffnumber\n5\n\n 10_000 \n0\n", encoding="utf-8")
    assert squares.read_numbers(path) == [5, 10_000, 0]


def test_numbers_of_a_start_and_count():
    assert squares.read_numbers({"start": 7, "count": 3}) == [7, 8, 9]


@pytest.mark.parametrize("line", ["-1", "1.5", "nine", "1e3", "0x10", "nan", "5 6", "5,6"])
def test_what_is_not_a_number_is_refused_with_its_line(tmp_path, line):
    path = tmp_path / "numbers.txt"
    path.write_text(f"3\n{line}\n")
    with pytest.raises(UserError, match=r"numbers.txt: line 2: .* is not a whole number of at least 0"):
        squares.read_numbers(path)


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read as UTF-8 text"):
        squares.read_numbers(path)
