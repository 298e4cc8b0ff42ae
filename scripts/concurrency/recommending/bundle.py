"""Definitions with all that they reach by name, taken out of this library's source as they stand, comments included.

Nothing is imported: packages that a source needs may be missing here. A name that is used is one of the same module, or
one that it imports `from` a module of this library, whose definition is taken too; whatever else it imports, the bundle
imports. What measuring takes more care of than anybody needs, a plainer thing replaces, or nothing (`Plainer`).
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from concurrency.errors import UserError
from concurrency.recommending.imports import Import

SCRIPTS = Path(__file__).parents[2]
OURS = "concurrency"

Place = tuple[str, str]  # a module of this library and a name in it


class Instead(NamedTuple):
    """What is written in the place of a name, and what must be imported for it."""

    text: str
    needs: Import


@dataclass(frozen=True)
class Plainer:
    """What becomes of some names: something is written `instead`, constants have other `values`, statements that call
    one that is `dropped` are left out, what is `given` is defined by who uses the bundle, and of what is `moved`
    another definition is taken."""

    instead: Mapping[Place, Instead] = field(default_factory=dict)
    values: Mapping[Place, str] = field(default_factory=dict)
    dropped: frozenset[Place] = frozenset()
    given: frozenset[Place] = frozenset()
    moved: Mapping[Place, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class Definition:
    """What one name of a module stands for."""

    node: ast.stmt
    lines: range  # from 1 on, with the comments right above

    @property
    def is_constant(self) -> bool:
        return isinstance(self.node, ast.Assign | ast.AnnAssign)


@dataclass(frozen=True)
class Source:
    """A module, read and not run."""

    module: str

    @cached_property
    def path(self) -> Path:
        file = SCRIPTS.joinpath(*self.module.split("."))
        return file / "__init__.py" if file.is_dir() else file.with_suffix(".py")

    @cached_property
    def lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").split("\n")

    @cached_property
    def _tree(self) -> ast.Module:
        return ast.parse("\n".join(self.lines), self.path.name)

    @property
    def docstring(self) -> str:
        """What it says of itself."""
        return ast.get_docstring(self._tree) or ""

    @cached_property
    def definitions(self) -> dict[str, Definition]:
        found: dict[str, Definition] = {}
        for node in self._tree.body:
            match node:
                case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                    names = [name]
                case ast.Assign(targets):
                    names = [one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)]
                case ast.AnnAssign(ast.Name(name)):
                    names = [name]
                case _:
                    continue
            found |= dict.fromkeys(names, Definition(node, self._lines_of(node)))
        return found

    def _lines_of(self, node: ast.stmt) -> range:
        first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
        while first > 1 and self.lines[first - 2].startswith("#"):
            first -= 1
        return range(first, (node.end_lineno or node.lineno) + 1)

    @cached_property
    def imports(self) -> dict[str, Import]:
        """What its names stand for that it imports at its top."""
        found: dict[str, Import] = {}
        for node in self._tree.body:
            match node:
                case ast.Import(names):
                    found |= {
                        one.asname or one.name.partition(".")[0]: Import(one.name, "", one.asname) for one in names
                    }
                case ast.ImportFrom(module, names, level):
                    package = self.module.split(".")[: -level if level else None]
                    base = ".".join([*package, module] if level and module else package if level else [module or ""])
                    found |= {one.asname or one.name: Import(base, one.name, one.asname) for one in names}
        return found


@cache
def source(module: str) -> Source:
    """What is known of a module of this library."""
    return Source(module)


class Bundle:
    """What is collected: `imports`, and `text` with the definitions, each after those that it uses."""

    def __init__(self, plainer: Plainer) -> None:
        self._plainer = plainer
        self._texts: dict[Place, str] = {}
        self._under_way: set[Place] = set()
        self._owner: dict[str, Place] = {}
        self.imports: set[Import] = set()

    @property
    def names(self) -> set[str]:
        """What is defined and imported in it."""
        return {*self._owner, *(one.known_as for one in self.imports)}

    def add(self, module: str, *names: str) -> str:
        """Collect what `module` calls so, with all that it reaches; the text of what is new of that."""
        before = len(self._texts)
        for name in names:
            self._reach(module, name)
        text, constants = "", False
        for (owner, name), found in list(self._texts.items())[before:]:
            is_constant = source(owner).definitions[name].is_constant
            between = "\n" if constants and is_constant else "\n\n\n"
            text, constants = f"{text}{between}{found}" if text else found, is_constant
        return text

    def _reach(self, module: str, name: str) -> None:
        place = module, name = self._plainer.moved.get((module, name), (module, name))
        known = source(module)
        if place in self._under_way or place in self._plainer.given:
            return
        if name not in known.definitions:
            if name in known.imports:
                self._use(known.imports[name], known)
            return  # a builtin
        self._under_way.add(place)
        if self._owner.setdefault(name, place) != place:
            other = source(self._owner[name][0]).path
            raise UserError(f"{known.path}: {name}: is another thing in {other}; a script cannot hold both")
        definition = known.definitions[name]
        for one in _free_names(definition.node, self._is_dropped(module)):
            if (found := self._instead(module, one)) is not None:
                self.imports.add(found.needs)
            else:
                self._reach(module, one)
        self._texts[place] = self._text(module, place, definition)

    def _use(self, one: Import, by: Source) -> None:
        if one.package != OURS:
            self.imports.add(one)
            return
        known = source(one.module)
        if one.alias or one.name not in {*known.definitions, *known.imports}:
            raise UserError(
                f"{by.path}: {one.known_as}: a script takes it by `from module import name`, as it is called"
            )
        self._reach(one.module, one.name)

    def _meant(self, module: str, name: str) -> Place:
        """Where a name of `module` is defined."""
        one = source(module).imports.get(name)
        return (one.module, one.name) if one else (module, name)

    def _instead(self, module: str, name: str) -> Instead | None:
        return self._plainer.instead.get(self._meant(module, name))

    def _is_dropped(self, module: str) -> set[str]:
        known = {*source(module).imports, *source(module).definitions}
        return {name for name in known if self._meant(module, name) in self._plainer.dropped}

    def _text(self, module: str, place: Place, definition: Definition) -> str:
        known = source(module)
        lines = {number: known.lines[number - 1] for number in definition.lines}
        if place in self._plainer.values and isinstance(definition.node, ast.Assign):
            value = definition.node.value
            assert value.lineno == value.end_lineno
            head = lines[value.lineno].encode()[: value.col_offset].decode()
            return head + self._plainer.values[place]
        dropped = self._is_dropped(module)
        for statement in _statements(definition.node):
            if _calls(statement, dropped):
                for number in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                    del lines[number]
        names = [node for node in ast.walk(definition.node) if isinstance(node, ast.Name)]
        for node in sorted(names, key=lambda node: node.col_offset, reverse=True):
            if node.lineno in lines and (found := self._instead(module, node.id)) is not None:
                line = lines[node.lineno].encode()  # offsets are bytes
                start, stop = node.col_offset, node.end_col_offset or 0
                lines[node.lineno] = (line[:start] + found.text.encode() + line[stop:]).decode()
        return "\n".join(lines.values())


def _statements(node: ast.AST) -> Iterator[ast.Expr]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Expr))


def _calls(statement: ast.Expr, names: set[str]) -> bool:
    """Whether it calls one of `names`, by itself or for another call."""
    return any(isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in names
               for one in ast.walk(statement))  # fmt: skip


def _free_names(node: ast.stmt, dropped: set[str]) -> list[str]:
    """The names that `node` uses and does not bind itself, in order, without those that only dropped statements use."""
    gone = {id(one) for statement in _statements(node) if _calls(statement, dropped) for one in ast.walk(statement)}
    names = [one for one in ast.walk(node) if isinstance(one, ast.Name) and id(one) not in gone]
    bound = {one.id for one in names if isinstance(one.ctx, ast.Store)}
    bound |= {one.arg for one in ast.walk(node) if isinstance(one, ast.arg)}
    used = [one for one in names if isinstance(one.ctx, ast.Load) and one.id not in bound]
    return list(dict.fromkeys(one.id for one in sorted(used, key=lambda one: (one.lineno, one.col_offset))))
