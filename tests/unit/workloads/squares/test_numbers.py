"""The numbers: read, or refused with the line they stand on."""

import pytest

from concurrency.errors import UserError
from concurrency.workloads.squares import numbers


def test_numbers_of_a_file(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_text("\ufeffnumber\n5\n\n 10_000 \n0\n", encoding="utf-8")
    assert numbers.read(path) == [5, 10_000, 0]


def test_numbers_of_a_start_and_count():
    assert numbers.read({"start": 7, "count": 3}) == [7, 8, 9]


@pytest.mark.parametrize("line", ["-1", "1.5", "nine", "1e3", "0x10", "nan", "5 6", "5,6"])
def test_what_is_not_a_number_is_refused_with_its_line(tmp_path, line):
    path = tmp_path / "numbers.txt"
    path.write_text(f"3\n{line}\n")
    with pytest.raises(UserError, match=r"numbers.txt: line 2: .* is not a whole number of at least 0"):
        numbers.read(path)


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="cannot be read as UTF-8 text"):
        numbers.read(path)
