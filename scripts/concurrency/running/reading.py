"""Configurations as people write them: YAML by the core schema of YAML 1.2, and JSON, read strictly.

Snakemake reads YAML 1.1, for which 1:30 is 90, 010 is 8, `no` is false, and of a key that is there twice the last one
counts. Here the first is text, the second ten, the third text, and the fourth an error.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import yaml

from concurrency.errors import UserError
from concurrency.files import read_text
from concurrency.workloads.rows import cut, shown

TAG = "tag:yaml.org,2002:"
MOST_VALUES = 20_000_000  # aliases of aliases stand for more of them than fit into memory
DEEPEST = 50  # lists in lists, which no key has; of some hundreds not all that takes them apart comes to the bottom
MOST_WRITTEN = 100_000  # in YAML, of which reading more takes seconds
TOO_LARGE = 10**300  # for Python to print or to make a fraction of, whatever it was written as
HINTS = {
    "\\t": "; use spaces, no tab",
    "mapping values": "; indent the keys of a mapping alike, and put text with a colon in it in quotes",
    "alphabetic or numeric": "; put text that begins with * or & in quotes",
    "undefined alias": "; put text that begins with * in quotes",
    "simple key": "; a key is followed by a colon and a space",
}


def _whole(text: str) -> int:
    number = int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if abs(number) >= TOO_LARGE:
        raise ValueError("too many digits")
    return number


class Ambiguous(float):
    """A number such as 1.000, which is a thousand where people group digits with points."""


def _fraction(text: str) -> float:
    kind = Ambiguous if re.fullmatch(r"[-+]?[0-9]{1,3}\.000", text) else float
    return kind(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


# What a text without quotes stands for: how it looks, what it begins with, and its value. As in Python, and unlike in
# YAML 1.2, digits may be grouped: 100_000.
SCALARS: dict[str, tuple[re.Pattern[str], str, Callable[[str], Any]]] = {
    "null": (re.compile(r"~|null|Null|NULL|"), "~nN", lambda _: None),
    "bool": (re.compile("true|True|TRUE|false|False|FALSE"), "tTfF", lambda text: text.lower() == "true"),
    "int": (re.compile("[-+]?[0-9]+(_[0-9]+)*|0o[0-7]+|0x[0-9a-fA-F]+"), "-+0123456789", _whole),
    "float": (
        re.compile(
            r"[-+]?(\.[0-9]+|[0-9]+(_[0-9]+)*(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
        ),
        "-+.0123456789",
        _fraction,
    ),
}


class _Core(yaml.SafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012  (as its base has it)
    yaml_constructors = {  # noqa: RUF012
        None: yaml.SafeLoader.construct_undefined,
        **{f"{TAG}{kind}": yaml.SafeLoader.yaml_constructors[f"{TAG}{kind}"] for kind in ("str", "seq", "map")},
    }
    _composed = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._composed += 1
        if self._composed > MOST_WRITTEN:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            problem = f"more than {MOST_WRITTEN:,} values; put long lists into files of their own and give their names"
            raise yaml.MarkedYAMLError(None, None, problem, mark)
        return super().compose_node(parent, index)


def _constructor(kind: str, value: Callable[[str], Any]) -> Callable[[yaml.SafeLoader, yaml.ScalarNode], Any]:
    def construct(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Any:
        try:
            text = loader.construct_scalar(node)
            if not SCALARS[kind][0].fullmatch(text):  # a tag says so, and it is none
                raise ValueError(text)
            return value(text)
        except ValueError:
            _refuse(f"{cut(node.value)} is no {kind}, or has too many digits", node)

    return construct


for _kind, (_form, _begins, _value) in SCALARS.items():
    _Core.add_implicit_resolver(
        f"{TAG}{_kind}", re.compile(f"(?:{_form.pattern})\\Z"), [*_begins, *["" * (_kind == "null")]]
    )
    _Core.add_constructor(f"{TAG}{_kind}", _constructor(_kind, _value))
_Core.add_implicit_resolver(f"{TAG}merge", re.compile(r"<<\Z"), ["<"])


def meaning(text: str) -> Any:
    """The number, boolean or null that `text` stands for; itself, if it stands for none."""
    for form, _, value in SCALARS.values():
        if text and form.fullmatch(text):
            try:
                return value(text)
            except ValueError:  # too many digits
                return text
    return text


def read(path: Path, name: str) -> dict[str, Any]:
    """The mapping that the file `path`, which messages call `name`, has; an empty one where it says nothing.

    Raises UserError naming the line of what cannot be read, or is there twice.
    """
    values = load(read_text(path, name), name)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise UserError(f"{name}: expected keys with values, as in `rounds: 10`, not {_kind_of(values)}")
    return values


def load(text: str, name: str) -> Any:
    """What `text` stands for, which messages call `name`. Raises UserError like `read`."""
    try:
        values = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_none, parse_int=_whole, parse_float=_fraction
        )
    except (ValueError, RecursionError):  # it is YAML, which also tells the line of what is wrong with JSON
        values = _yaml(text, name)
    if _depth(values) > DEEPEST:
        raise UserError(f"{name}: is nested too deeply")
    return values


def _depth(value: Any) -> int:
    """How many lists and mappings are in one another, at most."""
    depth, level = 0, [value]
    while nested := {id(one): one for one in level if isinstance(one, dict | list)}:  # what aliases repeat, once
        depth += 1
        level = [child for one in nested.values() for child in (one.values() if isinstance(one, dict) else one)]
    return depth


def _yaml(text: str, name: str) -> Any:
    if odd := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise UserError(f"{name}: line {line}: there is a control character, {odd.group()!r}; take it out")
    loader = _Core(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _count(node, {})
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        raise UserError(f"{name}: {_explain(error)}") from error
    except RecursionError as error:
        raise UserError(f"{name}: is nested too deeply") from error


def _explain(error: yaml.MarkedYAMLError) -> str:
    problem, mark, begun = error.problem or str(error.context), error.problem_mark, error.context_mark
    assert mark is not None
    if str(error.context).startswith("expected"):
        return f"line {mark.line + 1}: {error.context}, {problem}"
    hint = next((hint for sign, hint in HINTS.items() if sign in problem), "")
    if begun is not None and begun.line != mark.line:
        hint = f" ({error.context}, from line {begun.line + 1} on){hint}"
    return f"line {mark.line + 1}: {problem}{hint}"


def _refuse(problem: str, node: yaml.Node) -> NoReturn:
    raise yaml.MarkedYAMLError(None, None, problem, node.start_mark)


def _count(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values `node` stands for, each alias anew; refused where that has no end, and where a mapping has a key
    twice, or one that is no text."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in known:
        return known[id(node)] or _refuse("it holds itself, by an alias", node)
    known[id(node)] = 0
    if isinstance(node, yaml.MappingNode):
        _check_keys(node)
    children = node.value if isinstance(node, yaml.SequenceNode) else [child for _, child in node.value]
    known[id(node)] = 1 + sum(_count(child, known) for child in children)
    if known[id(node)] > MOST_VALUES:
        _refuse("aliases of aliases make too many values", node)
    return known[id(node)]


def _check_keys(node: yaml.MappingNode) -> None:
    lines: dict[str, int] = {}
    for key, _ in node.value:
        if key.tag not in (f"{TAG}str", f"{TAG}merge"):
            what = f"the key {cut(key.value)}" if isinstance(key, yaml.ScalarNode) and key.value else "a key"
            _refuse(f"{what} is no text; put it in quotes", key)
        if key.value in lines:
            _refuse(f"{cut(key.value)} is there already, in line {lines[key.value]}; keep one of them", key)
        lines[key.value] = key.start_mark.line + 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _none(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _kind_of(values: Any) -> str:
    return "a list" if isinstance(values, list) else shown(str(values))
