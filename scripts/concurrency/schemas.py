"""JSON Schema as a configuration means it: .nan and .inf are no numbers, and 1.0 is no whole one."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, TypeChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend


def errors(value: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    """What is wrong with `value`."""
    yield from VALIDATOR(schema).iter_errors(value)


def _is_number(_: TypeChecker, value: object) -> bool:
    return not isinstance(value, bool) and (
        isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    )


def _is_whole(_: TypeChecker, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


STRICT = Draft202012Validator.TYPE_CHECKER.redefine("number", _is_number).redefine("integer", _is_whole)
VALIDATOR = extend(Draft202012Validator, type_checker=STRICT)  # type: ignore[no-untyped-call]
