"""The user's own functions in a script: how it imports them, and what must be installed for that."""

import ast
import importlib.util
import os
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import metadata
from keyword import iskeyword
from pathlib import Path

from concurrency.recommending.given import literal
from concurrency.recommending.imports import Import, rendered


@dataclass(frozen=True)
class Function:
    """The user's function at `place`, `path/to/file.py:name`."""

    place: str

    @property
    def file(self) -> Path:
        return Path(self.place.rpartition(":")[0])

    @property
    def name(self) -> str:
        return self.place.rpartition(":")[2]

    @cached_property
    def package(self) -> tuple[Path, str]:
        """The folder that its module is imported from, and what it is called there; no name: only its file tells it."""
        folder, names = self.file.resolve().parent, [self.file.stem]
        while (folder / "__init__.py").exists():
            names.insert(0, folder.name)
            folder = folder.parent
        is_plain = (
            all(name.isidentifier() and not iskeyword(name) for name in names)
            and names[0] not in sys.stdlib_module_names
        )
        return folder, ".".join(names) if is_plain else ""


@cache
def distributions() -> Mapping[str, list[str]]:
    """Those that are installed here, by the names that they are imported by."""
    return metadata.packages_distributions()


def needed(files: Iterable[str], own: Iterable[str]) -> set[str]:
    """The distributions that what is imported in the user's `files` belongs to; `own` are names of modules there."""
    known, found = distributions(), set[str]()
    ours = {*own, *sys.stdlib_module_names}
    for file in files:
        for node in ast.walk(_parsed(file)):
            match node:
                case ast.Import(names):
                    modules = [one.name for one in names]
                case ast.ImportFrom(str(module), names, 0):
                    modules = [f"{module}.{one.name}" for one in names]
                case _:
                    continue
            for module in modules:
                if (package := Import(module).package) not in ours:  # what is not installed may be anything
                    found.update(_with(module, set(known.get(package, ()))))
    return found


@cache
def _files(distribution: str) -> list[str]:
    """Those that it has installed, as far as that is known."""
    return [str(file) for file in metadata.files(distribution) or ()]


def _with(module: str, distributions: set[str]) -> set[str]:
    """Those of the `distributions`, which share a package, that have `module`, or else what it is a part of."""
    place = module.replace(".", "/")
    while len(distributions) > 1 and place:
        begins = f"{place}/", f"{place}."
        if having := {one for one in distributions if any(file.startswith(begins) for file in _files(one))}:
            return having
        place = place.rpartition("/")[0]
    return distributions


def _parsed(file: str) -> ast.Module:
    """What is in `file`; nothing where it is no Python, which whoever imports it may have caught."""
    with suppress(SyntaxError, ValueError, RecursionError):
        return ast.parse(importlib.util.decode_source(Path(file).read_bytes()))
    return ast.Module([], [])


def requirement(distribution: str) -> str:
    """It, in the version that is installed here or a later one."""
    try:
        return f"{distribution}>={metadata.version(distribution).partition('+')[0]}"  # without a build of its own
    except metadata.PackageNotFoundError:
        return distribution


@dataclass(frozen=True)
class UsersCode:
    """What a script that lies `depth` folders below the working directory (None: not in it) imports for `functions`, by
    their roles; the names that are `taken` stand for other things there."""

    functions: Mapping[str, Function]
    taken: Collection[str]
    depth: int | None

    @property
    def names(self) -> dict[str, str]:
        """How each is called in the script."""
        return {role: self._name(function) for role, function in self.functions.items()}

    def _name(self, function: Function) -> str:
        if self._has_name(function):
            first, dot, rest = function.name.partition(".")
            return f"{self._alias(function) or first}{dot}{rest}"
        return f"{self._module(function)}.{function.name}"

    def _has_name(self, function: Function) -> bool:
        """Whether its module can be imported by a name, which no other one has."""
        module = function.package[1]
        return bool(module) and len({one.package for one in self.functions.values() if one.package[1] == module}) == 1

    def _alias(self, function: Function) -> str | None:
        """By what other name it is imported, where its own is another thing's."""
        first, module = function.name.partition(".")[0], function.package[1]
        others = {one.package[1] for one in self.functions.values() if one.name.partition(".")[0] == first}
        return f"{module.replace('.', '_')}_{first}" if first in self.taken or len(others) > 1 else None

    def _module(self, function: Function) -> str:
        """What a file that cannot be imported by its name is called."""
        files = sorted({one.file.resolve() for one in self.functions.values() if not self._has_name(one)})
        place = files.index(function.file.resolve())
        stem = "".join(c if c.isascii() and c.isalnum() else "_" for c in function.file.stem)
        return f"own_{stem}{f'_{place}' if place else ''}"

    @property
    def by_file(self) -> dict[str, str]:
        """Of files that cannot be imported by their names: what they are called instead, and where they are."""
        own = (function for function in self.functions.values() if not self._has_name(function))
        return {self._module(function): self._place(function.file.resolve(), "ROOT") for function in own}

    @property
    def modules(self) -> set[str]:
        """The names under which the user's files import each other."""
        folders = {function.package[0] for function in self.functions.values()}
        entries = [entry for folder in folders for entry in folder.iterdir()]
        # `Path.exists` would raise where another's folder is closed
        is_package = {entry for entry in entries if os.path.exists(entry / "__init__.py")}  # noqa: PTH110
        return {entry.stem for entry in entries if entry.suffix == ".py" or entry in is_package}

    @property
    def folders(self) -> list[str]:
        """Where the modules are, as source."""
        return sorted({self._place(function.package[0], self.root) for function in self.functions.values()})

    @property
    def imports(self) -> str:
        """What can be imported by name."""
        return rendered(
            Import(one.package[1], one.name.partition(".")[0], self._alias(one))
            for one in self.functions.values()
            if self._has_name(one)
        )

    @property
    def is_last(self) -> bool:
        """Whether the folders are searched last, as one has a file that would hide the standard library's."""
        return bool(self.modules & sys.stdlib_module_names)

    @property
    def root(self) -> str:
        """The working directory, as source."""
        if self.depth is None:
            return f"Path({literal(str(Path.cwd()))})"
        return f"Path(__file__).resolve().parents[{self.depth}]"

    def _place(self, path: Path, root: str) -> str:
        inside = os.path.relpath(path)
        if inside.startswith(".."):
            return f"Path({literal(str(path))})"
        return root if inside == "." else f"{root} / {literal(inside)}"
