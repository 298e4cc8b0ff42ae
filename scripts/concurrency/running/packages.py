"""Which packages code depends on that is not ours, by their versions: a param that runs a rule again when one changes.

They are those of the interpreter that runs this. A package need not be installed by the name by which it is imported
(PIL is pillow's); to find that out takes a look at every package, so it is remembered until something is installed.
"""

import ast
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache, cached_property
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

from concurrency.files import writing

KEY = "packages"
ABSENT, UNKNOWN, THERE = "absent", "of no version", "there"


class Packages:
    """The packages installed here; `memory` is the file in which to remember."""

    def __init__(self, memory: Path) -> None:
        self._memory = memory

    def param(self, imported: Iterable[str], needed: Iterable[str]) -> dict[str, dict[str, str]]:
        """The versions of what is `imported` by those names, and of the packages `needed`; known by its key among the
        params of a rule."""
        found = self._imported(imported) | {name: _version(name) for name in needed}
        return {KEY: dict(sorted(found.items()))}

    def _imported(self, names: Iterable[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in names:
            if (known := _version(name)) != ABSENT or PathFinder.find_spec(name) is None:
                found[name] = known
            else:
                found |= {package: _version(package) for package in self._names.get(name, [])} or {name: UNKNOWN}
        return found

    @cached_property
    def _names(self) -> Mapping[str, list[str]]:
        """The packages that bring what is imported, by its name."""
        stamp = list(_times(sys.path))
        with suppress(OSError, ValueError, TypeError):
            known, names = json.loads(self._memory.read_bytes())
            if known == stamp:
                return dict(names)
        found = {name: sorted(set(packages)) for name, packages in packages_distributions().items()}
        with suppress(OSError):  # then it is found out again the next time
            self._memory.parent.mkdir(exist_ok=True)
            with writing(self._memory) as file:
                json.dump([stamp, found], file)
        return found


def _times(folders: Iterable[str]) -> Iterator[list[str | int]]:
    """When something came to or went from each of `folders`, as far as they are there."""
    for folder in folders:
        with suppress(OSError):
            yield [folder, Path(folder).stat().st_mtime_ns]


@cache
def _version(package: str) -> str:
    try:
        return version(package) or UNKNOWN
    except PackageNotFoundError:
        return ABSENT


def why(before: Iterable[str], now: Iterable[str]) -> str:
    """What has changed, in words: of a rule's params, as Snakemake remembers them, those that it has no longer, and
    those that it had not `before`."""
    old, new = _among(before), _among(now)
    changed = [name for name in sorted(old) if new.get(name, THERE if old[name] == ABSENT else old[name]) != old[name]]
    told = [f"{name} {old[name]} → {new.get(name, THERE)}" for name in changed]
    told += [f"{name} {ABSENT}" for name in sorted(new) if new[name] == ABSENT and name not in old]  # by another name
    return ", ".join(told) or "its code or its settings have changed"


def _among(params: Iterable[str]) -> dict[str, str]:
    """The versions that are one of `params`, each a value as Python writes it."""
    found = [ast.literal_eval(text) for text in params if text.startswith(f"{{{KEY!r}:")]
    return found[0][KEY] if found else {}
