"""The configuration as it is written: checked against its schema, told in one line where it is wrong, filled up."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema.exceptions import ValidationError

from concurrency.errors import UserError, hint, meant
from concurrency.running.reading import Ambiguous, meaning
from concurrency.running.sources import UNKNOWN, Keys, Origins, Place
from concurrency.schemas import errors
from concurrency.workloads.known import ONE_WORK

ROOT = Path(__file__).parents[3]
SCHEMA = yaml.load(
    (ROOT / "config.schema.yaml").read_text(encoding="utf-8"),
    Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),  # noqa: S506  (both are safe; the first is the faster one)
)
TYPE_NAMES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}
MOST_LETTERS = 60  # of a work's name, which files are named after
MOST_SHOWN = 100  # characters of a wrong value
TAKEN = {  # by what else lies in results/, or by a target
    "download", "download_fast", "squares", "tables", "plots", "rounds", "traces", "logs", "recommended", "report",
    "capacity", "map", "all", "job", "compare", "compare_with", "compared", "host", "preflight",
}  # fmt: skip
COMMAND = "--config function=work.py:name items='photos/*.jpg'"
EXAMPLES = {"items": "a list, a file, a pattern such as photos/*.jpg, or {start, count}"}
LISTS = ("sites",), ("numbers",), ("items",)  # that may be files
MOVED = {  # where what an earlier configuration may have is now
    "sites": "download.sites",
    "source": "download.source",
    "live": "download.live",
    "squares.start_method": "start_method",
    "squares.function": "works.<name>.function",
    "squares.split": "works.<name>.split",
}

MAX_ROUNDS = SCHEMA["properties"]["max_rounds"]["default"]


def complete(config: Mapping[str, Any], origins: Origins = UNKNOWN) -> tuple[dict[str, Any], Place]:
    """`config` with its defaults filled in, and what messages call it, as `origins` has it. Raises UserError where it
    is wrong."""
    given, origins = _one_work(plain(config), origins)
    place = Place(origins)
    _check_moved(given, place)
    for error in errors(given, SCHEMA):
        raise UserError(_explain(error, place))
    return _with_defaults(given, SCHEMA), place


def plain(value: Any, rule: Mapping[str, Any] = SCHEMA) -> Any:
    """`value` as plain dicts and lists, whole numbers as int, with the numbers, booleans and nulls that are there as
    text; where `rule`, its schema, has text, text it stays. A section with nothing in it is an empty one."""
    if isinstance(value, Mapping):
        others = rule if rule.get("verbatim") else rule.get("additionalProperties") or {}
        return {key: plain(item, rule.get("properties", {}).get(key, others)) for key, item in value.items()}
    if isinstance(value, list):
        each = {"verbatim": True} if rule.get("verbatim") else rule.get("items", {})
        return [plain(item, each) for item in value]
    value = value if rule.get("verbatim") else _scalar(value, rule)
    return float(value) if isinstance(value, Ambiguous) else value


def _scalar(value: Any, rule: Mapping[str, Any]) -> Any:
    kind, words = rule.get("type"), rule.get("enum", ())
    if value is None and kind == "object":
        return {}
    if isinstance(value, str) and "string" not in (kind or ()) and value not in words:
        value = meaning(value)
    if isinstance(value, float) and str(value) in words:
        return str(value)  # a version, 1.2
    is_whole = isinstance(value, float) and value.is_integer() and not isinstance(value, Ambiguous)
    return int(value) if is_whole else value


def _one_work(given: dict[str, Any], origins: Origins) -> tuple[dict[str, Any], Origins]:
    """`given`, or what one line on a terminal means: `--config function=work.py:name items=…`, that work alone."""
    work = {key: given[key] for key in ONE_WORK if key in given}
    doing = "function" if work.get("function") else "coroutine"
    if not isinstance(function := work.get(doing), str):
        if wrong := next((key for key in ("function", "coroutine") if key in work), ""):
            raise UserError(f"{Place(origins).at(wrong)}: expected path/to/file.py:name, not {written(work[wrong])}")
        return given, origins
    name = (
        re.sub(r"[^a-z0-9_]", "_", function.rpartition(":")[2].lower()).lstrip("_0123456789")[:MOST_LETTERS] or "work"
    )
    name += "_work" if name in TAKEN else ""
    rest = {key: value for key, value in given.items() if key not in work}
    for part, items in (("download", "sites"), ("squares", "numbers")):
        if isinstance(rest.setdefault(part, {}), dict):
            rest[part] |= {items: []}
    works = rest.get("works", {})
    known = works.get(name, {}) if isinstance(works, dict) else works
    if not isinstance(known, dict):
        return rest, origins  # which the schema refuses
    moved = {("works", name, *keys): origin for keys, origin in origins.items() if keys and keys[0] in work}
    one = Place(origins).at(doing).origin
    return rest | {"works": {name: known | work}}, {**origins, ("works", name): one, **moved}


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


def _check_moved(config: Mapping[str, Any], place: Place) -> None:
    for key, now in MOVED.items():
        outer, _, inner = key.rpartition(".")
        within = config.get(outer, {}) if outer else config
        if isinstance(within, Mapping) and inner in within:
            raise UserError(f"{place.at(*key.split('.'))}: is {now} now; move it there")


def _explain(error: ValidationError, place: Place) -> str:
    """One line for a person: which key, what is wrong, what would be right."""
    instance, rule, wanted = cast(Any, error.instance), str(error.validator), cast(Any, error.validator_value)
    at = place.at(*map(str, error.absolute_path))
    given = written(instance)
    if rule == "additionalProperties":
        known = list(cast(Any, error.schema)["properties"])
        unknown = next(item for item in instance if item not in known)
        return f"{at.at(str(unknown))}: {_unknown(str(unknown), known, is_top=not at.keys)}"
    if "propertyNames" in error.absolute_schema_path:
        letters = f"small letters, digits and _, at most {MOST_LETTERS}, and begins with a letter"
        return f"{at.at(str(instance))}: a work's name is made of {letters}"
    if rule == "required":
        missing = next(name for name in wanted if name not in instance)
        return f"{at.at(missing)}: is missing; give {EXAMPLES.get(missing, 'it')}"
    one_strategy = f"expected the name of one strategy, as in `- threads: {{workers: [4]}}`, not {given}"
    kinds = [] if rule != "type" else [wanted] if isinstance(wanted, str) else wanted
    at_most = f"give at most {wanted}, not {len(instance)}" if rule in ("maxItems", "maxProperties") else ""
    what = {
        "type": f"expected {' or '.join(TYPE_NAMES[kind] for kind in kinds)}, not {given}",
        "enum": f"{given} is {_none_of(instance, wanted) if rule == 'enum' else ''}",
        "minimum": f"must be at least {wanted}, not {given}",
        "exclusiveMinimum": f"must be more than {wanted}, not {given}",
        "maximum": f"must be at most {wanted}, not {given}",
        "exclusiveMaximum": f"must be less than {wanted}, not {given}",
        "minItems": "give at least one",
        "maxItems": f"more than {wanted} are to be read from a file; give its name"
        if at.keys[-1:] in LISTS
        else at_most,
        "minProperties": one_strategy,
        "maxProperties": one_strategy if wanted == 1 else at_most,
        "pattern": f"{given} is not {cast(Any, error.schema).get('form', '')}",
    }
    return f"{at}: {what.get(rule, error.message)}"


def _unknown(key: str, known: list[str], is_top: bool) -> str:
    """What to do about a key that is not known where it stands."""
    if is_top and key in ONE_WORK:
        return f"goes with a function, {COMMAND}, or to one of your `works`"
    if elsewhere := [".".join(keys) for keys in _places_of(key, SCHEMA)]:
        return f"unknown key; did you mean {' or '.join(elsewhere)}?"
    return f"unknown key; {meant(key, known, 'known here: ')}"


def _places_of(key: str, schema: Mapping[str, Any]) -> Iterator[Keys]:
    """Where the configuration has a key of that name."""
    for name, rule in schema.get("properties", {}).items():
        if name == key:
            yield (name,)
        yield from ((name, *keys) for keys in _places_of(key, rule))
    if isinstance(each := schema.get("additionalProperties"), Mapping):
        yield from (("<name>", *keys) for keys in _places_of(key, each))


def _none_of(given: Any, wanted: list[Any]) -> str:
    words = [word for word in wanted if isinstance(word, str)]
    known = ", ".join(word if word in words else written(word) for word in wanted)
    close = hint(given, words) if isinstance(given, str) else ""
    return f"not one of {known}{close and f'; {close}'}"


def written(value: Any) -> str:
    """A value as a message shows it, on one line, and not all of a long one."""
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
