"""The configuration as it is written: checked against its schema, told in one line where it is wrong, filled up."""

import difflib
import re
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
EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+")
ONE_WORK = (
    "items",
    "function",
    "coroutine",
    "open",
    "then",
    "split",
    "check",
    "bound",
    "timeout_s",
    "job",
    "max_failures",
    "strategies",
)
TAKEN = {  # by what else lies in results/, or by a target
    "download", "download_fast", "squares", "tables", "plots", "rounds", "traces", "logs", "recommended", "report",
    "capacity", "map", "all", "job", "compare", "compare_with", "compared", "host", "preflight",
}  # fmt: skip
EXAMPLES = {"items": "a list, a file, a pattern such as photos/*.jpg, or {start, count}"}
MOVED = {  # where what an earlier configuration may have is now
    "sites": "download.sites",
    "source": "download.source",
    "live": "download.live",
    "squares.start_method": "start_method",
    "squares.function": "works.<name>.function",
    "squares.split": "works.<name>.split",
}


def complete(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """`config`, which error messages call `name`, with its defaults filled in. Raises UserError where it is wrong."""
    given = _one_work(plain(config))
    _check_moved(given, name)
    _validate(given, name)
    return _with_defaults(given, SCHEMA)


def plain(value: Any, rule: Mapping[str, Any] = SCHEMA) -> Any:
    """`value` as plain dicts and lists, whole numbers as int, with the numbers, booleans and nulls that `--config`
    hands over as text; where `rule`, its schema, wants text, text it stays."""
    if isinstance(value, Mapping):
        others = rule if rule.get("verbatim") else rule.get("additionalProperties") or {}
        return {key: plain(item, rule.get("properties", {}).get(key, others)) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, rule if rule.get("verbatim") else rule.get("items", {})) for item in value]
    if rule.get("verbatim"):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)  # the schema takes 1.0e+6 for a whole number, Python does not
    return _meant(value) if isinstance(value, str) and rule.get("type") != "string" else value


def _meant(text: str) -> Any:
    """The number, boolean or null that a text stands for; itself, if it stands for none."""
    try:
        meant = yaml.safe_load(text) if text else text
    except yaml.YAMLError:
        return text
    if isinstance(meant, str) and EXPONENT.fullmatch(text):  # which YAML takes for text
        meant = float(text)
    return plain(meant) if isinstance(meant, int | float | None) else text


def _one_work(given: dict[str, Any]) -> dict[str, Any]:
    """`given`, or what one line on a terminal means: `--config function=work.py:name items=…`, that work alone."""
    work = {key: given[key] for key in ONE_WORK if key in given}
    function = work.get("function") or work.get("coroutine")
    if not isinstance(function, str):
        return given
    name = re.sub(r"[^a-z0-9_]", "_", function.rpartition(":")[2].lower()).lstrip("_0123456789") or "work"
    name += "_work" if name in TAKEN else ""
    rest = {key: value for key, value in given.items() if key not in work}
    off = {
        "download": {**given.get("download", {}), "sites": []},
        "squares": {**given.get("squares", {}), "numbers": []},
    }
    return rest | off | {"works": {name: given.get("works", {}).get(name, {}) | work}}


def _with_defaults(value: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    full = dict(value)
    if isinstance(each := schema.get("additionalProperties"), Mapping):
        return {key: _with_defaults(one, each) for key, one in full.items()}
    for key, rule in schema.get("properties", {}).items():
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
    if "propertyNames" in error.absolute_schema_path:
        return f"{key}.{instance}: a work's name is made of small letters, digits and _, and begins with a letter"
    if rule == "required":
        missing = next(name for name in wanted if name not in instance)
        return f"{key}.{missing}: is missing; give {EXAMPLES.get(missing, 'it')}"
    one_strategy = f"expected the name of one strategy, as in `- threads: {{workers: [4]}}`, not {given}"
    kinds = [] if rule != "type" else [wanted] if isinstance(wanted, str) else wanted
    what = {
        "type": f"expected {' or '.join(TYPE_NAMES[kind] for kind in kinds)}, not {given}",
        "enum": f"{given} is not one of {', '.join(map(str, wanted)) if rule == 'enum' else ''}",
        "minimum": f"must be at least {wanted}, not {given}",
        "exclusiveMinimum": f"must be more than {wanted}, not {given}",
        "minProperties": one_strategy,
        "maxProperties": one_strategy,
    }
    return f"{key or 'top level'}: {what.get(str(rule), error.message)}"
