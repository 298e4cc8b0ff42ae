"""The configuration as it is written: checked against its schema, told in one line where it is wrong, filled up."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from concurrency.errors import UserError

ROOT = Path(__file__).parents[3]
SCHEMA = yaml.safe_load((ROOT / "config.schema.yaml").read_text(encoding="utf-8"))
TYPE_NAMES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
MOVED = {  # where what an earlier configuration may have is now
    "sites": "download.sites",
    "source": "download.source",
    "live": "download.live",
    "squares.start_method": "start_method",
}


def complete(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """`config`, which error messages call `name`, with its defaults filled in. Raises UserError where it is wrong."""
    given = plain(config)
    _check_moved(given, name)
    _validate(given, name)
    return _with_defaults(given, SCHEMA)


def plain(value: Any, rule: Mapping[str, Any] = SCHEMA) -> Any:
    """`value` as plain dicts and lists, whole numbers as int, with the numbers, booleans and nulls that `--config`
    hands over as text; where `rule`, its schema, wants text, text it stays."""
    if isinstance(value, Mapping):
        return {key: plain(item, rule.get("properties", {}).get(key, {})) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, rule.get("items", {})) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # the schema takes 1.0e+6 for a whole number, Python does not
    if isinstance(value, str) and value and rule.get("type") != "string":
        try:
            meant = yaml.safe_load(value)
        except yaml.YAMLError:
            return value
        if isinstance(meant, int | float | None):
            return plain(meant)
    return value


def _with_defaults(value: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    full = dict(value)
    for key, rule in schema["properties"].items():
        if "default" in rule:
            full.setdefault(key, rule["default"])
        if key in full and isinstance(full[key], dict) and rule.get("type") == "object":
            full[key] = _with_defaults(full[key], rule)
    return full


def _check_moved(config: Mapping[str, Any], name: str) -> None:
    for key, now in MOVED.items():
        outer, _, inner = key.rpartition(".")
        within = config.get(outer, {}) if outer else config
        if isinstance(within, Mapping) and inner in within:
            raise UserError(f"{name}: {key}: is {now} now; move it there")


def _validate(config: Mapping[str, Any], name: str) -> None:
    for error in sorted(Draft202012Validator(SCHEMA).iter_errors(config), key=lambda error: list(map(str, error.path))):
        raise UserError(f"{name}: {_explain(error)}")


def _explain(error: ValidationError) -> str:
    """One line for a person: which key, what is wrong, what would be right."""
    key = ".".join(map(str, error.absolute_path))
    instance: Any = error.instance
    given, rule, wanted = repr(instance), error.validator, cast(Any, error.validator_value)
    if rule == "additionalProperties":
        known = list(cast(Any, error.schema)["properties"])
        unknown = next(str(item) for item in instance if item not in known)
        close = difflib.get_close_matches(unknown, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
        return f"{key}{'.' if key else ''}{unknown}: unknown key; {hint}"
    if rule == "type":
        types = [wanted] if isinstance(wanted, str) else wanted
        return f"{key or 'top level'}: expected {' or '.join(TYPE_NAMES[kind] for kind in types)}, not {given}"
    if rule == "enum":
        return f"{key}: {given} is not one of {', '.join(map(str, wanted))}"
    if rule in ("minimum", "exclusiveMinimum"):
        return f"{key}: must be {'at least' if rule == 'minimum' else 'more than'} {wanted}, not {given}"
    if rule in ("minProperties", "maxProperties"):
        return f"{key}: expected the name of one strategy, as in `- threads: {{workers: [4]}}`, not {given}"
    return f"{key}: {error.message}"
