"""The places of the map."""

import pytest

from concurrency.mapping import grid
from concurrency.mapping.grid import LEVELS, LONGEST_COMPUTING_S, LONGEST_WAIT_S, Place


def test_the_axes_begin_at_nothing_and_are_logarithmic() -> None:
    assert [Place(level, 0).waits_s for level in (0, 4, 8, 12, 16)] == pytest.approx([0, 0.0003, 0.003, 0.03, 0.3])
    assert [Place(0, level).computes_s for level in (0, 4, 8, 12, 16)] == pytest.approx([0, 3e-5, 3e-4, 3e-3, 3e-2])


@pytest.mark.parametrize("level", [0, 0.5, 1, 4, 10.5, LEVELS])
def test_a_time_has_the_level_that_has_this_time(level: float) -> None:
    if level >= 1:
        assert grid.level(grid.seconds(level, LONGEST_WAIT_S), LONGEST_WAIT_S) == pytest.approx(level)
    else:
        assert 0 <= grid.level(level * grid.seconds(1, LONGEST_COMPUTING_S), LONGEST_COMPUTING_S) <= 1


def test_no_place_has_neither_time_and_a_time_beyond_the_map_lies_at_its_edge() -> None:
    assert Place(0, 0) not in grid.lattice(1)
    assert len(grid.lattice(8)) == 8
    assert grid.nearest(grid.lattice(8), 100.0, 0.0) == Place(16, 0)


def test_between_neighbours_that_differ_lies_a_place_and_none_between_others() -> None:
    answers = {Place(0, 8): "a", Place(8, 8): "a", Place(16, 8): "b", Place(8, 0): "a", Place(8, 16): "c"}
    assert dict(grid.between(answers)) == {
        Place(12, 8): (Place(8, 8), Place(16, 8)),
        Place(8, 12): (Place(8, 8), Place(8, 16)),
    }
    assert dict(grid.between({Place(1, 3): "a", Place(2, 3): "b"})) == {}
