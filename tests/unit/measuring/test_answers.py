"""Answers are the same when the user would say so, whatever they are."""

import copy
import dataclasses
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from concurrency.measuring.answers import same

NAN = float("nan")


class Plain:
    def __init__(self, **facts):
        self.__dict__ |= facts


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


@dataclasses.dataclass
class Result:
    name: str
    values: np.ndarray


class Odd:
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1


@dataclasses.dataclass
class Timed:
    name: str
    took_s: float = dataclasses.field(compare=False)


@dataclasses.dataclass
class Own:
    n: int

    def __eq__(self, other):
        return isinstance(other, Own)

    __hash__ = None


def looped(*values):
    found = list(values)
    found.append(found)
    return found


SAME = [
    (NAN, NAN),
    (1, 1.0),
    ([NAN, {"a": (NAN, 2)}], [NAN, {"a": (NAN, 2)}]),
    ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
    ({(1, "x"): NAN}, {(1, "x"): NAN}),
    ({3, 1, 2}, {2, 3, 1}),
    (frozenset("ab"), {"a", "b"}),
    (complex(1, NAN), complex(1, NAN)),
    (10**5000, 10**5000),
    (np.array([1.0, NAN]), np.array([1.0, NAN])),
    (np.array([None, "x"], dtype=object), np.array([None, "x"], dtype=object)),
    (np.array(["2026-01-01", "NaT"], dtype="M8[D]"), np.array(["2026-01-01", "NaT"], dtype="M8[D]")),
    (np.float64(NAN), np.float64(NAN)),
    (pd.DataFrame({"a": [1, NAN], "b": ["x", None]}), pd.DataFrame({"a": [1, NAN], "b": ["x", None]})),
    (pd.Series([1, 2], name="s"), pd.Series([1, 2], name="s")),
    (Plain(a=[NAN], b=Plain(c={1})), Plain(a=[NAN], b=Plain(c={1}))),
    (Slotted([1]), Slotted([1])),
    (Result("a", np.arange(9)), Result("a", np.arange(9))),
    (Odd(), Odd()),
    (Timed("a", 1.0), Timed("a", 2.0)),
    (Own(1), Own(2)),
    (Own, Own),
    (len, len),
    (Decimal("NaN"), Decimal("NaN")),
    (pd.Categorical(["a", None]), pd.Categorical(["a", None])),
    (looped(1, 2), looped(1, 2)),
]
DIFFERENT = [
    (1, 2),
    (1, "1"),
    ([1], (1,)),
    ([1, 2], [1]),
    ({"a": 1}, {"a": 2}),
    ({"a": 1}, {"b": 1}),
    (0.1 + 0.2, 0.3),
    (NAN, 0.0),
    (np.r_[np.zeros(10_000), 1, np.zeros(10_000)], np.zeros(20_001)),
    (np.zeros(3), np.zeros(4)),
    (np.zeros(3), np.zeros(3, dtype=int)),
    (np.zeros(3), [0.0, 0.0, 0.0]),
    (pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [2]})),
    (pd.Series([1]), pd.Index([1])),
    (Plain(a=1), Plain(a=2)),
    (Plain(), Slotted(1)),
    (Timed("a", 1.0), Timed("b", 1.0)),
    (Own, Odd),
    (len, sum),
    (Decimal(1), Decimal(2)),
    (pd.Categorical(["a", None]), pd.Categorical(["a", "b"])),
    (Result("a", np.arange(9)), Result("a", np.arange(9)[::-1])),
    (looped(1, 2), looped(1, 3)),
    (None, 0),
]


@pytest.mark.parametrize("number", range(len(SAME)))
def test_the_same(number):
    one, other = SAME[number]
    assert same(one, other)


@pytest.mark.parametrize("number", range(len(DIFFERENT)))
def test_different(number):
    one, other = DIFFERENT[number]
    assert not same(one, other)
    assert not same(other, one)


@given(some.floats(-1e300, 1e300), some.floats(1e-12, 0.1))
def test_numbers_within_a_share(number, rtol):
    near, far = number * (1 + rtol / 2), number * (1 + 3 * rtol)
    for wrap in (float, lambda x: [x], lambda x: {"a": np.array([x])}, lambda x: pd.Series([x])):
        assert same(wrap(number), wrap(near), rtol)
        assert same(wrap(number), wrap(far), rtol) is (number == far or math.isclose(number, far, rel_tol=rtol))


@given(
    some.recursive(
        some.integers() | some.text() | some.floats(), lambda inner: some.lists(inner) | some.sets(some.integers())
    )
)
def test_whatever_it_is_it_is_itself_once_more(value):
    assert same(value, copy.deepcopy(value))
