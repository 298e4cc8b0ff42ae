"""The configuration: defaults filled in, checked, and turned into plain values."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from concurrency.errors import UserError
from concurrency.measuring import arms, interpreters
from concurrency.measuring.arms import Arm
from concurrency.measuring.interpreters import Interpreter
from concurrency.workloads.download import sites
from concurrency.workloads.squares import squares

ROOT = Path(__file__).parents[3]
SCHEMA = yaml.safe_load((ROOT / "config.schema.yaml").read_text(encoding="utf-8"))
ROUNDS_FOR_ROBUST = 15  # as `inference.form` has it, which takes long to import
TYPE_NAMES = {
    "integer": "a whole number",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


@dataclass(frozen=True)
class Settings:
    """A complete, valid configuration.

    `sites` and `numbers` keep the form in which they were configured (a path stays a path, so that Snakemake can
    watch the file); both were read once to make sure that they are good. `function` and `split` are
    `path/to/file.py:name`. `shards` and `timeout_s` are by workload; `hosts` the kinds of nodes to measure on, by
    name, each with the partition or constraint to ask for. `left_out` tells for each workload which strategies cannot
    be run here, and why.
    """

    sites: Path | list[str]
    source: str
    live: dict[str, Any]
    in_flight: int
    shards: dict[str, int]
    max_failures: int
    limits: dict[str, Any]
    numbers: Path | dict[str, int] | list[int]
    function: str | None
    split: str | None
    timeout_s: dict[str, float]
    start_method: str | None
    interpreters: list[Interpreter]
    arms: dict[str, list[Arm]]
    left_out: dict[str, dict[str, str]]
    measure_items: int
    rounds: int
    precision: float | None
    max_rounds: int
    warm_up: bool
    robust: bool
    extra_timings: list[Path]
    hosts: dict[str, dict[str, str]]
    seed: int
    explain: bool


def resolve(
    config: Mapping[str, Any], name: str = "config.yaml", folders: tuple[Path, ...] = (Path(), ROOT)
) -> Settings:
    """Check `config` and fill in its defaults.

    `name` is what error messages call the configuration; relative files are looked up in `folders`, in order.
    Raises UserError for anything that could not be run.
    """
    given = plain(config)
    _validate(given, name)
    full = _with_defaults(given, SCHEMA)
    if full["source"] == "live" and "@" not in full["live"]["contact"] and "://" not in full["live"]["contact"]:
        raise UserError(
            f"{name}: live.contact: with `source: live`, give your e-mail address or a URL; site operators want to "
            "know whom to ask"
        )
    site_source = _file_or_value(full["sites"], f"{name}: sites", folders)
    if site_source != []:
        sites.read(site_source, origin=f"{name}: sites")
    numbers = _file_or_value(full["squares"]["numbers"], f"{name}: squares.numbers", folders)
    if numbers != []:
        squares.read_numbers(numbers, origin=f"{name}: squares.numbers")
    _check_rounds(full, name)
    download = full["download"]
    strategies = {
        "download": download["strategies"] if site_source != [] else [],
        "squares": full["squares"]["strategies"] if numbers != [] else [],
    }
    function = _function(full["squares"]["function"], f"{name}: squares.function", folders)
    split = _function(full["squares"]["split"], f"{name}: squares.split", folders)
    if split and not function:
        raise UserError(f"{name}: squares.split: it divides the work of squares.function; give that too")
    default_workers: dict[str, int | str] = {"download": download["in_flight"], "squares": "cores"}
    pythons = interpreters.find(full["interpreters"], f"{name}: interpreters")
    chosen, left_out = {}, {}
    for workload, entries in strategies.items():
        place = f"{name}: {workload}.strategies"
        asked = arms.expand(workload, entries, default_workers[workload], place)
        chosen[workload], left_out[workload] = arms.runnable(workload, asked, entries, bool(function), place, pythons)
    return Settings(
        sites=site_source,
        source=full["source"],
        live=full["live"],
        in_flight=download["in_flight"],
        shards={"download": download["shards"], "squares": full["squares"]["shards"]},
        max_failures=download["max_failures"],
        limits=download["limits"],
        numbers=numbers,
        function=function,
        split=split,
        timeout_s={workload: full[workload]["timeout_s"] for workload in strategies},
        start_method=full["squares"]["start_method"],
        interpreters=pythons,
        arms=chosen,
        left_out=left_out,
        measure_items=full["measure_items"],
        rounds=full["rounds"],
        precision=full["precision"],
        max_rounds=full["max_rounds"],
        warm_up=full["warm_up"],
        robust=full["robust"],
        extra_timings=_extra(full["extra_timings"], f"{name}: extra_timings", folders),
        hosts=_hosts(full["hosts"], f"{name}: hosts"),
        seed=full["seed"],
        explain=full["explain"],
    )


def _check_rounds(full: Mapping[str, Any], name: str) -> None:
    if full["precision"] is not None and full["max_rounds"] < full["rounds"]:
        raise UserError(
            f"{name}: max_rounds: must be at least rounds ({full['rounds']}) when a precision is asked for, "
            f"not {full['max_rounds']}"
        )
    if full["warm_up"] and full["rounds"] < 2:
        raise UserError(f"{name}: warm_up: leaves no round to count; set rounds to 2 or more")
    needed = ROUNDS_FOR_ROBUST + full["warm_up"]
    if full["robust"] and full["rounds"] < needed:
        raise UserError(f"{name}: robust: needs at least {needed} rounds to hold its promises; set rounds: {needed}")


def _hosts(kinds: list[dict[str, str]], origin: str) -> dict[str, dict[str, str]]:
    """What to ask for to be given a node of each kind, by its name."""
    found: dict[str, dict[str, str]] = {}
    for kind in kinds:
        wanted = {key: value for key, value in kind.items() if key != "name"}
        if kind["name"] in found:
            raise UserError(f"{origin}: there are two named {kind['name']}; give each a name of its own")
        if not wanted:
            raise UserError(f"{origin}: {kind['name']}: give the partition or the constraint that such nodes have")
        found[kind["name"]] = wanted
    return found


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


def _file_or_value(value: Any, origin: str, folders: tuple[Path, ...]) -> Any:
    if not isinstance(value, str):
        return value
    for folder in folders:
        if (path := folder / value).is_file():
            return path
    raise UserError(f"{origin}: there is no file {value}; looked in {' and '.join(str(f.resolve()) for f in folders)}")


def _extra(paths: list[str], origin: str, folders: tuple[Path, ...]) -> list[Path]:
    found = [_file_or_value(path, origin, folders) for path in paths]
    for path in found:
        if found.count(path) > 1:
            raise UserError(f"{origin}: {path} is there twice")
    return found


def _function(place: str | None, origin: str, folders: tuple[Path, ...]) -> str | None:
    """`path/to/file.py:name` with the file as found in `folders`; what is in the file is seen when it is imported."""
    if place is None:
        return None
    path, colon, name = place.rpartition(":")
    if not colon or not name.isidentifier() or not path.endswith(".py"):
        raise UserError(f"{origin}: expected path/to/file.py:name, not {place!r}")
    return f"{_file_or_value(path, origin, folders)}:{name}"


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
