"""Random valid configurations, made from the schema, and what may happen to one of their keys."""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from concurrency.running.config import SCHEMA

Path = tuple[str, ...]
FILES = {
    "pages.csv": "url,bytes,mine\nhttp://a.test/,5,x\nhttp://b.test/?q=1,7,y\n",
    "numbers.txt": "5\n7\n",
    "items.jsonl": '{"a": 1}\n[2]\n',
    "work.py": "def work(item, it=None):\n    return item\n\n\nasync def wait(item, it=None):\n    return item\n"
    "def opening(): ...\n\n\ndef then(came): ...\n\n\ndef split(start, stop): ...\n\n\ndef same(one, other): ...\n",
    "a.txt": "one\n",
    "timings.csv": "workload,strategy,workers,round,failed,wall_s\nsquares,threads,2,1,0,0.5\n",
}
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1)


def _compared(*names: str, alone: str = "sequential") -> st.SearchStrategy[list[Any]]:
    """What may stand in `strategies`: any of `names`, with workers or without, and `alone`, which has one."""
    counts = st.integers(1, 64)
    workers = st.one_of(st.just("auto"), counts, st.lists(counts, min_size=1, max_size=3))
    given = st.fixed_dictionaries({}, optional={"workers": workers})
    entries = [st.just(alone), *(st.one_of(st.just(name), st.fixed_dictionaries({name: given})) for name in names)]
    return st.lists(st.one_of(entries), max_size=4)


# Keys whose text means something outside of the configuration.
MEANINGS: Mapping[Path, st.SearchStrategy[Any]] = {
    ("download", "sites"): st.sampled_from(["pages.csv", [], ["http://a.test/", "https://b.test/x"]]),
    ("download", "strategies"): _compared("threads", "asyncio", "asyncio_gather"),
    ("download", "live", "contact"): st.just("me@example.org"),
    ("squares", "numbers"): st.one_of(
        st.sampled_from(["numbers.txt", []]),
        st.lists(st.integers(0, 10**15), max_size=5),
        st.fixed_dictionaries({"start": st.integers(0, 10**15), "count": st.integers(1, 100)}),
    ),
    ("squares", "strategies"): _compared("threads", "process_pool", alone="asyncio"),
    ("squares", "job"): st.sampled_from([None, "threads", {"process_pool": {"workers": 2}}]),
    ("works", "*", "items"): st.one_of(
        st.sampled_from(["items.jsonl", "*.txt", []]),
        st.lists(st.one_of(st.integers(), TEXT, st.dictionaries(TEXT, st.booleans(), max_size=2)), max_size=3),
        st.fixed_dictionaries({"start": st.integers(-(10**15), 10**15), "count": st.integers(1, 100)}),
    ),
    ("works", "*", "function"): st.just("work.py:work"),
    ("works", "*", "coroutine"): st.sampled_from([None, "work.py:wait"]),
    ("works", "*", "strategies"): st.sampled_from(
        [None, "all", [], ["threads", {"process_pool": {"workers": [2, 3]}}]]
    ),
    ("works", "*", "job"): st.sampled_from([None, "threads", {"process_pool": {"workers": 2}}]),
    ("works", "*", "check"): st.sampled_from([{}, {"rtol": 1e-9}, "none", "work.py:same"]),
    ("works", "*", "open"): st.sampled_from([None, "work.py:opening"]),
    ("works", "*", "then"): st.sampled_from([None, "work.py:then"]),
    ("works", "*", "split"): st.sampled_from([None, "work.py:split"]),
    ("interpreters",): st.just(["current"]),
    ("extra_timings",): st.sampled_from([[], ["timings.csv"]]),
    ("other",): st.sampled_from([None, "timings.csv"]),
    ("hosts",): st.lists(st.sampled_from("abc"), unique=True, max_size=2).map(
        lambda names: [{"name": name, "partition": f"of_{name}"} for name in names]
    ),
}  # fmt: skip


def valid(every: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Any configuration that can be run, with some of all keys, or `every` one."""
    return _values(SCHEMA, (), every).map(_consistent)


def _values(rule: Mapping[str, Any], path: Path, every: bool) -> st.SearchStrategy[Any]:
    if path in MEANINGS:
        return MEANINGS[path]
    if "enum" in rule:
        return st.sampled_from(rule["enum"])
    kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    return st.one_of([_of_kind(kind, rule, path, every) for kind in kinds])


def _of_kind(kind: str, rule: Mapping[str, Any], path: Path, every: bool) -> st.SearchStrategy[Any]:
    least, most = rule.get("minimum", rule.get("exclusiveMinimum")), rule.get("maximum", rule.get("exclusiveMaximum"))
    match kind:
        case "object" if isinstance(each := rule.get("additionalProperties"), Mapping):
            names = st.from_regex(rule["propertyNames"]["pattern"].replace("$", r"\Z").replace("{0,59}", "{0,9}"))
            return st.dictionaries(
                names.map("own_".__add__), _values(each, (*path, "*"), every), min_size=int(every), max_size=2
            )
        case "object":
            parts = {key: _values(part, (*path, key), every) for key, part in rule["properties"].items()}
            needed = set(parts) if every else {"items", "function"} & set(parts)
            optional = {key: part for key, part in parts.items() if key not in needed}
            return st.fixed_dictionaries({key: parts[key] for key in needed}, optional=optional)
        case "array":
            return st.lists(_values(rule["items"], (*path, "*"), every), max_size=3)
        case "integer":
            return st.integers(least, most)
        case "number":
            open_below, open_above = "exclusiveMinimum" in rule, "exclusiveMaximum" in rule
            return st.floats(least, most, exclude_min=open_below, exclude_max=open_above, allow_subnormal=False)
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    assert kind == "string"
    return TEXT


def _consistent(config: dict[str, Any]) -> dict[str, Any]:
    """The same, where keys that do not go together are changed."""
    rounds = config.get("rounds", 10)
    if config.get("precision") is None:
        config.pop("max_rounds", None)
    else:
        config["max_rounds"] = max(config.get("max_rounds", 40), rounds)
    if rounds < 16:
        config.pop("robust", None)
    if rounds < 2:
        config.pop("warm_up", None)
    if download := config.get("download"):
        download["shards"] = min(download.get("shards", 1), 2)
        if download.get("source") == "live":
            download["live"] = {"contact": "me@example.org"} | download.get("live", {})
    if squares := config.get("squares"):
        squares["shards"] = 1 if squares.get("job") or squares.get("numbers", "numbers.txt") != "numbers.txt" else 2
    for work in config.get("works", {}).values():
        items = work["items"]
        if isinstance(items, str) or (isinstance(items, list) and any(type(item) is not int for item in items)):
            work.pop("split", None)
    return config


def keys(config: Mapping[str, Any], path: Path = ()) -> Iterator[Path]:
    """The paths of all its keys but those within lists, and within what is taken as it is."""
    for key, value in config.items():
        yield (*path, key)
        if isinstance(value, Mapping) and key not in ("items", "job"):
            yield from keys(value, (*path, key))


def at(config: Mapping[str, Any], path: Path) -> Any:
    """What stands there."""
    for key in path:
        config = config[key]
    return config


def without(config: dict[str, Any], path: Path) -> dict[str, Any]:
    """All but what stands there."""
    rest = copy.deepcopy(config)
    at(rest, path[:-1]).pop(path[-1], None)
    return rest


def _misspelt(config: dict[str, Any], path: Path) -> dict[str, Any]:
    return _put(without(config, path), (*path[:-1], f"{path[-1]}x"), at(config, path))


def _put(config: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(config)
    at(changed, path[:-1])[path[-1]] = value
    return changed


# What may happen to a key: mutation(config, path).
MUTATIONS: dict[str, Callable[[dict[str, Any], Path], dict[str, Any]]] = {
    "dropped": without,
    "misspelt": _misspelt,
    "nested in itself": lambda config, path: _put(config, path, {path[-1]: at(config, path)}),
    "in a list": lambda config, path: _put(config, path, [at(config, path)]),
    **{
        f"made {value!r}": lambda config, path, value=value: _put(config, path, value)
        for value in (
            None,
            True,
            -1,
            0,
            1.5,
            1e308,
            float("nan"),
            10**30,
            "",
            "junk",
            "1:30",
            "null",
            [],
            {},
            [None],
            {"x": 1},
        )
    },
}
