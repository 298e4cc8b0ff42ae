"""Whether two answers are the same."""

import dataclasses
import inspect
import math
import sys
from collections.abc import Mapping
from typing import Any


def same(one: Any, other: Any, rtol: float = 0.0) -> bool:
    """Whether both are equal by `==`, where NaN equals NaN; numbers with a fraction may differ by a share of `rtol`.

    Where `==` does not say yes, lists, tuples and mappings are compared item by item, arrays and frames of numpy and
    pandas likewise, dataclasses field by field, objects that do not say when they are equal by their type and state.
    What `==` raises then is the caller's to handle.
    """
    return _Comparison(rtol).same(one, other)


class _Comparison:
    """What is under way is known, for things may contain themselves."""

    def __init__(self, rtol: float) -> None:
        self._rtol = rtol
        self._under_way: set[tuple[int, int]] = set()

    def same(self, one: Any, other: Any) -> bool:
        pair = id(one), id(other)
        if one is other or pair in self._under_way:
            return True
        self._under_way.add(pair)
        try:
            if _is_said_equal(one, other):
                return True
            for compare in (self._numbers, self._arrays, self._frames, self._nested, self._objects):
                if (found := compare(one, other)) is not None:
                    return found
            return bool(one == other)
        finally:
            self._under_way.discard(pair)

    # Each tells nothing of what it does not know.

    def _numbers(self, one: Any, other: Any) -> bool | None:
        both = one, other
        decimal = sys.modules.get("decimal")
        if decimal and all(isinstance(x, decimal.Decimal) for x in both):
            return bool(one == other or (one.is_nan() and other.is_nan()))
        if not all(isinstance(x, int | float | complex) for x in both) or all(isinstance(x, int) for x in both):
            return None
        if isinstance(one, complex) or isinstance(other, complex):
            one, other = complex(one), complex(other)
            return self.same(one.real, other.real) and self.same(one.imag, other.imag)
        both_nan = math.isnan(one) and math.isnan(other)
        return one == other or both_nan or (self._rtol > 0 and math.isclose(one, other, rel_tol=self._rtol))

    def _arrays(self, one: Any, other: Any) -> bool | None:
        numpy = sys.modules.get("numpy")
        if numpy is None or not any(isinstance(x, numpy.ndarray | numpy.generic) for x in (one, other)):
            return None
        if type(one) is not type(other) or one.dtype != other.dtype or one.shape != other.shape:
            return False
        if one.dtype.hasobject:
            return self.same(one.tolist(), other.tolist())
        if one.dtype.kind in "fc":
            return bool(numpy.allclose(one, other, rtol=self._rtol, atol=0.0, equal_nan=True))
        return bool(numpy.array_equal(one, other, equal_nan=one.dtype.kind in "mM"))

    def _frames(self, one: Any, other: Any) -> bool | None:
        pandas = sys.modules.get("pandas")
        if pandas is None:
            return None
        kinds = {
            pandas.DataFrame: "frame",
            pandas.Series: "series",
            pandas.Index: "index",
            pandas.api.extensions.ExtensionArray: "extension_array",
        }
        found = [name for x in (one, other) for kind, name in kinds.items() if isinstance(x, kind)]
        if len(found) < 2 or found[0] != found[1]:
            return False if found else None
        how = {"check_exact": False, "rtol": self._rtol, "atol": 0.0} if self._rtol else {"check_exact": True}
        try:
            getattr(pandas.testing, f"assert_{found[0]}_equal")(one, other, **how)
        except AssertionError:
            return False
        return True

    def _nested(self, one: Any, other: Any) -> bool | None:
        if isinstance(one, list | tuple) and type(one) is type(other):
            return len(one) == len(other) and all(map(self.same, one, other))
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            return one.keys() == other.keys() and all(self.same(one[key], other[key]) for key in one)
        return None

    def _objects(self, one: Any, other: Any) -> bool | None:
        if isinstance(one, type) or inspect.isroutine(one):
            return one is other
        if _is_plain_dataclass(one):
            if type(one) is not type(other):
                return False
            names = [field.name for field in dataclasses.fields(one) if field.compare]
            return all(self.same(getattr(one, name), getattr(other, name)) for name in names)
        if not _says_when_equal(one):
            return type(one) is type(other) and self.same(_state(one), _state(other))
        return None


def _is_said_equal(one: Any, other: Any) -> bool:
    """Whether `==` says so, in one word; arrays say more, and some things cannot say."""
    try:
        return (one == other) is True
    except Exception:  # noqa: BLE001  (whatever strangers' classes raise: it is looked at in pieces)
        return False


def _is_plain_dataclass(thing: Any) -> bool:
    """Whether it is equal field by field, as dataclasses are where they do not say it otherwise."""
    own = vars(type(thing)).get("__eq__")
    return dataclasses.is_dataclass(thing) and getattr(getattr(own, "__code__", None), "co_filename", "") == "<string>"


def _says_when_equal(thing: Any) -> bool:
    return any("__eq__" in vars(kind) for kind in type(thing).__mro__[:-1])


def _state(thing: Any) -> Any:
    """What makes up an object: what it would be pickled with."""
    return thing.__reduce_ex__(4)[1:3]
