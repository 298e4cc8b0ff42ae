"""One job in several, sums: equal shards whose parts add up, and pieces that keep every worker busy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concurrency.work import Work
from concurrency.workloads.squares.pieces import compute, divided, pieces_of
from concurrency.workloads.squares.sums import closed_form, cut_range, sum_of_squares
from concurrency.workloads.squares.work import build

TERMS = build("function")
WHOLE = Work(function=sum_of_squares)


def named(count):
    return [f"{i}-of-{count}" for i in range(1, count + 1)]


@given(st.lists(st.integers(0, 300), max_size=30), st.integers(1, 9), st.integers(1, 5))
def test_the_shards_sums_add_up(numbers, count, workers):
    found = [0] * len(numbers)
    times = [0] * len(numbers)
    costs = []
    for name in named(count):
        pieces = pieces_of(name, numbers, TERMS.split)
        costs.append(sum(piece.stop - piece.start for piece in pieces))
        for piece in divided(pieces, TERMS.split, workers):
            found[piece.index] += compute(TERMS, piece)
            times[piece.index] += 1
            assert piece.whole == ((piece.start, piece.stop) == (0, numbers[piece.index]))
    assert found == [closed_form(n) for n in numbers]
    assert all(times)
    assert max(costs) - min(costs) <= 2


def test_a_single_huge_number_is_shared_equally_by_shards_and_by_workers():
    for name in named(4):
        [piece] = pieces_of(name, [10**12], TERMS.split)
        assert piece.stop - piece.start == 10**12 // 4
        cut = divided([piece], TERMS.split, 2)
        assert len(cut) == 8
        assert {part.stop - part.start for part in cut} == {10**12 // 32}
        assert [(part.start, part.stop) for part in cut] == [
            (piece.start + start, piece.start + stop) for start, stop in cut_range(10**12 // 4, 10**12 // 32)
        ]


@pytest.mark.parametrize("numbers", [[], [0], [5, 1, 1, 1, 900], list(range(40))])
def test_what_cannot_be_split_is_dealt_out_whole(numbers):
    dealt = [pieces_of(name, numbers, WHOLE.split) for name in named(3)]
    assert sorted(piece.index for pieces in dealt for piece in pieces) == list(range(len(numbers)))
    assert all(piece.whole for pieces in dealt for piece in pieces)
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1
